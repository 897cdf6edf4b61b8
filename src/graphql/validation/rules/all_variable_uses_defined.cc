#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void check_variables(Walk& walk, const OperationVariables& variables) {
  auto& operation = variables.operation;
  for (auto& uses : variables.uses) {
    for (auto& use : uses) {
      if (variables.definitions[use.name] != nullptr) continue;
      walk.report().add_at(
          variables.place,
          {"Variable \"$", use.node->text, "\" is not defined", operation.name ? " by operation \"" : "",
           operation.name.text, operation.name ? "\"." : "."},
          {use.node->offset, operation.offset});
    }
  }
}

}  // namespace

extern const Rule all_variable_uses_defined{
    .name = "All Variable Uses Defined",
    .reference_name = "NoUndefinedVariables",
    .check_variables = check_variables,
};

}  // namespace millrace::graphql
