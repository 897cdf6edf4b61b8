#include "graphql/schema/coerce.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "graphql/language/printer.h"
#include "graphql/schema/suggestion.h"

namespace millrace::graphql {

using ast::ValueKind;

namespace {

// The literal for a message: enough of it to recognise.
std::string shown(const ast::Value& literal) {
  constexpr std::size_t shown_max = 60;
  auto text = print(literal);
  if (text.size() <= shown_max) return text;
  std::size_t end = shown_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

Error wrong_value(std::string_view expected, const ast::Value& literal) {
  return {ErrorCode::invalid, fmt::format("Expected {}, found {}.", expected, shown(literal))};
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Nothing when it is too large to be finite. What is too small to be told from zero is zero.
std::optional<double> number_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) return std::abs(number) > 1 ? std::nullopt : std::optional(0.0);
  if (error != std::errc{} || !std::isfinite(number)) return std::nullopt;
  return number;
}

Result<Value> coerce_int(const ast::Value& literal) {
  if (literal.kind != ValueKind::integer) return wrong_value("an Int", literal);
  const auto number = integer_of(literal.text);
  if (!number || *number < std::numeric_limits<std::int32_t>::min() ||
      *number > std::numeric_limits<std::int32_t>::max())
    return wrong_value("an Int, which has 32 bits", literal);
  return Value::integer(*number);
}

Result<Value> coerce_float(const ast::Value& literal) {
  if (literal.kind != ValueKind::integer && literal.kind != ValueKind::floating) return wrong_value("a Float", literal);
  const auto number = number_of(literal.text);
  if (!number) return wrong_value("a finite Float", literal);
  return Value::floating(*number);
}

Result<Value> coerce_enum(const ast::Value& literal, const NamedType& type) {
  if (literal.kind == ValueKind::enumeration) {
    if (const auto* value = type.enum_value(literal.text)) return Value::enumeration(value->name);
    return Error{ErrorCode::invalid, fmt::format("The enum \"{}\" has no value \"{}\".", type.name, literal.text)};
  }
  return wrong_value(fmt::format("a value of the enum \"{}\"", type.name), literal);
}

Result<Value> coerce_custom(const ast::Value& literal, const NamedType& type, Arena& arena,
                            const VariableValues* variables) {
  const auto raw = untyped(literal, arena, variables);
  if (type.parse == nullptr) return raw;
  auto parsed = type.parse(raw, arena);
  if (parsed) return parsed;
  return Error{ErrorCode::invalid,
               fmt::format("Expected a {}, found {}: {}", type.name, shown(literal), parsed.error().message)};
}

// Coerces a literal all the way down.
class Coercion {
 public:
  Coercion(Arena& arena, const VariableValues* variables) : arena_(arena), variables_(variables) {}

  std::optional<Value> coerce(const ast::Value& literal, TypeRef type) {
    if (!type) return std::nullopt;
    if (literal.kind == ValueKind::variable) return variable(literal, type);
    if (literal.kind == ValueKind::null) return type.is_non_null() ? std::nullopt : std::optional(Value::null());
    const auto plain = type.nullable();
    if (plain.is_list()) return list(literal, plain.item());
    if (plain.named->kind == TypeKind::input_object) return object(literal, *plain.named);
    auto leaf = coerce_leaf_literal(literal, *plain.named, arena_, variables_);
    return leaf ? std::optional(*leaf) : std::nullopt;
  }

 private:
  bool is_missing(const ast::Value& literal) const {
    return literal.kind == ValueKind::variable && (variables_ == nullptr || variables_->find(literal.text).is_absent());
  }

  std::optional<Value> variable(const ast::Value& literal, TypeRef type) {
    const auto value = variables_ == nullptr ? Value{} : variables_->find(literal.text);
    if (type.is_non_null() && (value.is_null() || value.is_absent())) return std::nullopt;
    return value;
  }

