#include <optional>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

// Whether a variable that may be null can stand where null cannot: a default, its own or that of the place, is then
// taken in its stead.
bool has_default(const ast::VariableDefinition& variable, const VariableUse& use) {
  return use.has_default || (variable.default_value != nullptr && variable.default_value->kind != ast::ValueKind::null);
}

bool is_allowed(const ast::VariableDefinition& variable, TypeRef type, const VariableUse& use) {
  if (!use.type.is_non_null() || type.is_non_null()) return is_subtype(type, use.type);
  return has_default(variable, use) && is_subtype(type, use.type.nullable());
}

// In a @oneOf object null cannot stand whatever the field's type says. graphql-js misses this where the object itself
// is non-null or stands for a list.
void check_use(Walk& walk, const OperationVariables& variables, const VariableUse& use) {
  auto* variable = variables.definitions[use.name];
  if (variable == nullptr || !use.type) return;
  auto type = walk.schema().resolve(*variable->type);
  if (!type) return;
  if (!is_allowed(*variable, *type, use)) {
    walk.report().add_at(variables.place,
                         {"Variable \"$", use.node->text, "\" of type \"", to_string(*type),
                          "\" cannot be used where \"", to_string(use.type), "\" is expected."},
                         {variable->offset, use.node->offset});
  }
  if (use.one_of != nullptr && !type->is_non_null()) {
    walk.report().add_at(variables.place,
                         {"Variable \"$", use.node->text, "\" of type \"", to_string(*type),
                          "\" must be non-null to be the one field of \"", use.one_of->name, "\"."},
                         {variable->offset, use.node->offset});
  }
}

void check_variables(Walk& walk, const OperationVariables& variables) {
  for (auto& uses : variables.uses)
    for (auto& use : uses) check_use(walk, variables, use);
}

}  // namespace

extern const Rule all_variable_usages_allowed{
    .name = "All Variable Usages Are Allowed",
    .reference_name = "VariablesInAllowedPosition",
    .check_variables = check_variables,
};

}  // namespace millrace::graphql
