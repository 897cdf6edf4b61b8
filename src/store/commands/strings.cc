#include "store/commands/errors.h"
#include "store/commands/expiry_options.h"
#include "store/commands/groups.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

struct SetOptions {
  ValueCondition condition{};
  bool get = false;
  bool keep_expiry = false;
  bool persist = false;
  std::string_view time_word{};
  std::string_view time{};

  // Whether another choice of when the value expires may follow.
  bool expiry_is_open(std::string_view word) const {
    return !keep_expiry && !persist && (time_word.empty() || equals_ignoring_case(time_word, upper_case(word)));
  }
};

Result<SetOptions> parse_set_options(std::span<const std::string> words) {
  SetOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    auto condition = condition_of(word);
    if (condition) {
      if (options.condition.kind != ValueCondition::Kind::none && options.condition.kind != *condition) {
        return syntax_error();
      }
      options.condition.kind = *condition;
      if (!options.condition.compares()) continue;
      if (++i == words.size()) return syntax_error();
      options.condition.operand = words[i];
    } else if (equals_ignoring_case(word, "GET")) {
      options.get = true;
    } else if (equals_ignoring_case(word, "KEEPTTL") && options.time_word.empty()) {
      options.keep_expiry = true;
    } else if (time_form_of(word) && options.expiry_is_open(word) && i + 1 < words.size()) {
      options.time_word = word;
      options.time = words[++i];
    } else {
      return syntax_error();
    }
  }
  return options;
}

Result<std::int64_t> parse_time(const SetOptions& options, const Call& call) {
  return expiry_time(options.time, *time_form_of(options.time_word), call.now(), call.spec.name);
}

Result<void> write_string(Call& call, const std::optional<KeyRow>& before, std::string_view text,
                          std::int64_t expires_at) {
  const std::string& key = call.arguments[0];
  if (auto done = put_string(call.keys, key, before, text, expires_at); !done) return done;
  call.notify('$', "set", key);
  return {};
}

Result<Reply> get(Call& call) {
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  return *found ? Reply::bulk((*found)->content) : Reply::nil();
}

Result<Reply> getdel(Call& call) {
  const std::string& key = call.arguments[0];
  auto found = call.keys.find(key, Type::string);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  Reply old = Reply::bulk((*found)->content);
  if (auto done = call.keys.erase(key, **found); !done) return done.error();
  call.notify('g', "del", key);
  return old;
}

Result<SetOptions> parse_getex_options(std::span<const std::string> words) {
  SetOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (equals_ignoring_case(words[i], "PERSIST") && options.time_word.empty()) {
      options.persist = true;
    } else if (time_form_of(words[i]) && options.expiry_is_open(words[i]) && i + 1 < words.size()) {
      options.time_word = words[i];
      options.time = words[++i];
    } else {
      return syntax_error();
    }
  }
  return options;
}

// Gives the key another time of expiry, or none for 0; one whose time is over is deleted.
Result<void> change_expiry(Call& call, const KeyRow& before, std::int64_t expires_at) {
  const std::string& key = call.arguments[0];
  if (expires_at != 0 && expires_at <= call.now()) {
    if (auto done = call.keys.erase(key, before); !done) return done;
    call.notify('g', "del", key);
    return {};
  }
  if (expires_at == 0 && before.expires_at == 0) return {};
  std::string text(before.content);
  if (auto done = put_string(call.keys, key, before, text, expires_at); !done) return done;
  call.notify('g', expires_at != 0 ? "expire" : "persist", key);
  return {};
}

Result<Reply> getex(Call& call) {
  auto options = parse_getex_options(call.arguments.subspan(1));
  if (!options) return options.error();
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  Reply value = Reply::bulk((*found)->content);
  std::int64_t expires_at = 0;
  if (!options->time_word.empty()) {
    auto time = parse_time(*options, call);
    if (!time) return time.error();
    expires_at = *time;
  } else if (!options->persist) {
    return value;
  }
  if (auto done = change_expiry(call, **found, expires_at); !done) return done.error();
  return value;
}

Result<Reply> getset(Call& call) {
  auto before = call.keys.find(call.arguments[0], Type::string);
  if (!before) return before.error();
  Reply old = *before ? Reply::bulk((*before)->content) : Reply::nil();
  if (auto done = write_string(call, *before, call.arguments[1], 0); !done) return done.error();
  return old;
}

Result<Reply> mget(Call& call) {
  std::vector<Reply> values;
  values.reserve(call.arguments.size());
  for (const std::string& key : call.arguments) {
    auto found = call.keys.find(key);
    if (!found) return found.error();
    bool is_string = *found && (*found)->type == Type::string;
    values.push_back(is_string ? Reply::bulk((*found)->content) : Reply::nil());
  }
  return Reply::array(std::move(values));
}

