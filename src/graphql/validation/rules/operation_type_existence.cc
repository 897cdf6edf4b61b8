#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

// Missing in graphql-js 16; located as in 17.
void enter_operation(Walk& walk, ast::OperationDefinition& node) {
  if (walk.schema().root(node.operation) != nullptr) return;
  walk.report().add({"This service has no ", to_string(node.operation), "s."}, node.offset);
}

}  // namespace

extern const Rule operation_type_existence{
    .name = "Operation Type Existence",
    .reference_name = "KnownOperationTypes",
    .enter_operation = enter_operation,
};

}  // namespace millrace::graphql
