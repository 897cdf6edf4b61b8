// Fields of hashes that expire.

#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/text.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

using Words = std::span<const std::string>;

// The latest time that Redis takes. Over REST there is none, as at Upstash.
std::int64_t expires_at_max(const Call& call) {
  return call.keys.context().caller.door == Door::rest ? INT64_MAX : 0x3fffffffffff;
}

constexpr std::int64_t no_field = -2;
constexpr std::int64_t no_time = -1;

Result<Collection> open_hash(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::hash);
}

Error refused(std::string_view words) {
  return {ErrorCode::invalid, std::string(words)};
}

// FIELDS numfields field [field ...]
Result<Words> parse_fields(Words words, std::string_view bad_count) {
  if (words.size() < 2 || !equals_ignoring_case(words[0], "FIELDS")) {
    return refused("ERR Mandatory argument FIELDS is missing or not at the right position");
  }
  auto count = parse_between(words[1], 1, INT64_MAX, bad_count);
  if (!count) return count.error();
  Words fields = words.subspan(2);
  if (static_cast<std::uint64_t>(*count) != fields.size()) {
    return refused("ERR The `numfields` parameter must match the number of arguments");
  }
  return fields;
}

constexpr std::string_view not_positive = "ERR Number of fields must be a positive integer";

enum class TimeUnit { seconds, milliseconds };
enum class From { now, epoch };

// The time that `text` tells, in milliseconds since 1970.
Result<std::int64_t> parse_time(Call& call, std::string_view text, TimeUnit unit, From from) {
  auto number = parse_integer(text);
  if (!number) return number.error();
  if (*number < 0) return refused("ERR invalid expire time, must be >= 0");
  std::int64_t base = from == From::now ? call.now() : 0;
  std::int64_t step = unit == TimeUnit::seconds ? 1000 : 1;
  const std::int64_t most = expires_at_max(call);
  if (*number > most / step || *number * step > most - base) {
    return refused(fmt::format("ERR invalid expire time in '{}' command", call.spec.name));
  }
  return base + *number * step;
}

// Answers a number for each field.
template <class Ask>
Result<Reply> for_each_field(Words fields, const Ask& ask) {
  std::vector<Reply> answers;
  answers.reserve(fields.size());
  for (const std::string& field : fields) {
    Result<std::int64_t> answer = ask(field);
    if (!answer) return answer.error();
    answers.push_back(Reply::of(*answer));
  }
  return Reply::array(std::move(answers));
}

enum class Condition { none, no_time, any_time, later, sooner };

Condition parse_condition(std::string_view word) {
  if (equals_ignoring_case(word, "NX")) return Condition::no_time;
  if (equals_ignoring_case(word, "XX")) return Condition::any_time;
  if (equals_ignoring_case(word, "GT")) return Condition::later;
  if (equals_ignoring_case(word, "LT")) return Condition::sooner;
  return Condition::none;
}

// A field that never expires does so later than any that does.
bool is_met(Condition condition, std::int64_t before, std::int64_t after) {
  switch (condition) {
    case Condition::none: return true;
    case Condition::no_time: return before == 0;
    case Condition::any_time: return before != 0;
    case Condition::later: return before != 0 && after > before;
    case Condition::sooner: return before == 0 || after < before;
  }
  return false;
}

enum class Changed : std::int64_t { no_field = -2, condition_not_met = 0, yes = 1, deleted = 2 };

// Gives a field a time; one that is over deletes it.
Result<Changed> set_time(Collection& hash, std::string_view field, std::int64_t at, std::int64_t now,
                         Condition condition = Condition::none) {
  auto entry = hash.get_entry(field);
  if (!entry) return entry.error();
  if (!*entry) return Changed::no_field;
  if (!is_met(condition, (*entry)->expires_at, at)) return Changed::condition_not_met;
  if (at != 0 && at <= now) {
    if (auto gone = hash.erase(field); !gone) return gone.error();
    return Changed::deleted;
  }
  std::string value((*entry)->value);
  if (auto put = hash.put(field, value, at); !put) return put.error();
  return Changed::yes;
}

