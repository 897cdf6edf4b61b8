#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

std::string_view name_of(ast::Definition& definition) {
  if (auto* type = ast::as_type(&definition)) return type->name.text;
  if (auto* directive = ast::as_directive(&definition)) return directive->name.text;
  return "schema";
}

void enter_document(Walk& walk, ast::Document& document) {
  if (!walk.has_type_system()) return;
  for (auto* definition : document.definitions()) {
    if (ast::as_operation(definition) != nullptr || ast::as_fragment(definition) != nullptr) continue;
    walk.report().add({"\"", name_of(*definition), "\" is defined here, but only operations and fragments can be."},
                      definition->offset);
  }
}

}  // namespace

extern const Rule executable_definitions{
    .name = "Executable Definitions",
    .reference_name = "ExecutableDefinitions",
    .enter_document = enter_document,
};

}  // namespace millrace::graphql
