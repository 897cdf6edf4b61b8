#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

bool is_unique(const Walk& walk, std::string_view name) {
  if (auto* own = walk.has_type_system() ? walk.defined_directive(name) : nullptr) return !own->repeatable;
  auto* directive = walk.schema().directive(name);
  return directive != nullptr && !directive->repeatable;
}

void report(Walk& walk, const ast::Directive& first, const ast::Directive& again) {
  walk.report().add({"Directive \"@", again.name.text, "\" can only stand here once."}, {first.offset, again.offset});
}

void enter_directives(Walk& walk, const DirectiveSite& site) {
  if (site.definition != nullptr) {
    for (auto& directive : site.directives) {
      if (!is_unique(walk, directive.name.text)) continue;
      if (auto* first = walk.earlier_directive(*site.definition, directive)) report(walk, *first, directive);
    }
    return;
  }
  auto first = first_of_same_name(site.directives, walk.arena(), [](auto& directive) { return directive.name.text; });
  for (std::uint32_t i = 0; i < first.size(); ++i)
    if (first[i] != i && is_unique(walk, site.directives[i].name.text))
      report(walk, site.directives[first[i]], site.directives[i]);
}

}  // namespace

extern const Rule directives_are_unique{
    .name = "Directives Are Unique per Location",
    .reference_name = "UniqueDirectivesPerLocation",
    .enter_directives = enter_directives,
};

}  // namespace millrace::graphql
