#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_operation(Walk& walk, ast::OperationDefinition& node) {
  if (node.name || walk.operation_count() < 2) return;
  walk.report().add({"An operation without a name must be the only one of its document."}, node.offset);
}

}  // namespace

extern const Rule lone_anonymous_operation{
    .name = "Lone Anonymous Operation",
    .reference_name = "LoneAnonymousOperation",
    .enter_operation = enter_operation,
};

}  // namespace millrace::graphql