  std::optional<Value> list(const ast::Value& literal, TypeRef item) {
    const bool single = literal.kind != ValueKind::list;
    const std::span<const ast::Value> written = single ? std::span(&literal, 1) : literal.items;
    auto items = arena_.make_array<Value>(written.size());
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (is_missing(written[i])) {
        if (item.is_non_null()) return std::nullopt;
        items[i] = Value::null();
        continue;
      }
      const auto value = coerce(written[i], item);
      if (!value) return std::nullopt;
      items[i] = *value;
    }
    return Value::list(items);
  }

  std::optional<Value> object(const ast::Value& literal, const NamedType& type) {
    if (literal.kind != ValueKind::object) return std::nullopt;
    auto entries = arena_.make_array<ObjectEntry>(type.input_fields.size());
    std::size_t count = 0;
    for (auto& field : type.input_fields) {
      const auto value = entry(literal, field);
      if (!value) return std::nullopt;
      if (!value->is_absent()) entries[count++] = {field.name, *value};
    }
    for (auto& written : literal.fields)
      if (type.input_field(written.name.text) == nullptr) return std::nullopt;
    if (type.one_of && (count != 1 || entries[0].value.is_null())) return std::nullopt;
    return Value::object(entries.first(count));
  }

  // The value an input field has in an object literal, absent when it has none.
  std::optional<Value> entry(const ast::Value& literal, const InputValue& field) {
    const ast::Value* written = nullptr;
    for (auto& candidate : literal.fields)
      if (candidate.name.text == field.name) written = &candidate.value;
    if (written != nullptr && !is_missing(*written)) return coerce(*written, field.type);
    if (field.has_default()) return field.default_value;
    return field.type.is_non_null() ? std::nullopt : std::optional(Value{});
  }

  Arena& arena_;
  const VariableValues* variables_;
};

// Collects what is wrong with a literal.
class Check {
 public:
  explicit Check(std::vector<LiteralProblem>& problems) : problems_(problems) {}

  void check(const ast::Value& literal, TypeRef type) {
    if (literal.kind == ValueKind::variable || !type) return;  // no type: told of where it is named
    if (literal.kind == ValueKind::null) {
      if (type.is_non_null())
        problem(literal.offset, fmt::format("Expected a value of type \"{}\", found null.", to_string(type)));
      return;
    }
    const auto plain = type.nullable();
    if (plain.is_list() && literal.kind == ValueKind::list) {
      for (auto& item : literal.items) check(item, plain.item());
    } else if (plain.is_list()) {
      check(literal, plain.item().nullable());
    } else if (plain.named->kind == TypeKind::input_object) {
      object(literal, type);
    } else {
      leaf(literal, *plain.named);
    }
  }

 private:
  void object(const ast::Value& literal, TypeRef type) {
    if (literal.kind != ValueKind::object) {
      problem(literal.offset,
              fmt::format("Expected a value of type \"{}\", found {}.", to_string(type), shown(literal)));
      return;
    }
    const auto& named = *type.named;
    for (auto& field : named.input_fields) required(literal, field, named);
    if (named.one_of) one_of(literal, named);
    for (auto& written : literal.fields) {
      if (const auto* field = named.input_field(written.name.text))
        check(written.value, field->type);
      else
        unknown(written, named);
    }
  }

  void required(const ast::Value& literal, const InputValue& field, const NamedType& type) {
    if (!field.type || !field.is_required()) return;
    for (auto& written : literal.fields)
      if (written.name.text == field.name) return;
    problem(literal.offset, fmt::format("The field \"{}.{}\" of type \"{}\" is required.", type.name, field.name,
                                        to_string(field.type)));
  }

  void one_of(const ast::Value& literal, const NamedType& type) {
    bool several = false;
    for (auto& written : literal.fields) several |= written.name.text != literal.fields.front().name.text;
    if (literal.fields.empty() || several)
      problem(literal.offset, fmt::format("A value of \"{}\" has exactly one field.", type.name));
    else if (literal.fields.back().value.kind == ValueKind::null)
      problem(literal.offset,
              fmt::format("The field \"{}.{}\" cannot be null.", type.name, literal.fields.front().name.text));
  }

