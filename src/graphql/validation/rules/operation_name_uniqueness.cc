#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_operation(Walk& walk, ast::OperationDefinition& node) {
  if (!node.name) return;
  auto& first = walk.first_operation(node.name.text);
  if (&first == &node) return;
  walk.report().add({"Several operations are named \"", node.name.text, "\"."}, {first.name.offset, node.name.offset});
}

}  // namespace

extern const Rule operation_name_uniqueness{
    .name = "Operation Name Uniqueness",
    .reference_name = "UniqueOperationNames",
    .enter_operation = enter_operation,
};

}  // namespace millrace::graphql
