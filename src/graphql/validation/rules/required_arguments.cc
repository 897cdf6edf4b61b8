#include <algorithm>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

bool is_given(ast::List<ast::Argument> arguments, std::string_view name) {
  return std::ranges::any_of(arguments, [&](auto& argument) { return argument.name.text == name; });
}

void leave_field(Walk& walk, ast::Field& node) {
  if (node.definition == nullptr) return;
  for (auto& argument : node.definition->arguments) {
    if (!argument.is_required() || is_given(node.arguments, argument.name)) continue;
    walk.report().add({"Field \"", node.definition->name, "\" needs its argument \"", argument.name, ": ",
                       to_string(argument.type), "\"."},
                      node.offset);
  }
}

void report(Walk& walk, const ast::Directive& node, std::string_view argument) {
  walk.report().add({"Directive \"@", node.name.text, "\" needs its argument \"", argument, "\"."}, node.offset);
}

void leave_directive(Walk& walk, ast::Directive& node) {
  if (auto* own = walk.has_type_system() ? walk.defined_directive(node.name.text) : nullptr) {
    for (auto& argument : own->arguments) {
      if (argument.type->kind != ast::TypeNodeKind::non_null || argument.default_value != nullptr) continue;
      if (!is_given(node.arguments, argument.name.text)) report(walk, node, argument.name.text);
    }
  } else if (node.definition != nullptr) {
    for (auto& argument : node.definition->arguments)
      if (argument.is_required() && !is_given(node.arguments, argument.name)) report(walk, node, argument.name);
  }
}

}  // namespace

extern const Rule required_arguments{
    .name = "Required Arguments",
    .reference_name = "ProvidedRequiredArguments",
    .leave_field = leave_field,
    .leave_directive = leave_directive,
};

}  // namespace millrace::graphql