Result<Reply> expire(Call& call, TimeUnit unit, From from) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto at = parse_time(call, call.arguments[1], unit, from);
  if (!at) return at.error();
  Condition condition = parse_condition(call.arguments[2]);
  auto fields = parse_fields(call.arguments.subspan(condition == Condition::none ? 2 : 3),
                             "ERR Parameter `numFields` should be greater than 0");
  if (!fields) return fields.error();
  bool deleted = false;
  auto answers = for_each_field(*fields, [&](const std::string& field) -> Result<std::int64_t> {
    auto changed = set_time(*hash, field, *at, call.now(), condition);
    if (!changed) return changed.error();
    deleted = deleted || *changed == Changed::deleted;
    return static_cast<std::int64_t>(*changed);
  });
  if (!answers) return answers;
  if (auto done = hash->save('h', deleted ? "hdel" : "hexpire"); !done) return done.error();
  return answers;
}

Result<Reply> hexpire(Call& call) {
  return expire(call, TimeUnit::seconds, From::now);
}
Result<Reply> hpexpire(Call& call) {
  return expire(call, TimeUnit::milliseconds, From::now);
}
Result<Reply> hexpireat(Call& call) {
  return expire(call, TimeUnit::seconds, From::epoch);
}
Result<Reply> hpexpireat(Call& call) {
  return expire(call, TimeUnit::milliseconds, From::epoch);
}

// When fields expire, or how long that is from now.
Result<Reply> tell_times(Call& call, TimeUnit unit, From from) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto fields = parse_fields(call.arguments.subspan(1), not_positive);
  if (!fields) return fields.error();
  return for_each_field(*fields, [&](const std::string& field) -> Result<std::int64_t> {
    auto entry = hash->get_entry(field);
    if (!entry) return entry.error();
    if (!*entry) return no_field;
    if ((*entry)->expires_at == 0) return no_time;
    std::int64_t time = (*entry)->expires_at - (from == From::now ? call.now() : 0);
    return unit == TimeUnit::seconds ? (time + 999) / 1000 : time;
  });
}

Result<Reply> httl(Call& call) {
  return tell_times(call, TimeUnit::seconds, From::now);
}
Result<Reply> hpttl(Call& call) {
  return tell_times(call, TimeUnit::milliseconds, From::now);
}
Result<Reply> hexpiretime(Call& call) {
  return tell_times(call, TimeUnit::seconds, From::epoch);
}
Result<Reply> hpexpiretime(Call& call) {
  return tell_times(call, TimeUnit::milliseconds, From::epoch);
}

// Whether the field had a time that it has no more.
Result<bool> persist(Collection& hash, std::string_view field) {
  auto entry = hash.get_entry(field);
  if (!entry) return entry.error();
  if (!*entry || (*entry)->expires_at == 0) return false;
  std::string value((*entry)->value);
  if (auto put = hash.put(field, value); !put) return put.error();
  return true;
}

Result<Reply> hpersist(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto fields = parse_fields(call.arguments.subspan(1), not_positive);
  if (!fields) return fields.error();
  auto answers = for_each_field(*fields, [&](const std::string& field) -> Result<std::int64_t> {
    auto found = hash->get(field);
    if (!found) return found.error();
    if (!*found) return no_field;
    auto persisted = persist(*hash, field);
    if (!persisted) return persisted.error();
    return *persisted ? 1 : no_time;
  });
  if (!answers) return answers;
  if (auto done = hash->save('h', "hpersist"); !done) return done.error();
  return answers;
}

Result<std::vector<Reply>> read_fields(Collection& hash, Words fields) {
  std::vector<Reply> values;
  for (const std::string& field : fields) {
    auto found = hash.get(field);
    if (!found) return found.error();
    values.push_back(*found ? Reply::bulk(**found) : Reply::nil());
  }
  return values;
}

