// Directives Are Defined, and Directives Are in Valid Locations.

#include <algorithm>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_directive(Walk& walk, ast::Directive& node, DirectiveLocation location) {
  bool known = node.definition != nullptr;
  bool allowed = known && node.definition->allowed_at(location);
  if (auto* own = walk.has_type_system() ? walk.defined_directive(node.name.text) : nullptr) {
    known = true;
    allowed = std::ranges::any_of(own->locations, [&](auto& name) { return name.text == to_string(location); });
  }
  if (!known)
    walk.report().add({"There is no directive \"@", node.name.text, "\"."}, node.offset);
  else if (!allowed)
    walk.report().add({"Directive \"@", node.name.text, "\" cannot stand on ", to_string(location), "."}, node.offset);
}

}  // namespace

extern const Rule directives_are_defined{
    .name = "Directives Are Defined",
    .reference_name = "KnownDirectives",
    .enter_directive = enter_directive,
};

}  // namespace millrace::graphql
