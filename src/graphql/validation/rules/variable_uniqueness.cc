#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_operation(Walk& walk, ast::OperationDefinition& node) {
  auto first = first_of_same_name(node.variables, walk.arena(), [](auto& variable) { return variable.name.text; });
  for_each_duplicated(first, [&](std::span<const std::uint32_t> same) {
    std::vector<std::uint32_t> offsets;
    for (auto i : same) offsets.push_back(node.variables[i].name.offset);
    walk.report().add({"Several variables are named \"$", node.variables[same[0]].name.text, "\"."}, offsets);
  });
}

}  // namespace

extern const Rule variable_uniqueness{
    .name = "Variable Uniqueness",
    .reference_name = "UniqueVariableNames",
    .enter_operation = enter_operation,
};

}  // namespace millrace::graphql
