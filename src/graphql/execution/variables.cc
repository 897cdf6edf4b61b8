#include "graphql/execution/variables.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/json_writer.h"
#include "graphql/schema/suggestion.h"

namespace millrace::graphql {
namespace {

// Finds members of large objects without going through all of them each time.
class MemberIndex {
 public:
  explicit MemberIndex(const JsonValue& object) : object_(object) {
    constexpr std::size_t few = 16;
    if (object.members().size() <= few) return;
    for (auto& member : object.members()) sorted_.push_back(&member);
    // The last of equal names wins: it is the first of its run.
    std::ranges::sort(sorted_, [](auto* a, auto* b) { return a->name != b->name ? a->name < b->name : a > b; });
  }

  const JsonValue* find(std::string_view name) const {
    if (sorted_.empty()) return object_.find(name);
    auto found = std::ranges::lower_bound(sorted_, name, {}, &JsonMember::name);
    return found != sorted_.end() && (*found)->name == name ? &(*found)->value : nullptr;
  }

 private:
  const JsonValue& object_;
  std::vector<const JsonMember*> sorted_{};
};

// Where in a variable's value a fault is: "a.b[2]".
struct Place {
  const Place* up = nullptr;
  std::string_view name{};
  std::size_t index = 0;

  std::string text() const {
    if (up == nullptr) return std::string(name);
    return name.empty() ? fmt::format("{}[{}]", up->text(), index) : fmt::format("{}.{}", up->text(), name);
  }
};

bool is_number(const JsonValue& json) {
  return json.kind() == JsonValue::Kind::integer || json.kind() == JsonValue::Kind::number;
}

// The JSON for a message: enough of it to recognise.
std::string shown(const JsonValue& json) {
  constexpr std::size_t shown_max = 60;
  std::string text;
  append_json(text, json);
  if (text.size() <= shown_max) return text;
  std::size_t end = shown_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

// JSON as it stands, without a type.
Value untyped(const JsonValue& json, Arena& arena) {
  switch (json.kind()) {
    case JsonValue::Kind::null: return Value::null();
    case JsonValue::Kind::boolean: return Value::boolean(json.boolean());
    case JsonValue::Kind::integer: return Value::integer(json.integer());
    case JsonValue::Kind::number: return Value::floating(json.number());
    case JsonValue::Kind::string: return Value::string(json.string());
    case JsonValue::Kind::array: {
      auto items = arena.make_array<Value>(json.items().size());
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = untyped(json.items()[i], arena);
      return Value::list(items);
    }
    case JsonValue::Kind::object: {
      auto entries = arena.make_array<ObjectEntry>(json.members().size());
      for (std::size_t i = 0; i < entries.size(); ++i)
        entries[i] = {json.members()[i].name, untyped(json.members()[i].value, arena)};
      return Value::object(entries);
    }
  }
  return Value::null();
}

class VariableReader {
 public:
  VariableReader(Arena& arena, const VariableCoercion& options) : arena_(arena), options_(options) {}

  Value read(const Variable& variable, const JsonValue* json) {
    variable_ = &variable;
    if (json == nullptr) {
      if (variable.default_value.is_absent() && variable.type.is_non_null())
        fault(
            fmt::format("The variable \"${}\" of type \"{}\" has no value.", variable.name, to_string(variable.type)));
      return variable.default_value;
    }
    Place place{.name = variable.name};
    return coerce(*json, variable.type, place);
  }

  std::vector<GraphqlError> take_errors() { return std::move(errors_); }
  bool is_full() const { return full_; }

 private:
  void fault(std::string message) {
    if (full_) return;
    if (errors_.size() >= options_.errors_max) {
      full_ = true;
      errors_.push_back({.message = "Too many faults in the variables; the rest was not looked at.",
                         .code = GraphqlErrorCode::bad_user_input});
      return;
    }
    errors_.push_back({.message = std::move(message),
                       .code = GraphqlErrorCode::bad_user_input,
                       .locations = {locate(options_.document, variable_->node->offset)}});
  }
  void fault_at(const Place& place, std::string_view what) { fault(fmt::format("\"${}\" {}", place.text(), what)); }
  void unexpected(const Place& place, std::string_view expected, const JsonValue& json) {
    if (!full_) fault_at(place, fmt::format("must be {}, not {}.", expected, shown(json)));
  }

  Value coerce(const JsonValue& json, TypeRef type, const Place& place) {
    if (full_) return {};
    if (json.is_null()) {
      if (type.is_non_null()) fault_at(place, fmt::format("of type \"{}\" must not be null.", to_string(type)));
      return Value::null();
    }
    if (type.is_list()) return list(json, type.nullable().item(), place);
    if (type.named->kind == TypeKind::input_object) return object(json, *type.named, place);
    return type.named->kind == TypeKind::enumeration ? enumeration(json, *type.named, place)
                                                     : scalar(json, *type.named, place);
  }

  Value list(const JsonValue& json, TypeRef item, const Place& place) {
    if (!json.is_array()) {
      auto single = arena_.make_array<Value>(1);
      single[0] = coerce(json, item, place);
      return Value::list(single);
    }
    auto items = arena_.make_array<Value>(json.items().size());
    for (std::size_t i = 0; i < items.size(); ++i)
      items[i] = coerce(json.items()[i], item, Place{.up = &place, .index = i});
    return Value::list(items);
  }

  Value object(const JsonValue& json, const NamedType& type, const Place& place) {
    if (!json.is_object()) {
      unexpected(place, fmt::format("an object of type \"{}\"", type.name), json);
      return {};
    }
    MemberIndex members(json);
    auto entries = arena_.make_array<ObjectEntry>(type.input_fields.size());
    std::size_t count = 0;
    for (auto& field : type.input_fields) {
      auto* member = members.find(field.name);
      if (member != nullptr) {
        entries[count++] = {field.name, coerce(*member, field.type, Place{.up = &place, .name = field.name})};
      } else if (field.has_default()) {
        entries[count++] = {field.name, field.default_value};
      } else if (field.type.is_non_null()) {
        fault_at(place, fmt::format("lacks the field \"{}\" of type \"{}\".", field.name, to_string(field.type)));
      }
    }
    refuse_unknown(json, type, members, place);
    auto given = std::span<const ObjectEntry>(entries).first(count);
    if (type.one_of) check_one_of(given, type, place);
    return Value::object(given);
  }

  void refuse_unknown(const JsonValue& json, const NamedType& type, const MemberIndex& members, const Place& place) {
    for (auto& member : json.members()) {
      if (full_) return;
      if (type.input_field(member.name) != nullptr || members.find(member.name) != &member.value) continue;
      auto message = fmt::format("has the field \"{}\", which type \"{}\" has not.", member.name, type.name);
      if (options_.suggestions) {
        std::vector<std::string_view> names;
        for (auto& field : type.input_fields) names.push_back(field.name);
        if (auto hint = did_you_mean(member.name, names); !hint.empty()) message += " " + hint;
      }
      fault_at(place, message);
    }
  }

  void check_one_of(std::span<const ObjectEntry> given, const NamedType& type, const Place& place) {
    if (given.size() != 1) fault_at(place, fmt::format("of type \"{}\" must have exactly one field.", type.name));
    if (!given.empty() && given.front().value.is_null())
      fault_at(Place{.up = &place, .name = given.front().name}, "must not be null.");
  }

  Value enumeration(const JsonValue& json, const NamedType& type, const Place& place) {
    if (json.is_string()) {
      if (auto* value = type.enum_value(json.string())) return Value::enumeration(value->name);
    }
    unexpected(place, fmt::format("a value of the enum \"{}\"", type.name), json);
    return {};
  }

  Value scalar(const JsonValue& json, const NamedType& type, const Place& place) {
    if (type.built_in == BuiltInScalar::none) return custom(json, type, place);
    auto value = built_in(json, type.built_in);
    if (!value.is_absent()) return value;
    unexpected(place, fmt::format("of type \"{}\"", type.name), json);
    return {};
  }

  // Absent when the JSON does not fit.
  Value built_in(const JsonValue& json, BuiltInScalar scalar) {
    switch (scalar) {
      case BuiltInScalar::integer: return integer(json);
      case BuiltInScalar::floating:
        return is_number(json) && std::isfinite(json.number()) ? Value::floating(json.number()) : Value{};
      case BuiltInScalar::string: return json.is_string() ? Value::string(json.string()) : Value{};
      case BuiltInScalar::boolean:
        return json.kind() == JsonValue::Kind::boolean ? Value::boolean(json.boolean()) : Value{};
      case BuiltInScalar::id: return id(json);
      case BuiltInScalar::none: return {};
    }
    return {};
  }

  static Value integer(const JsonValue& json) {
    if (!is_number(json)) return {};
    double number = json.number();
    if (std::trunc(number) != number || number < std::numeric_limits<std::int32_t>::min() ||
        number > std::numeric_limits<std::int32_t>::max())
      return {};
    return Value::integer(static_cast<std::int64_t>(number));
  }

  Value id(const JsonValue& json) {
    if (json.is_string()) return Value::string(json.string());
    if (json.kind() == JsonValue::Kind::integer) return Value::string(arena_.copy(std::to_string(json.integer())));
    if (!is_number(json) || !std::isfinite(json.number()) || std::trunc(json.number()) != json.number()) return {};
    std::string digits;
    append_json_number(digits, json.number());
    return Value::string(arena_.copy(digits));
  }

  Value custom(const JsonValue& json, const NamedType& type, const Place& place) {
    auto raw = untyped(json, arena_);
    if (type.parse == nullptr) return raw;
    auto parsed = type.parse(raw, arena_);
    if (parsed) return *parsed;
    unexpected(place, fmt::format("of type \"{}\" ({})", type.name, parsed.error().message), json);
    return {};
  }

  Arena& arena_;
  const VariableCoercion& options_;
  const Variable* variable_ = nullptr;
  std::vector<GraphqlError> errors_{};
  bool full_ = false;
};

}  // namespace

std::vector<GraphqlError> coerce_variables(std::span<const Variable> variables, const JsonValue* json, Arena& arena,
                                           const VariableCoercion& options, std::span<const Value>& values) {
  static const JsonValue nothing{std::span<const JsonMember>{}};
  auto made = arena.make_array<Value>(variables.size());
  VariableReader reader(arena, options);
  MemberIndex members(json == nullptr ? nothing : *json);
  for (std::size_t i = 0; i < variables.size() && !reader.is_full(); ++i)
    made[i] = reader.read(variables[i], members.find(variables[i].name));
  values = made;
  return reader.take_errors();
}

Value BoundVariables::find(std::string_view name) const {
  for (std::size_t i = 0; i < variables_.size(); ++i)
    if (variables_[i].name == name) return values_[i];
  return {};
}

}  // namespace millrace::graphql
