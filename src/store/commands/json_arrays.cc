#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/json_key.h"
#include "store/commands/text.h"
#include "store/json/text.h"

namespace millrace::store {
namespace {

using json::Array;
using json::Value;

constexpr std::string_view not_an_array = "not an array";

Reply length_of(const Array& items) {
  return Reply::of(static_cast<std::int64_t>(items.size()));
}

Result<Array> parse_values(std::span<const std::string> texts) {
  Array values;
  values.reserve(texts.size());
  for (const std::string& text : texts) {
    auto value = parse_json(text);
    if (!value) return value.error();
    values.push_back(std::move(*value));
  }
  return values;
}

// Keeps values that are given once and copied to many places within what a document may take.
class Copies {
 public:
  explicit Copies(const Array& values) {
    for (const Value& value : values) bytes_ += json::memory(value);
  }

  bool fit_once_more() { return (taken_ += bytes_) <= json_bytes_max; }

 private:
  std::size_t bytes_ = 0;
  std::size_t taken_ = 0;
};

// The place that `index` names in an array that is not empty: counted from the end when negative, and brought inside.
std::int64_t clamp_index(std::int64_t index, std::int64_t size) {
  return index < 0 ? std::max<std::int64_t>(0, std::max(index, -size) + size) : std::min(index, size - 1);
}

Result<Reply> json_arrappend(Call& call) {
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  auto values = parse_values(call.arguments.subspan(2));
  if (!values) return values.error();
  Copies copies(*values);
  return change_each(call, *path, "json.arrappend", not_an_array, [&](Value& value) -> Result<std::optional<Reply>> {
    auto* items = value.array();
    if (!items) return std::nullopt;
    if (!copies.fit_once_more()) return json_too_large();
    items->insert(items->end(), values->begin(), values->end());
    return length_of(*items);
  });
}

Result<std::optional<Reply>> insert_values(Array& items, std::int64_t index, const Array& values) {
  auto size = static_cast<std::int64_t>(items.size());
  if (index < 0) index += size;
  if (index < 0 || index > size) return Error{ErrorCode::invalid, "ERR index out of bounds"};
  items.insert(items.begin() + index, values.begin(), values.end());
  return length_of(items);
}

Result<Reply> json_arrinsert(Call& call) {
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  auto index = to_integer(call.arguments[2]);
  if (!index) return not_an_integer();
  auto values = parse_values(call.arguments.subspan(3));
  if (!values) return values.error();
  Copies copies(*values);
  return change_each(call, *path, "json.arrinsert", not_an_array, [&](Value& value) -> Result<std::optional<Reply>> {
    if (!value.is_array()) return std::nullopt;
    if (!copies.fit_once_more()) return json_too_large();
    return insert_values(*value.array(), *index, *values);
  });
}

// From `start` up to `stop`, which is not looked at; 0 stands for the end.
std::int64_t index_of(const Array& items, const Value& wanted, std::int64_t start, std::int64_t stop) {
  auto size = static_cast<std::int64_t>(items.size());
  if (size == 0) return -1;
  std::int64_t end = stop == 0 ? size : stop < 0 ? std::max(stop, -size) + size : std::min(stop, size);
  for (std::int64_t i = clamp_index(start, size); i < end; ++i) {
    if (items[static_cast<std::size_t>(i)] == wanted) return i;
  }
  return -1;
}

Result<Reply> json_arrindex(Call& call) {
  auto integer_at = [&](std::size_t at) {
    return at < call.arguments.size() ? to_integer(call.arguments[at]) : std::optional<std::int64_t>(0);
  };
  auto start = integer_at(3);
  auto stop = integer_at(4);
  if (!start || !stop) return not_an_integer();
  auto wanted = parse_json(call.arguments[2]);
  if (!wanted) return wanted.error();
  auto found = find_parts(call, parse_path(call.arguments[1]));
  if (!found) return found.error();
  if (!found->document.exists()) return missing_path(found->path);
  return reply_parts(
      *found,
      [&](const Value& value) -> std::optional<Reply> {
        if (!value.is_array()) return std::nullopt;
        return Reply::of(index_of(*value.array(), *wanted, *start, *stop));
      },
      [&](const Value* first) { return first ? wrong_json_type("array", *first) : missing_path(found->path); });
}

Result<Reply> json_arrlen(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) {
    return found->path.is_legacy() ? Result<Reply>(Reply::nil()) : missing_document();
  }
  return reply_parts(
      *found,
      [](const Value& value) -> std::optional<Reply> {
        if (!value.is_array()) return std::nullopt;
        return length_of(*value.array());
      },
      [&](const Value* first) { return missing_path(found->path, first ? not_an_array : std::string_view()); });
}

Reply pop(Array& items, std::int64_t index) {
  if (items.empty()) return Reply::nil();
  auto place = items.begin() + clamp_index(index, static_cast<std::int64_t>(items.size()));
  Reply popped = Reply::bulk(json::print(*place));
  items.erase(place);
  return popped;
}

Result<Reply> json_arrpop(Call& call) {
  auto path = path_or_root(call, 1);
  if (!path) return path.error();
  auto index = call.arguments.size() > 2 ? to_integer(call.arguments[2]) : std::optional<std::int64_t>(-1);
  if (!index) return not_an_integer();
  return change_each(call, *path, "json.arrpop", not_an_array, [&](Value& value) -> Result<std::optional<Reply>> {
    if (!value.is_array()) return std::nullopt;
    return pop(*value.array(), *index);
  });
}

void trim(Array& items, std::int64_t start, std::int64_t stop) {
  auto size = static_cast<std::int64_t>(items.size());
  std::int64_t first = size > 0 ? clamp_index(start, size) : 0;
  std::int64_t last = size > 0 ? clamp_index(stop, size) : -1;
  if (start >= size || first > last) {
    items.clear();
    return;
  }
  items.erase(items.begin() + last + 1, items.end());
  items.erase(items.begin(), items.begin() + first);
}

Result<Reply> json_arrtrim(Call& call) {
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  auto start = to_integer(call.arguments[2]);
  auto stop = to_integer(call.arguments[3]);
  if (!start || !stop) return not_an_integer();
  return change_each(call, *path, "json.arrtrim", not_an_array, [&](Value& value) -> Result<std::optional<Reply>> {
    if (!value.is_array()) return std::nullopt;
    trim(*value.array(), *start, *stop);
    return length_of(*value.array());
  });
}

constexpr CommandSpec table[] = {
    {
        .name = "json.arrappend",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_arrappend,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Appends values to arrays of a JSON document.",
    },
    {
        .name = "json.arrindex",
        .arity = between(3, 5),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_arrindex,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns where a value first stands in arrays of a JSON document.",
    },
    {
        .name = "json.arrinsert",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_arrinsert,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Inserts values into arrays of a JSON document, before an index.",
    },
    {
        .name = "json.arrlen",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_arrlen,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns the lengths of arrays of a JSON document.",
    },
    {
        .name = "json.arrpop",
        .arity = between(1, 3),
        .keys = first_argument,
        .access = Access::write,
        .group = Group::json,
        .run = json_arrpop,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Removes an element from arrays of a JSON document and returns it.",
    },
    {
        .name = "json.arrtrim",
        .arity = exactly(4),
        .keys = first_argument,
        .access = Access::write,
        .group = Group::json,
        .run = json_arrtrim,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Cuts arrays of a JSON document down to a range.",
    },
};

}  // namespace

std::span<const CommandSpec> json_array_commands() {
  return table;
}

}  // namespace millrace::store