Result<void> set_all(Call& call) {
  for (std::size_t i = 0; i < call.arguments.size(); i += 2) {
    const std::string& key = call.arguments[i];
    auto before = call.keys.find(key);
    if (!before) return before.error();
    if (auto done = put_string(call.keys, key, *before, call.arguments[i + 1]); !done) return done;
    call.notify('$', "set", key);
  }
  return {};
}

Result<Reply> mset(Call& call) {
  if (call.arguments.size() % 2 != 0) return wrong_arity(call.spec.name);
  if (auto done = set_all(call); !done) return done.error();
  return Reply::ok();
}

Result<Reply> msetnx(Call& call) {
  if (call.arguments.size() % 2 != 0) return wrong_arity(call.spec.name);
  for (std::size_t i = 0; i < call.arguments.size(); i += 2) {
    auto found = call.keys.find(call.arguments[i]);
    if (!found) return found.error();
    if (*found) return Reply::of(0);
  }
  if (auto done = set_all(call); !done) return done.error();
  return Reply::of(1);
}

Result<Reply> set(Call& call) {
  auto options = parse_set_options(call.arguments.subspan(2));
  if (!options) return options.error();
  std::int64_t expires_at = 0;
  if (!options->time_word.empty()) {
    auto time = parse_time(*options, call);
    if (!time) return time.error();
    expires_at = *time;
  }
  auto before = call.keys.find(call.arguments[0]);
  if (!before) return before.error();
  bool reads = options->get || options->condition.compares();
  if (reads && *before && (*before)->type != Type::string) return wrong_type();
  Reply old = options->get && *before ? Reply::bulk((*before)->content) : Reply::nil();
  auto met = is_met(options->condition, *before ? std::optional((*before)->content) : std::nullopt);
  if (!met) return met.error();
  if (!*met) return old;
  if (options->keep_expiry && *before) expires_at = (*before)->expires_at;
  if (auto done = write_string(call, *before, call.arguments[1], expires_at); !done) return done.error();
  if (!options->time_word.empty()) call.notify('g', "expire", call.arguments[0]);
  return options->get ? std::move(old) : Reply::ok();
}

Result<Reply> set_expiring(Call& call, TimeForm form) {
  auto time = expiry_time(call.arguments[1], form, call.now(), call.spec.name);
  if (!time) return time.error();
  auto before = call.keys.find(call.arguments[0]);
  if (!before) return before.error();
  if (auto done = write_string(call, *before, call.arguments[2], *time); !done) return done.error();
  call.notify('g', "expire", call.arguments[0]);
  return Reply::ok();
}

Result<Reply> psetex(Call& call) {
  return set_expiring(call, {.seconds = false, .relative = true});
}

Result<Reply> setex(Call& call) {
  return set_expiring(call, {.seconds = true, .relative = true});
}

Result<Reply> setnx(Call& call) {
  auto before = call.keys.find(call.arguments[0]);
  if (!before) return before.error();
  if (*before) return Reply::of(0);
  if (auto done = write_string(call, *before, call.arguments[1], 0); !done) return done.error();
  return Reply::of(1);
}

constexpr CommandSpec table[] = {
    {
        .name = "get",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = get,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key.",
    },
    {
        .name = "getdel",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::string,
        .run = getdel,
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key and deletes the key.",
    },
    {
        .name = "getex",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::string,
        .run = getex,
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key and changes when it expires.",
    },
    {
        .name = "getset",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = getset,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key and returns the old one.",
    },
    {
        .name = "mget",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = mget,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys",
        .summary = "Returns the string values of keys.",
    },
    {
        .name = "mset",
        .arity = at_least(2),
        .keys = every_other,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = mset,
        .since = "1.0.1",
        .complexity = "O(N) in the number of keys",
        .summary = "Sets keys to string values, all at once.",
    },
    {
        .name = "msetnx",
        .arity = at_least(2),
        .keys = every_other,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = msetnx,
        .since = "1.0.1",
        .complexity = "O(N) in the number of keys",
        .summary = "Sets keys to string values, all at once, unless one of them exists.",
    },
    {
        .name = "psetex",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = psetex,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key and when it expires, in milliseconds.",
    },
    {
        .name = "set",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = set,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key, whatever type it had.",
    },
    {
        .name = "setex",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = setex,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key and when it expires, in seconds.",
    },
    {
        .name = "setnx",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = setnx,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key unless it exists.",
    },
};

}  // namespace

std::span<const CommandSpec> string_commands() {
  return table;
}

}  // namespace millrace::store
