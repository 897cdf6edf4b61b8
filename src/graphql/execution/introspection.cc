#include "graphql/execution/introspection.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::graphql {
namespace {

enum class Known : std::uint8_t {
  query_schema,
  query_type,
  schema_description,
  schema_types,
  schema_query_type,
  schema_mutation_type,
  schema_subscription_type,
  schema_directives,
  type_kind,
  type_name,
  type_description,
  type_specified_by_url,
  type_fields,
  type_interfaces,
  type_possible_types,
  type_enum_values,
  type_input_fields,
  type_of_type,
  type_is_one_of,
  field_name,
  field_description,
  field_args,
  field_type,
  field_is_deprecated,
  field_deprecation_reason,
  input_name,
  input_description,
  input_type,
  input_default_value,
  input_is_deprecated,
  input_deprecation_reason,
  enum_name,
  enum_description,
  enum_is_deprecated,
  enum_deprecation_reason,
  directive_name,
  directive_description,
  directive_is_repeatable,
  directive_locations,
  directive_args,
  unknown,
};

struct Row {
  std::string_view type;
  std::string_view field;
  Known known;
};

constexpr Row rows[] = {
    {"__Schema", "description", Known::schema_description},
    {"__Schema", "types", Known::schema_types},
    {"__Schema", "queryType", Known::schema_query_type},
    {"__Schema", "mutationType", Known::schema_mutation_type},
    {"__Schema", "subscriptionType", Known::schema_subscription_type},
    {"__Schema", "directives", Known::schema_directives},
    {"__Type", "kind", Known::type_kind},
    {"__Type", "name", Known::type_name},
    {"__Type", "description", Known::type_description},
    {"__Type", "specifiedByURL", Known::type_specified_by_url},
    {"__Type", "fields", Known::type_fields},
    {"__Type", "interfaces", Known::type_interfaces},
    {"__Type", "possibleTypes", Known::type_possible_types},
    {"__Type", "enumValues", Known::type_enum_values},
    {"__Type", "inputFields", Known::type_input_fields},
    {"__Type", "ofType", Known::type_of_type},
    {"__Type", "isOneOf", Known::type_is_one_of},
    {"__Field", "name", Known::field_name},
    {"__Field", "description", Known::field_description},
    {"__Field", "args", Known::field_args},
    {"__Field", "type", Known::field_type},
    {"__Field", "isDeprecated", Known::field_is_deprecated},
    {"__Field", "deprecationReason", Known::field_deprecation_reason},
    {"__InputValue", "name", Known::input_name},
    {"__InputValue", "description", Known::input_description},
    {"__InputValue", "type", Known::input_type},
    {"__InputValue", "defaultValue", Known::input_default_value},
    {"__InputValue", "isDeprecated", Known::input_is_deprecated},
    {"__InputValue", "deprecationReason", Known::input_deprecation_reason},
    {"__EnumValue", "name", Known::enum_name},
    {"__EnumValue", "description", Known::enum_description},
    {"__EnumValue", "isDeprecated", Known::enum_is_deprecated},
    {"__EnumValue", "deprecationReason", Known::enum_deprecation_reason},
    {"__Directive", "name", Known::directive_name},
    {"__Directive", "description", Known::directive_description},
    {"__Directive", "isRepeatable", Known::directive_is_repeatable},
    {"__Directive", "locations", Known::directive_locations},
    {"__Directive", "args", Known::directive_args},
};

FieldResult name_of(std::string_view name) {
  return FieldResult::clean_string(name);
}

FieldResult text_of(std::optional<std::string_view> text) {
  return text ? FieldResult::string(*text) : FieldResult{};
}

std::string_view kind_name(TypeRef type) {
  if (type.is_non_null()) return "NON_NULL";
  if (type.is_list()) return "LIST";
  switch (type.named->kind) {
    case TypeKind::scalar: return "SCALAR";
    case TypeKind::object: return "OBJECT";
    case TypeKind::interface: return "INTERFACE";
    case TypeKind::union_of: return "UNION";
    case TypeKind::enumeration: return "ENUM";
    case TypeKind::input_object: return "INPUT_OBJECT";
  }
  return {};
}

FieldResult object_of(const void* object) {
  return FieldResult::object(ObjectHandle::of(object));
}

class Introspection {
 public:
  Introspection(const Schema& schema, FieldBatch& batch) : schema_(schema), batch_(batch) {}

