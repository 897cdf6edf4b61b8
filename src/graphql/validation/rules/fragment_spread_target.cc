#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_fragment_spread(Walk& walk, ast::FragmentSpread& node) {
  if (node.fragment != nullptr) return;
  walk.report().add({"There is no fragment \"", node.name.text, "\"."}, node.name.offset);
}

}  // namespace

extern const Rule fragment_spread_target{
    .name = "Fragment Spread Target Defined",
    .reference_name = "KnownFragmentNames",
    .enter_fragment_spread = enter_fragment_spread,
};

}  // namespace millrace::graphql
