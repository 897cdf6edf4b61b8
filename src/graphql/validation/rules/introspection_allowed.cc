// Introspection is not for everybody (GraphQL specification, section 4): it can be switched off, __typename aside.

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_field(Walk& walk, ast::Field& node) {
  if (walk.options().introspection || node.definition == nullptr || !node.definition->type.named->introspection) return;
  walk.report().add({"Introspection is switched off: field \"", node.name.text, "\" cannot be selected."}, node.offset);
}

}  // namespace

extern const Rule introspection_allowed{
    .name = "Introspection Allowed",
    .reference_name = "NoSchemaIntrospectionCustomRule",
    .enter_field = enter_field,
};

}  // namespace millrace::graphql