  void answer(Known known);

 private:
  // Fills the results from the parents, which are of type T.
  template <class T, class Answer>
  void each(Answer answer) {
    auto parents = batch_.parents();
    auto results = batch_.results();
    for (std::size_t i = 0; i < parents.size(); ++i) results[i] = answer(*parents[i].as<T>());
  }
  // The same for types, of which most questions concern only those without wrappers.
  template <class Answer>
  void each_named(Answer answer) {
    each<TypeRef>([&](const TypeRef& type) {
      return type.is_non_null() || type.is_list() ? FieldResult{} : answer(*type.named);
    });
  }
  // Members, those that are deprecated only where asked for.
  template <class T>
  FieldResult members(std::span<const T> all) {
    bool deprecated_too = batch_.arguments()[0].as_boolean();
    auto shown = [&](const T& member) { return deprecated_too || !member.deprecation_reason; };
    auto items = batch_.list(static_cast<std::size_t>(std::ranges::count_if(all, shown)));
    std::size_t count = 0;
    for (auto& member : all)
      if (shown(member)) items[count++] = object_of(&member);
    return FieldResult::list(items);
  }
  template <class Pointers, class Make>
  FieldResult list_of(const Pointers& pointers, Make make) {
    auto items = batch_.list(std::size(pointers));
    std::size_t count = 0;
    for (auto& pointer : pointers) items[count++] = make(pointer);
    return FieldResult::list(items);
  }

  FieldResult type_of(TypeRef type) { return object_of(batch_.arena().make<TypeRef>(type)); }
  FieldResult type_of(const NamedType* type) { return type == nullptr ? FieldResult{} : type_of(TypeRef{type}); }
  FieldResult types_of(std::span<const NamedType* const> types) {
    return list_of(types, [&](auto* type) { return type_of(type); });
  }

  void answer_root(Known known);
  void answer_schema(Known known);
  void answer_type(Known known);
  void answer_field(Known known);
  void answer_input(Known known);
  void answer_enum(Known known);
  void answer_directive(Known known);
  FieldResult of_type(const TypeRef& type) {
    if (type.is_non_null()) return type_of(type.nullable());
    return type.is_list() ? type_of(type.item()) : FieldResult{};
  }

