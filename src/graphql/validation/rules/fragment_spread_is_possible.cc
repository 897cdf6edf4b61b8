#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void check(Walk& walk, const NamedType* type, std::uint32_t offset) {
  auto* parent = walk.parent_type();
  if (type == nullptr || parent == nullptr || type == parent || type->possible.intersects(parent->possible)) return;
  walk.report().add(
      {"No object of type \"", parent->name, "\" can be of type \"", type->name, "\", so this fragment never applies."},
      offset);
}

void enter_fragment_spread(Walk& walk, ast::FragmentSpread& node) {
  if (node.fragment != nullptr) check(walk, node.fragment->type, node.offset);
}

void enter_inline_fragment(Walk& walk, ast::InlineFragment& node) {
  check(walk, node.type, node.offset);
}

}  // namespace

extern const Rule fragment_spread_is_possible{
    .name = "Fragment Spread Is Possible",
    .reference_name = "PossibleFragmentSpreads",
    .enter_fragment_spread = enter_fragment_spread,
    .enter_inline_fragment = enter_inline_fragment,
};

}  // namespace millrace::graphql