  void unknown(const ast::ObjectField& written, const NamedType& type) {
    std::vector<std::string_view> names;
    for (auto& field : type.input_fields) names.push_back(field.name);
    problem(written.name.offset, fmt::format("The input \"{}\" has no field \"{}\".", type.name, written.name.text),
            did_you_mean(written.name.text, names));
  }

  void leaf(const ast::Value& literal, const NamedType& type) {
    Arena arena(1024);
    const auto value = coerce_leaf_literal(literal, type, arena);
    if (value) return;
    std::string suggestion;
    if (type.kind == TypeKind::enumeration && !literal.text.empty()) {
      std::vector<std::string_view> names;
      for (auto& each : type.enum_values) names.push_back(each.name);
      suggestion = did_you_mean(literal.text, names);
    }
    problem(literal.offset, value.error().message, std::move(suggestion));
  }

  void problem(std::uint32_t offset, std::string message, std::string suggestion = {}) {
    problems_.push_back({std::move(message), offset, std::move(suggestion)});
  }

  std::vector<LiteralProblem>& problems_;
};

}  // namespace

Result<Value> coerce_leaf_literal(const ast::Value& literal, const NamedType& type, Arena& arena,
                                  const VariableValues* variables) {
  if (type.kind == TypeKind::enumeration) return coerce_enum(literal, type);
  switch (type.built_in) {
    case BuiltInScalar::none: return coerce_custom(literal, type, arena, variables);
    case BuiltInScalar::integer: return coerce_int(literal);
    case BuiltInScalar::floating: return coerce_float(literal);
    case BuiltInScalar::string:
      if (literal.kind != ValueKind::string) return wrong_value("a String", literal);
      return Value::string(literal.text);
    case BuiltInScalar::boolean:
      if (literal.kind != ValueKind::boolean) return wrong_value("a Boolean", literal);
      return Value::boolean(literal.boolean);
    case BuiltInScalar::id:
      if (literal.kind != ValueKind::string && literal.kind != ValueKind::integer) return wrong_value("an ID", literal);
      return Value::string(literal.text);
  }
  return wrong_value(type.name, literal);
}

std::optional<Value> coerce_literal(const ast::Value& literal, TypeRef type, Arena& arena,
                                    const VariableValues* variables) {
  return Coercion(arena, variables).coerce(literal, type);
}

void check_literal(const ast::Value& literal, TypeRef type, std::vector<LiteralProblem>& problems) {
  Check(problems).check(literal, type);
}

Value untyped(const ast::Value& literal, Arena& arena, const VariableValues* variables) {
  switch (literal.kind) {
    case ValueKind::variable: return variables == nullptr ? Value{} : variables->find(literal.text);
    case ValueKind::integer:
      if (const auto number = integer_of(literal.text)) return Value::integer(*number);
      return Value::floating(number_of(literal.text).value_or(0));
    case ValueKind::floating: return Value::floating(number_of(literal.text).value_or(0));
    case ValueKind::string: return Value::string(literal.text);
    case ValueKind::boolean: return Value::boolean(literal.boolean);
    case ValueKind::null: return Value::null();
    case ValueKind::enumeration: return Value::string(literal.text);
    case ValueKind::list: {
      auto items = arena.make_array<Value>(literal.items.size());
      for (std::size_t i = 0; i < items.size(); ++i) {
        items[i] = untyped(literal.items[i], arena, variables);
        if (items[i].is_absent()) items[i] = Value::null();
      }
      return Value::list(items);
    }
    case ValueKind::object: {
      auto entries = arena.make_array<ObjectEntry>(literal.fields.size());
      std::size_t count = 0;
      for (auto& field : literal.fields) {
        const auto value = untyped(field.value, arena, variables);
        if (!value.is_absent()) entries[count++] = {field.name.text, value};
      }
      return Value::object(entries.first(count));
    }
  }
  return Value::null();
}

}  // namespace millrace::graphql
