#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void check(Walk& walk, ast::Name condition) {
  auto* type = walk.schema().type(condition.text);
  if (type == nullptr || type->is_composite()) return;
  walk.report().add({"A fragment cannot be on \"", type->name, "\", which has no fields to select."}, condition.offset);
}

void enter_fragment(Walk& walk, ast::FragmentDefinition& node) {
  check(walk, node.type_condition);
}

void enter_inline_fragment(Walk& walk, ast::InlineFragment& node) {
  if (node.type_condition) check(walk, node.type_condition);
}

}  // namespace

extern const Rule fragments_on_composite_types{
    .name = "Fragments on Object, Interface or Union Types",
    .reference_name = "FragmentsOnCompositeTypes",
    .enter_fragment = enter_fragment,
    .enter_inline_fragment = enter_inline_fragment,
};

}  // namespace millrace::graphql
