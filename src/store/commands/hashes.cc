#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/text.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

Result<Collection> open_hash(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::hash);
}

Reply bulk_or_nil(const std::optional<std::string_view>& value) {
  return value ? Reply::bulk(*value) : Reply::nil();
}

// Sets fields to values, as HSET is given them; how many are new.
Result<std::int64_t> set_fields(Call& call) {
  if (call.arguments.size() % 2 == 0) return wrong_arity(call.spec.name);
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::int64_t added = 0;
  for (std::size_t i = 1; i < call.arguments.size(); i += 2) {
    auto is_new = hash->put(call.arguments[i], call.arguments[i + 1]);
    if (!is_new) return is_new.error();
    added += *is_new ? 1 : 0;
  }
  if (auto done = hash->save('h', "hset"); !done) return done.error();
  return added;
}

Result<Reply> hset(Call& call) {
  auto added = set_fields(call);
  if (!added) return added.error();
  return Reply::of(*added);
}

Result<Reply> hmset(Call& call) {
  auto added = set_fields(call);
  if (!added) return added.error();
  return Reply::ok();
}

Result<Reply> hsetnx(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto found = hash->get(call.arguments[1]);
  if (!found) return found.error();
  if (*found) return Reply::of(0);
  if (auto is_new = hash->put(call.arguments[1], call.arguments[2]); !is_new) return is_new.error();
  if (auto done = hash->save('h', "hset"); !done) return done.error();
  return Reply::of(1);
}

Result<Reply> hget(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto found = hash->get(call.arguments[1]);
  if (!found) return found.error();
  return bulk_or_nil(*found);
}

Result<Reply> hmget(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::vector<Reply> values;
  for (const std::string& field : call.arguments.subspan(1)) {
    auto found = hash->get(field);
    if (!found) return found.error();
    values.push_back(bulk_or_nil(*found));
  }
  return Reply::array(std::move(values));
}

Result<std::vector<Reply>> collect(Call& call, bool fields, bool values) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::vector<Reply> all;
  all.reserve(hash->size() * (fields && values ? 2 : 1));
  auto done = hash->each([&](std::string_view field, std::string_view value) {
    if (fields) all.push_back(Reply::bulk(field));
    if (values) all.push_back(Reply::bulk(value));
    return Visit::more;
  });
  if (!done) return done.error();
  return all;
}

Result<Reply> hgetall(Call& call) {
  auto pairs = collect(call, true, true);
  if (!pairs) return pairs.error();
  return Reply::map(std::move(*pairs));
}

Result<Reply> hkeys(Call& call) {
  auto fields = collect(call, true, false);
  if (!fields) return fields.error();
  return Reply::array(std::move(*fields));
}

Result<Reply> hvals(Call& call) {
  auto values = collect(call, false, true);
  if (!values) return values.error();
  return Reply::array(std::move(*values));
}

Result<Reply> hdel(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::int64_t removed = 0;
  for (const std::string& field : call.arguments.subspan(1)) {
    auto was_there = hash->erase(field);
    if (!was_there) return was_there.error();
    removed += *was_there ? 1 : 0;
  }
  if (auto done = hash->save('h', "hdel"); !done) return done.error();
  return Reply::of(removed);
}

Result<Reply> hexists(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto found = hash->get(call.arguments[1]);
  if (!found) return found.error();
  return Reply::of(found->has_value() ? 1 : 0);
}

Result<Reply> hlen(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  return Reply::of(static_cast<std::int64_t>(hash->size()));
}

Result<Reply> hstrlen(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto found = hash->get(call.arguments[1]);
  if (!found) return found.error();
  return Reply::of(*found ? static_cast<std::int64_t>((*found)->size()) : 0);
}

// A field that changes keeps the time when it expires.
Result<Reply> hincrby(Call& call) {
  auto change = parse_integer(call.arguments[2]);
  if (!change) return change.error();
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto entry = hash->get_entry(call.arguments[1]);
  if (!entry) return entry.error();
  auto number = *entry ? to_integer((*entry)->value) : std::optional<std::int64_t>(0);
  if (!number) return Error{ErrorCode::invalid, "ERR hash value is not an integer"};
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*number, *change, &sum)) {
    return Error{ErrorCode::invalid, "ERR increment or decrement would overflow"};
  }
  std::int64_t expires_at = *entry ? (*entry)->expires_at : 0;
  auto put = hash->put(call.arguments[1], fmt::format_int(sum).c_str(), expires_at);
  if (!put) return put.error();
  if (auto done = hash->save('h', "hincrby"); !done) return done.error();
  return Reply::of(sum);
}

