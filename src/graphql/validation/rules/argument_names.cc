#include <algorithm>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_field_argument(Walk& walk, ast::Argument& node) {
  auto* field = walk.field();
  if (node.definition != nullptr || field == nullptr) return;
  walk.report().add({"Field \"", walk.parent_type()->name, ".", field->name, "\" has no argument \"", node.name.text,
                     "\".", walk.suggestion_among(node.name.text, field->arguments)},
                    node.offset());
}

void check(Walk& walk, const ast::Directive& directive, std::span<const std::string_view> known) {
  for (auto& argument : directive.arguments) {
    if (std::ranges::find(known, argument.name.text) != known.end()) continue;
    walk.report().add({"Directive \"@", directive.name.text, "\" has no argument \"", argument.name.text, "\".",
                       walk.suggestion(argument.name.text, known)},
                      argument.offset());
  }
}

void enter_directive(Walk& walk, ast::Directive& node, DirectiveLocation) {
  if (node.arguments.empty()) return;
  std::vector<std::string_view> known;
  if (auto* own = walk.has_type_system() ? walk.defined_directive(node.name.text) : nullptr) {
    for (auto& argument : own->arguments) known.push_back(argument.name.text);
  } else if (node.definition != nullptr) {
    for (auto& argument : node.definition->arguments) known.push_back(argument.name);
  } else {
    return;
  }
  check(walk, node, known);
}

}  // namespace

extern const Rule argument_names{
    .name = "Argument Names",
    .reference_name = "KnownArgumentNames",
    .enter_directive = enter_directive,
    .enter_field_argument = enter_field_argument,
};

}  // namespace millrace::graphql
