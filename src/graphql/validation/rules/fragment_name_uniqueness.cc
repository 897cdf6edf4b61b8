#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_fragment(Walk& walk, ast::FragmentDefinition& node) {
  auto& first = walk.first_fragment(node.name.text);
  if (&first == &node) return;
  walk.report().add({"Several fragments are named \"", node.name.text, "\"."}, {first.name.offset, node.name.offset});
}

}  // namespace

extern const Rule fragment_name_uniqueness{
    .name = "Fragment Name Uniqueness",
    .reference_name = "UniqueFragmentNames",
    .enter_fragment = enter_fragment,
};

}  // namespace millrace::graphql
