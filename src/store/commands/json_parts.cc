#include <cmath>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/json_key.h"
#include "store/json/text.h"

namespace millrace::store {
namespace {

using json::Value;

enum class Operation { add, multiply };

// Integers stay integers; with any other number the result is none, even where it is whole.
Result<Value> calculate(const Value& one, const Value& other, Operation operation) {
  bool add = operation == Operation::add;
  if (one.integer() && other.integer()) {
    std::int64_t whole = 0;
    bool overflow = add ? __builtin_add_overflow(*one.integer(), *other.integer(), &whole)
                        : __builtin_mul_overflow(*one.integer(), *other.integer(), &whole);
    if (overflow) return Error{ErrorCode::invalid, "ERR numeric overflow"};
    return Value(whole);
  }
  double result = add ? one.number() + other.number() : one.number() * other.number();
  if (!std::isfinite(result)) return Error{ErrorCode::invalid, "ERR result is not a number"};
  return Value(result);
}

// The answers of all matches as one JSON text.
Reply as_json_list(const Reply& list) {
  std::string text = "[";
  for (const Reply& reply : list.elements) {
    if (&reply != list.elements.data()) text += ',';
    text += reply.is_nil() ? "null" : reply.text;
  }
  return Reply::bulk(text + "]");
}

Reply number_of(const Value& value) {
  return value.integer() ? Reply::of(*value.integer()) : Reply::of_real(value.number());
}

// Version 3 of the protocol has numbers of its own; before, they are JSON text.
Result<Reply> change_numbers(Call& call, std::string_view event, Operation operation) {
  bool typed = call.context().caller.protocol > 2;
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  auto operand = parse_json(call.arguments[2]);
  if (!operand) return operand.error();
  if (!operand->is_number()) return Error{ErrorCode::invalid, "ERR bad input number"};
  auto reply =
      change_each(call, *path, event, "does not contains a number", [&](Value& value) -> Result<std::optional<Reply>> {
        if (!value.is_number()) return std::nullopt;
        auto result = calculate(value, *operand, operation);
        if (!result) return result.error();
        value = std::move(*result);
        return typed ? number_of(value) : Reply::bulk(json::print(value));
      });
  if (!reply || reply->is_error()) return reply;
  if (path->is_legacy()) return typed ? Reply::array({std::move(*reply)}) : reply;
  return typed ? reply : as_json_list(*reply);
}

Result<Reply> json_numincrby(Call& call) {
  return change_numbers(call, "json.numincrby", Operation::add);
}

Result<Reply> json_nummultby(Call& call) {
  return change_numbers(call, "json.nummultby", Operation::multiply);
}

Result<Reply> json_toggle(Call& call) {
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  bool legacy = path->is_legacy();
  return change_each(call, *path, "json.toggle", "not a bool", [&](Value& value) -> Result<std::optional<Reply>> {
    bool* truth = value.boolean();
    if (!truth) return std::nullopt;
    *truth = !*truth;
    return legacy ? Reply::bulk(*truth ? "true" : "false") : Reply::of(*truth ? 1 : 0);
  });
}

Reply length_of(const std::string& text) {
  return Reply::of(static_cast<std::int64_t>(text.size()));
}

Result<Reply> json_strappend(Call& call) {
  bool with_path = call.arguments.size() > 2;
  auto path = with_path ? parse_path(call.arguments[1]) : json::Path::root(true);
  if (!path) return path.error();
  auto suffix = parse_json(call.arguments.back());
  if (!suffix) return suffix.error();
  if (!suffix->is_string()) return wrong_json_type("string", *suffix);
  std::size_t grown = 0;
  return change_each(call, *path, "json.strappend", "not a string", [&](Value& value) -> Result<std::optional<Reply>> {
    std::string* text = value.string();
    if (!text) return std::nullopt;
    if (grown += suffix->string()->size(); grown > json_bytes_max) return json_too_large();
    *text += *suffix->string();
    return length_of(*text);
  });
}

Result<Reply> json_strlen(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) {
    return found->path.is_legacy() ? Result<Reply>(Reply::nil()) : missing_document();
  }
  return reply_parts(
      *found,
      [](const Value& value) -> std::optional<Reply> {
        if (!value.is_string()) return std::nullopt;
        return length_of(*value.string());
      },
      [&](const Value* first) { return first ? wrong_json_type("string", *first) : missing_path(found->path); });
}

std::optional<Reply> names_of(const Value& value) {
  auto* members = value.object();
  if (!members) return std::nullopt;
  std::vector<Reply> names;
  names.reserve(members->size());
  for (const json::Member& member : *members) names.push_back(Reply::bulk(member.name));
  return Reply::array(std::move(names));
}

Result<Reply> json_objkeys(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) {
    return found->path.is_legacy() ? Result<Reply>(Reply::nil()) : missing_document();
  }
  if (auto small = check_copies(found->matches); !small) return small.error();
  return reply_parts(*found, names_of, [&](const Value* first) {
    return first ? Result<Reply>(missing_path(found->path, "not an object")) : Reply::nil();
  });
}

Result<Reply> json_objlen(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) {
    return found->path.is_legacy() ? Result<Reply>(Reply::nil()) : missing_path(found->path, "not an object");
  }
  return reply_parts(
      *found,
      [](const Value& value) -> std::optional<Reply> {
        if (!value.is_object()) return std::nullopt;
        return Reply::of(static_cast<std::int64_t>(value.size()));
      },
      [](const Value* first) { return first ? Result<Reply>(wrong_json_type("object", *first)) : Reply::nil(); });
}

constexpr CommandSpec table[] = {
    {
        .name = "json.numincrby",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_numincrby,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Adds to numbers of a JSON document.",
    },
    {
        .name = "json.nummultby",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_nummultby,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Multiplies numbers of a JSON document.",
    },
    {
        .name = "json.objkeys",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_objkeys,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns the names of the members of objects of a JSON document.",
    },
    {
        .name = "json.objlen",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_objlen,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns how many members objects of a JSON document have.",
    },
    {
        .name = "json.strappend",
        .arity = between(2, 3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_strappend,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Appends to strings of a JSON document.",
    },
    {
        .name = "json.strlen",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_strlen,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns the lengths of strings of a JSON document, in bytes.",
    },
    {
        .name = "json.toggle",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .group = Group::json,
        .run = json_toggle,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Makes true false and false true in a JSON document.",
    },
};

}  // namespace

std::span<const CommandSpec> json_part_commands() {
  return table;
}

}  // namespace millrace::store