Result<Reply> hincrbyfloat(Call& call) {
  auto change = to_long_real(call.arguments[2]);
  if (!change) return Error{ErrorCode::invalid, "ERR value is not a valid float"};
  if (std::isinf(*change)) return Error{ErrorCode::invalid, "ERR value is NaN or Infinity"};
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto entry = hash->get_entry(call.arguments[1]);
  if (!entry) return entry.error();
  auto number = *entry ? to_long_real((*entry)->value) : std::optional<long double>(0);
  if (!number) return Error{ErrorCode::invalid, "ERR hash value is not a float"};
  long double sum = *number + *change;
  if (std::isinf(sum) || std::isnan(sum)) {
    return Error{ErrorCode::invalid, "ERR increment would produce NaN or Infinity"};
  }
  std::string text = format_long_real(sum);
  std::int64_t expires_at = *entry ? (*entry)->expires_at : 0;
  if (auto put = hash->put(call.arguments[1], text, expires_at); !put) return put.error();
  if (auto done = hash->save('h', "hincrbyfloat"); !done) return done.error();
  return Reply::bulk(std::move(text));
}

Result<Reply> one_random_field(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto picked = hash->pick(1, Repeats::never);
  if (!picked) return picked.error();
  return picked->empty() ? Reply::nil() : Reply::bulk(std::move(picked->front().member));
}

struct RandomFieldOptions {
  std::int64_t count = 1;
  bool with_values = false;
};

Result<RandomFieldOptions> parse_random_field_options(std::span<const std::string> words) {
  auto count = parse_between(words[0], -INT64_MAX, INT64_MAX);
  if (!count) return count.error();
  if (words.size() == 1) return RandomFieldOptions{*count};
  if (words.size() > 2 || !equals_ignoring_case(words[1], "WITHVALUES")) return syntax_error();
  if (std::abs(*count) > INT64_MAX / 2) return Error{ErrorCode::invalid, "ERR value is out of range"};
  return RandomFieldOptions{*count, true};
}

Result<Reply> hrandfield(Call& call) {
  if (call.arguments.size() == 1) return one_random_field(call);
  auto options = parse_random_field_options(call.arguments.subspan(1));
  if (!options) return options.error();
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto picked = hash->pick(static_cast<std::uint64_t>(std::abs(options->count)),
                           options->count < 0 ? Repeats::allowed : Repeats::never);
  if (!picked) return picked.error();
  bool nested = options->with_values && call.context().caller.protocol == 3;
  std::vector<Reply> answer;
  answer.reserve(picked->size() * (options->with_values && !nested ? 2 : 1));
  for (Collection::Picked& one : *picked) {
    std::vector<Reply> pair;
    std::vector<Reply>& to = nested ? pair : answer;
    to.push_back(Reply::bulk(std::move(one.member)));
    if (options->with_values) to.push_back(Reply::bulk(std::move(one.value)));
    if (nested) answer.push_back(Reply::array(std::move(pair)));
  }
  return Reply::array(std::move(answer));
}

constexpr CommandSpec table[] = {
    {
        .name = "hdel",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::hash,
        .run = hdel,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Deletes fields of a hash. Deletes the hash with its last field.",
    },
    {
        .name = "hexists",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hexists,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Tells whether a hash has a field.",
    },
    {
        .name = "hget",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hget,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Returns the value of a field of a hash.",
    },
    {
        .name = "hgetall",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hgetall,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the hash",
        .summary = "Returns all fields of a hash and their values.",
        .differs = "Fields come in the order of their bytes, not in that in which they were set.",
    },
    {
        .name = "hincrby",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hincrby,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary =
            "Increments the integer value of a field of a hash by a number, counting from 0 if it doesn't exist.",
    },
    {
        .name = "hincrbyfloat",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hincrbyfloat,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Increments the number in a field of a hash by another, counting from 0 if it doesn't exist.",
    },
    {
        .name = "hkeys",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hkeys,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the hash",
        .summary = "Returns all fields of a hash.",
        .differs = "Fields come in the order of their bytes, not in that in which they were set.",
    },
    {
        .name = "hlen",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hlen,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of fields of a hash.",
    },
    {
        .name = "hmget",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hmget,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Returns the values of fields of a hash.",
    },
    {
        .name = "hmset",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hmset,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets fields of a hash to values.",
    },
    {
        .name = "hrandfield",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hrandfield,
        .since = "6.2.0",
        .complexity = "O(N) in the number of fields returned",
        .summary = "Returns random fields of a hash.",
        .differs = "Beyond 2,000 fields the choice is only nearly uniform.",
    },
    {
        .name = "hset",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hset,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets fields of a hash to values.",
    },
    {
        .name = "hsetnx",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hsetnx,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Sets a field of a hash to a value if it doesn't exist.",
    },
    {
        .name = "hstrlen",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hstrlen,
        .since = "3.2.0",
        .complexity = "O(1)",
        .summary = "Returns the length of the value of a field of a hash.",
    },
    {
        .name = "hvals",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hvals,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the hash",
        .summary = "Returns the values of all fields of a hash.",
        .differs = "Values come in the order of their fields' bytes, not in that in which they were set.",
    },
};

}  // namespace

std::span<const CommandSpec> hash_commands() {
  return table;
}

}  // namespace millrace::store
