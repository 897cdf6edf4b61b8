#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<Reply> append(Call& call) {
  const std::string& key = call.arguments[0];
  auto before = call.keys.find(key, Type::string);
  if (!before) return before.error();
  std::string text(*before ? (*before)->content : std::string_view());
  if (call.arguments[1].size() > string_bytes_max - text.size()) return string_too_long();
  text += call.arguments[1];
  if (auto done = change_string(call.keys, key, *before, text); !done) return done.error();
  call.notify('$', "append", key);
  return Reply::of(static_cast<std::int64_t>(text.size()));
}

// The part of `text` from `start` to `end`, that one included; negative ones count from behind.
std::string_view slice(std::string_view text, std::int64_t start, std::int64_t end) {
  auto size = static_cast<std::int64_t>(text.size());
  if (start < 0 && end < 0 && start > end) return {};
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (end < 0) end = std::max<std::int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end) return {};
  return text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
}

Result<Reply> getrange(Call& call) {
  auto start = to_integer(call.arguments[1]);
  auto end = to_integer(call.arguments[2]);
  if (!start || !end) return not_an_integer();
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  return Reply::bulk(*found ? slice((*found)->content, *start, *end) : std::string_view());
}

Result<Reply> setrange(Call& call) {
  const auto& key = call.arguments[0];
  const auto& patch = call.arguments[2];
  auto offset = to_integer(call.arguments[1]);
  if (!offset) return not_an_integer();
  if (*offset < 0) return Error{ErrorCode::invalid, "ERR offset is out of range"};
  auto before = call.keys.find(key, Type::string);
  if (!before) return before.error();
  std::string_view old = *before ? (*before)->content : std::string_view();
  if (patch.empty()) return Reply::of(static_cast<std::int64_t>(old.size()));
  auto at = static_cast<std::size_t>(*offset);
  if (at > string_bytes_max || patch.size() > string_bytes_max - at) return string_too_long();
  std::string text(old);
  text.resize(std::max(text.size(), at + patch.size()));
  text.replace(at, patch.size(), patch);
  if (auto done = change_string(call.keys, key, *before, text); !done) return done.error();
  call.notify('$', "setrange", key);
  return Reply::of(static_cast<std::int64_t>(text.size()));
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
        .name = "getrange",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::string,
        .run = getrange,
        .since = "2.4.0",
        .complexity = "O(N) in the length of what is returned",
        .summary = "Returns a part of the string in a key.",
    },
    {
        .name = "setrange",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = setrange,
        .since = "2.2.0",
        .complexity = "O(N) in the length of the string",
        .summary = "Overwrites a part of the string in a key. Creates the key if it doesn't exist.",
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
    {
        .name = "substr",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::string,
        .run = getrange,
        .since = "1.0.0",
        .complexity = "O(N) in the length of what is returned",
        .summary = "Returns a part of the string in a key.",
    },
};

}  // namespace

std::span<const CommandSpec> string_range_commands() {
  return table;
}

}  // namespace millrace::store
