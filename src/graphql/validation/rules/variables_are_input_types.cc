#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_variable(Walk& walk, ast::VariableDefinition& node) {
  auto type = walk.schema().resolve(*node.type);
  if (!type || type->named->is_input()) return;
  walk.report().add(
      {"Variable \"$", node.name.text, "\" cannot be of type \"", to_string(*type), "\", which is only for output."},
      node.type->offset);
}

}  // namespace

extern const Rule variables_are_input_types{
    .name = "Variables Are Input Types",
    .reference_name = "VariablesAreInputTypes",
    .enter_variable = enter_variable,
};

}  // namespace millrace::graphql
