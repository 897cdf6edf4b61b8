#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void check_variables(Walk& walk, const OperationVariables& variables) {
  if (variables.operation.variables.empty()) return;
  std::vector<bool> used(variables.definitions.size());
  for (auto& uses : variables.uses)
    for (auto& use : uses) used[use.name] = true;
  for (auto& variable : variables.operation.variables) {
    if (used[walk.variable_number(variable.name.text)]) continue;
    walk.report().add_at(variables.place, {"Variable \"$", variable.name.text, "\" is never used."}, {variable.offset});
  }
}

}  // namespace

extern const Rule all_variables_used{
    .name = "All Variables Used",
    .reference_name = "NoUnusedVariables",
    .check_variables = check_variables,
};

}  // namespace millrace::graphql
