#include <cmath>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<Reply> add(Call& call, std::int64_t change) {
  const std::string& key = call.arguments[0];
  auto before = call.keys.find(key, Type::string);
  if (!before) return before.error();
  auto number = *before ? to_integer((*before)->content) : std::optional<std::int64_t>(0);
  if (!number) return not_an_integer();
  std::int64_t sum = 0;
  if (__builtin_add_overflow(*number, change, &sum)) {
    return Error{ErrorCode::invalid, "ERR increment or decrement would overflow"};
  }
  auto done = change_string(call.keys, key, *before, fmt::format_int(sum).c_str());
  if (!done) return done.error();
  call.notify('$', "incrby", key);
  return Reply::of(sum);
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

Result<Reply> incr(Call& call) {
  return add(call, 1);
}

Result<Reply> incrby(Call& call) {
  auto change = to_integer(call.arguments[1]);
  if (!change) return not_an_integer();
  return add(call, *change);
}

Result<Reply> incrbyfloat(Call& call) {
  const std::string& key = call.arguments[0];
  auto before = call.keys.find(key, Type::string);
  if (!before) return before.error();
  auto number = *before ? to_long_real((*before)->content) : std::optional<long double>(0);
  auto change = to_long_real(call.arguments[1]);
  if (!number || !change) return not_a_float();
  long double sum = *number + *change;
  if (!std::isfinite(sum)) return Error{ErrorCode::invalid, "ERR increment would produce NaN or Infinity"};
  std::string text = format_long_real(sum);
  if (auto done = change_string(call.keys, key, *before, text); !done) return done.error();
  call.notify('$', "incrbyfloat", key);
  return Reply::bulk(std::move(text));
}

constexpr CommandSpec table[] = {
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
        .name = "incrbyfloat",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = incrbyfloat,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Increments the number in a key by a number with a fraction, counting from 0 if it doesn't exist.",
    },
};

}  // namespace

std::span<const CommandSpec> string_number_commands() {
  return table;
}

}  // namespace millrace::store
