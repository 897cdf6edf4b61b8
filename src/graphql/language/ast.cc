#include "graphql/language/ast.h"

#include <algorithm>
#include <array>

namespace millrace::graphql::ast {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 19> location_names{
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
};
static_assert(location_names.size() == static_cast<std::size_t>(DirectiveLocation::input_field_definition) + 1);

}  // namespace

std::string_view to_string(DirectiveLocation location) {
  return location_names[static_cast<std::size_t>(location)];
}

std::optional<DirectiveLocation> directive_location(std::string_view name) {
  const auto* found = std::ranges::find(location_names, name);
  if (found == location_names.end()) return std::nullopt;
  return static_cast<DirectiveLocation>(found - location_names.begin());
}

std::string_view to_string(OperationKind operation) {
  switch (operation) {
    case OperationKind::query: return "query";
    case OperationKind::mutation: return "mutation";
    case OperationKind::subscription: return "subscription";
  }
  return "query";
}

}  // namespace millrace::graphql::ast
