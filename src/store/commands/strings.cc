#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"
#include "store/embedded/keyspace.h"

namespace millrace::store {
namespace {

constexpr std::size_t string_bytes_max = std::size_t{512} << 20;  // what a bulk string of the protocol holds

Result<void> put_string(Keyspace& keys, std::string_view key, const std::optional<KeyRow>& before,
                        std::string_view text) {
  return keys.put(key, before, {.type = Type::string, .content = text});
}

// The same for a value that is changed: its time of expiry stays.
Result<void> change_string(Keyspace& keys, std::string_view key, const std::optional<KeyRow>& before,
                           std::string_view text) {
  return keys.put(key, before,
                  {.type = Type::string, .expires_at = before ? before->expires_at : 0, .content = text});
}

enum class Condition { none, if_missing, if_exists };

struct SetOptions {
  Condition condition = Condition::none;
  bool get = false;
};

Result<SetOptions> parse_set_options(std::span<const std::string> words) {
  SetOptions options;
  for (const std::string& word : words) {
    if (equals_ignoring_case(word, "NX") && options.condition != Condition::if_exists) {
      options.condition = Condition::if_missing;
    } else if (equals_ignoring_case(word, "XX") && options.condition != Condition::if_missing) {
      options.condition = Condition::if_exists;
    } else if (equals_ignoring_case(word, "GET")) {
      options.get = true;
    } else if (!equals_ignoring_case(word, "KEEPTTL")) {  // which changes nothing where keys do not expire
      return syntax_error();
    }
  }
  return options;
}

bool is_met(Condition condition, bool exists) {
  switch (condition) {
    case Condition::none: return true;
    case Condition::if_missing: return !exists;
    case Condition::if_exists: return exists;
  }
  return false;
}

Result<Reply> add(Call& call, std::int64_t change) {
  auto before = call.keys.find(call.arguments[0], Type::string);
  if (!before) return before.error();
  auto number = *before ? to_integer((*before)->content) : std::optional<std::int64_t>(0);
  if (!number) return not_an_integer();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*number, change, &sum)) {
    return Error{ErrorCode::invalid, "ERR increment or decrement would overflow"};
  }
  auto done = change_string(call.keys, call.arguments[0], *before, fmt::format_int(sum).c_str());
  if (!done) return done.error();
  return Reply::of(sum);
}

Result<Reply> append(Call& call) {
  auto before = call.keys.find(call.arguments[0], Type::string);
  if (!before) return before.error();
  std::string text(*before ? (*before)->content : std::string_view());
  if (call.arguments[1].size() > string_bytes_max - text.size()) {
    return Error{ErrorCode::invalid, "ERR string exceeds maximum allowed size (proto-max-bulk-len)"};
  }
  text += call.arguments[1];
  if (auto done = change_string(call.keys, call.arguments[0], *before, text); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(text.size()));
}

Result<Reply> decr(Call& call) {
  return add(call, -1);
}

Result<Reply> decrby(Call& call) {
  auto change = to_integer(call.arguments[1]);
  if (!change) return not_an_integer();
  if (*change == INT64_MIN) return Error{ErrorCode::invalid, "ERR decrement would overflow"};
  return add(call, -*change);
}

Result<Reply> get(Call& call) {
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  return *found ? Reply::bulk((*found)->content) : Reply::nil();
}

Result<Reply> incr(Call& call) {
  return add(call, 1);
}

Result<Reply> incrby(Call& call) {
  auto change = to_integer(call.arguments[1]);
  if (!change) return not_an_integer();
  return add(call, *change);
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

Result<Reply> mset(Call& call) {
  if (call.arguments.size() % 2 != 0) return wrong_arity("mset");
  for (std::size_t i = 0; i < call.arguments.size(); i += 2) {
    auto before = call.keys.find(call.arguments[i]);
    if (!before) return before.error();
    auto done = put_string(call.keys, call.arguments[i], *before, call.arguments[i + 1]);
    if (!done) return done.error();
  }
  return Reply::ok();
}

Result<Reply> set(Call& call) {
  auto options = parse_set_options(call.arguments.subspan(2));
  if (!options) return options.error();
  auto before = call.keys.find(call.arguments[0]);
  if (!before) return before.error();
  Reply old;
  if (options->get && *before) {
    if ((*before)->type != Type::string) return wrong_type();
    old = Reply::bulk((*before)->content);
  }
  if (!is_met(options->condition, before->has_value())) return old;
  auto done = put_string(call.keys, call.arguments[0], *before, call.arguments[1]);
  if (!done) return done.error();
  return options->get ? std::move(old) : Reply::ok();
}

Result<Reply> strlen(Call& call) {
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  return Reply::of(*found ? static_cast<std::int64_t>((*found)->content.size()) : 0);
}

constexpr CommandSpec table[] = {
    {
        .name = "append",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = append,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Appends a string to the value of a key. Creates the key if it doesn't exist.",
    },
    {
        .name = "decr",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = decr,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Decrements the integer value of a key by one, counting from 0 if it doesn't exist.",
    },
    {
        .name = "decrby",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = decrby,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Decrements the integer value of a key by a number, counting from 0 if it doesn't exist.",
    },
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
        .name = "incr",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = incr,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a key by one, counting from 0 if it doesn't exist.",
    },
    {
        .name = "incrby",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = incrby,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a key by a number, counting from 0 if it doesn't exist.",
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
        .name = "strlen",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = strlen,
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Returns the length of a string value.",
    },
};

}  // namespace

std::span<const CommandSpec> string_commands() {
  return table;
}

}  // namespace millrace::store