Result<Reply> hgetdel(Call& call) {
  auto fields = parse_fields(call.arguments.subspan(1), not_positive);
  if (!fields) return fields.error();
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto values = read_fields(*hash, *fields);
  if (!values) return values.error();
  for (const std::string& field : *fields) {
    if (auto gone = hash->erase(field); !gone) return gone.error();
  }
  if (auto done = hash->save('h', "hdel"); !done) return done.error();
  return Reply::array(std::move(*values));
}

// What stands between the key and the fields of HGETEX and HSETEX.
struct Options {
  std::optional<std::int64_t> expires_at{};
  bool keeps = false;  // PERSIST or KEEPTTL
  Condition condition = Condition::none;
  Words fields{};  // of HSETEX: with values

  bool tells_time() const { return expires_at || keeps; }
};

struct TimeWord {
  std::string_view word{};
  TimeUnit unit{};
  From from{};
};
constexpr TimeWord time_words[] = {{"EX", TimeUnit::seconds, From::now},
                                   {"PX", TimeUnit::milliseconds, From::now},
                                   {"EXAT", TimeUnit::seconds, From::epoch},
                                   {"PXAT", TimeUnit::milliseconds, From::epoch}};

const TimeWord* find_time_word(std::string_view word) {
  for (const TimeWord& known : time_words) {
    if (equals_ignoring_case(word, known.word)) return &known;
  }
  return nullptr;
}

// numfields field [field ...], each of them `width` words.
Result<Words> parse_counted(Call& call, Words words, std::size_t width) {
  if (words.size() < 1 + width) return wrong_arity(call.spec.name);
  auto count = parse_between(words[0], 1, INT32_MAX, "ERR invalid number of fields");
  if (!count) return count.error();
  Words fields = words.subspan(1);
  if (static_cast<std::uint64_t>(*count) * width != fields.size()) return wrong_arity(call.spec.name);
  return fields;
}

Result<Options> parse_options(Call& call, bool sets) {
  std::string_view keep_word = sets ? "KEEPTTL" : "PERSIST";
  Options options;
  Words words = call.arguments.subspan(1);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const TimeWord* time = find_time_word(word);
    if (equals_ignoring_case(word, "FIELDS")) {
      auto fields = parse_counted(call, words.subspan(i + 1), sets ? 2 : 1);
      if (!fields) return fields.error();
      options.fields = *fields;
      return options;
    }
    if (time != nullptr || equals_ignoring_case(word, keep_word)) {
      if (options.tells_time()) {
        return refused(fmt::format("ERR Only one of EX, PX, EXAT, PXAT or {} arguments can be specified", keep_word));
      }
      options.keeps = time == nullptr;
      if (options.keeps) continue;
      if (++i == words.size()) return refused("ERR missing expire time");
      auto at = parse_time(call, words[i], time->unit, time->from);
      if (!at) return at.error();
      options.expires_at = *at;
    } else if (sets && (equals_ignoring_case(word, "FNX") || equals_ignoring_case(word, "FXX"))) {
      if (options.condition != Condition::none) {
        return refused("ERR Only one of FXX or FNX arguments can be specified");
      }
      options.condition = equals_ignoring_case(word, "FNX") ? Condition::no_time : Condition::any_time;
    } else {
      return refused(fmt::format("ERR unknown argument: {}", word));
    }
  }
  return refused("ERR missing FIELDS argument");
}

Result<Reply> hgetex(Call& call) {
  auto options = parse_options(call, false);
  if (!options) return options.error();
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto values = read_fields(*hash, options->fields);
  if (!values) return values.error();
  bool deleted = false;
  for (const std::string& field : options->fields) {
    if (options->expires_at) {
      auto changed = set_time(*hash, field, *options->expires_at, call.now());
      if (!changed) return changed.error();
      deleted = deleted || *changed == Changed::deleted;
    } else if (options->keeps) {
      if (auto persisted = persist(*hash, field); !persisted) return persisted.error();
    }
  }
  if (auto done = hash->save('h', deleted ? "hdel" : options->keeps ? "hpersist" : "hexpire"); !done) {
    return done.error();
  }
  return Reply::array(std::move(*values));
}