  const Schema& schema_;
  FieldBatch& batch_;
};

void Introspection::answer(Known known) {
  if (known <= Known::query_type) return answer_root(known);
  if (known <= Known::schema_directives) return answer_schema(known);
  if (known <= Known::type_is_one_of) return answer_type(known);
  if (known <= Known::field_deprecation_reason) return answer_field(known);
  if (known <= Known::input_deprecation_reason) return answer_input(known);
  if (known <= Known::enum_deprecation_reason) return answer_enum(known);
  answer_directive(known);
}

void Introspection::answer_root(Known known) {
  auto result =
      known == Known::query_schema ? object_of(&schema_) : type_of(schema_.type(batch_.arguments()[0].as_string()));
  std::ranges::fill(batch_.results(), result);
}

void Introspection::answer_schema(Known known) {
  each<Schema>([&](const Schema& schema) {
    switch (known) {
      case Known::schema_description: return text_of(schema.description());
      case Known::schema_types: return types_of(schema.types());
      case Known::schema_query_type: return type_of(&schema.query());
      case Known::schema_mutation_type: return type_of(schema.mutation());
      case Known::schema_subscription_type: return type_of(schema.subscription());
      default: return list_of(schema.directives(), [](auto* directive) { return object_of(directive); });
    }
  });
}

void Introspection::answer_type(Known known) {
  if (known == Known::type_kind) return each<TypeRef>([](auto& type) { return name_of(kind_name(type)); });
  if (known == Known::type_of_type) return each<TypeRef>([&](auto& type) { return of_type(type); });
  each_named([&](const NamedType& type) -> FieldResult {
    switch (known) {
      case Known::type_name: return name_of(type.name);
      case Known::type_description: return text_of(type.description);
      case Known::type_specified_by_url: return text_of(type.specified_by_url);
      case Known::type_fields:
        if (type.kind != TypeKind::object && type.kind != TypeKind::interface) return {};
        return members(type.fields);
      case Known::type_interfaces:
        if (type.kind != TypeKind::object && type.kind != TypeKind::interface) return {};
        return types_of(type.interfaces);
      case Known::type_possible_types: return type.is_abstract() ? types_of(type.possible_types) : FieldResult{};
      case Known::type_enum_values:
        return type.kind == TypeKind::enumeration ? members(type.enum_values) : FieldResult{};
      case Known::type_input_fields:
        return type.kind == TypeKind::input_object ? members(type.input_fields) : FieldResult{};
      default: return type.kind == TypeKind::input_object ? FieldResult::boolean(type.one_of) : FieldResult{};
    }
  });
}

void Introspection::answer_field(Known known) {
  each<Field>([&](const Field& field) {
    switch (known) {
      case Known::field_name: return name_of(field.name);
      case Known::field_description: return text_of(field.description);
      case Known::field_args: return members(field.arguments);
      case Known::field_type: return type_of(field.type);
      case Known::field_is_deprecated: return FieldResult::boolean(field.deprecation_reason.has_value());
      default: return text_of(field.deprecation_reason);
    }
  });
}

void Introspection::answer_input(Known known) {
  each<InputValue>([&](const InputValue& input) {
    switch (known) {
      case Known::input_name: return name_of(input.name);
      case Known::input_description: return text_of(input.description);
      case Known::input_type: return type_of(input.type);
      case Known::input_default_value:
        return input.has_default() ? FieldResult::string(input.default_text) : FieldResult{};
      case Known::input_is_deprecated: return FieldResult::boolean(input.deprecation_reason.has_value());
      default: return text_of(input.deprecation_reason);
    }
  });
}

void Introspection::answer_enum(Known known) {
  each<EnumValue>([&](const EnumValue& value) {
    switch (known) {
      case Known::enum_name: return name_of(value.name);
      case Known::enum_description: return text_of(value.description);
      case Known::enum_is_deprecated: return FieldResult::boolean(value.deprecation_reason.has_value());
      default: return text_of(value.deprecation_reason);
    }
  });
}

void Introspection::answer_directive(Known known) {
  each<Directive>([&](const Directive& directive) {
    switch (known) {
      case Known::directive_name: return name_of(directive.name);
      case Known::directive_description: return text_of(directive.description);
      case Known::directive_is_repeatable: return FieldResult::boolean(directive.repeatable);
      case Known::directive_locations:
        return list_of(directive.locations, [](auto location) { return name_of(ast::to_string(location)); });
      default: return members(directive.arguments);
    }
  });
}

}  // namespace

std::uint8_t introspection_field(const Field& field) {
  auto known = Known::unknown;
  if (field.name == "__schema") known = Known::query_schema;
  if (field.name == "__type") known = Known::query_type;
  for (auto& row : rows)
    if (field.parent != nullptr && row.type == field.parent->name && row.field == field.name) known = row.known;
  return static_cast<std::uint8_t>(known);
}

void introspect(const Schema& schema, FieldBatch& batch) {
  auto known = static_cast<Known>(batch.step().introspection);
  if (known != Known::unknown) Introspection(schema, batch).answer(known);
}

}  // namespace millrace::graphql
