#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

bool is_built_in(std::string_view name) {
  for (auto built_in : {"Int", "Float", "String", "Boolean", "ID"})
    if (name == built_in) return true;
  return name.starts_with("__");
}

void enter_type_name(Walk& walk, ast::Name name) {
  if (walk.schema().type(name.text) != nullptr) return;
  if (walk.has_type_system() && walk.defines_type(name.text)) return;
  if (walk.in_type_system() && is_built_in(name.text)) return;
  std::vector<std::string_view> known;
  if (walk.options().suggestions)
    for (auto* type : walk.schema().types()) known.push_back(type->name);
  walk.report().add({"There is no type \"", name.text, "\".", walk.suggestion(name.text, known)}, name.offset);
}

}  // namespace

extern const Rule type_names{
    .name = "Fragment Spread Type Existence",
    .reference_name = "KnownTypeNames",
    .enter_type_name = enter_type_name,
};

}  // namespace millrace::graphql