// Whether the fields of HSETEX are there, or not there, as it demands.
Result<bool> is_met(Collection& hash, const Options& options) {
  if (options.condition == Condition::none) return true;
  for (std::size_t i = 0; i < options.fields.size(); i += 2) {
    auto found = hash.get(options.fields[i]);
    if (!found) return found.error();
    if (found->has_value() != (options.condition == Condition::any_time)) return false;
  }
  return true;
}

Result<void> set_fields(Collection& hash, const Options& options, std::int64_t now) {
  bool over = options.expires_at && *options.expires_at <= now;
  for (std::size_t i = 0; i < options.fields.size(); i += 2) {
    const std::string& field = options.fields[i];
    std::int64_t at = options.expires_at.value_or(0);
    if (options.keeps) {
      auto entry = hash.get_entry(field);
      if (!entry) return entry.error();
      if (*entry) at = (*entry)->expires_at;
    }
    auto done = over ? hash.erase(field) : hash.put(field, options.fields[i + 1], at);
    if (!done) return done.error();
  }
  return {};
}

Result<Reply> hsetex(Call& call) {
  auto options = parse_options(call, true);
  if (!options) return options.error();
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto met = is_met(*hash, *options);
  if (!met) return met.error();
  if (!*met) return Reply::of(0);
  if (auto done = set_fields(*hash, *options, call.now()); !done) return done.error();
  const std::string& key = call.arguments[0];
  bool over = options->expires_at && *options->expires_at <= call.now();
  if (over) {
    call.notify('h', "hset", key);
    if (auto done = hash->save('h', "hdel"); !done) return done.error();
  } else {
    if (auto done = hash->save('h', "hset"); !done) return done.error();
    if (options->expires_at) call.notify('h', "hexpire", key);
  }
  return Reply::of(1);
}

constexpr CommandSpec table[] = {
    {
        .name = "hexpire",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hexpire,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets when fields of a hash expire, in seconds from now.",
    },
    {
        .name = "hexpireat",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hexpireat,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets when fields of a hash expire, in seconds since 1970.",
    },
    {
        .name = "hexpiretime",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hexpiretime,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns when fields of a hash expire, in seconds since 1970.",
    },
    {
        .name = "hgetdel",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::hash,
        .run = hgetdel,
        .since = "8.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns the values of fields of a hash and deletes them. Deletes the hash with its last field.",
    },
    {
        .name = "hgetex",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::hash,
        .run = hgetex,
        .since = "8.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns the values of fields of a hash and sets when they expire.",
    },
    {
        .name = "hpersist",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::hash,
        .run = hpersist,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Lets fields of a hash expire no more.",
    },
    {
        .name = "hpexpire",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hpexpire,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets when fields of a hash expire, in milliseconds from now.",
    },
    {
        .name = "hpexpireat",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hpexpireat,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets when fields of a hash expire, in milliseconds since 1970.",
    },
    {
        .name = "hpexpiretime",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hpexpiretime,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns when fields of a hash expire, in milliseconds since 1970.",
    },
    {
        .name = "hpttl",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hpttl,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns in how many milliseconds fields of a hash expire.",
    },
    {
        .name = "hsetex",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hsetex,
        .since = "8.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets fields of a hash to values and sets when they expire.",
    },
    {
        .name = "httl",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = httl,
        .since = "7.4.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns in how many seconds fields of a hash expire.",
    },
};

}  // namespace

std::span<const CommandSpec> hash_expiry_commands() {
  return table;
}

}  // namespace millrace::store
