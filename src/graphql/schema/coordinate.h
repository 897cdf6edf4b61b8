#pragma once

// Schema coordinates: `Task`, `Task.text`, `Query.task(id:)`, `@event`, `@event(name:)` (GraphQL specification,
// September 2025, section 3.14). Metrics, logs and errors name members of a schema by them.

#include <string>
#include <string_view>

#include "graphql/language/parser.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

struct SchemaCoordinate {
  bool directive = false;
  std::string name{};      // of the type or directive
  std::string member{};    // field, input field or enum value; empty when there is none
  std::string argument{};  // empty when there is none

  bool operator==(const SchemaCoordinate&) const = default;
};

ParseResult<SchemaCoordinate> parse_coordinate(std::string_view text);
std::string to_string(const SchemaCoordinate& coordinate);

// "Query.task".
std::string coordinate_of(const Field& field);

// What a coordinate names: exactly one of the pointers that it spells, with the owner before it; all null when the
// schema has no such member.
struct CoordinateTarget {
  const NamedType* type = nullptr;
  const Directive* directive = nullptr;
  const Field* field = nullptr;
  const InputValue* input_value = nullptr;  // argument or input field
  const EnumValue* enum_value = nullptr;
};
CoordinateTarget resolve(const Schema& schema, const SchemaCoordinate& coordinate);

}  // namespace millrace::graphql
