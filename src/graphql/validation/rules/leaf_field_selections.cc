#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void enter_field(Walk& walk, ast::Field& node) {
  if (node.definition == nullptr) return;
  auto& type = node.definition->type;
  auto& set = node.selection_set;
  if (type.named->is_leaf()) {
    if (!set.present) return;
    walk.report().add(
        {"Field \"", node.name.text, "\" has type \"", to_string(type), "\", so nothing can be selected of it."},
        set.offset);
  } else if (!set.present || set.selections.empty()) {
    walk.report().add({"Field \"", node.name.text, "\" has type \"", to_string(type),
                       "\": select fields of it, as in \"", node.name.text, " { … }\"."},
                      node.offset);
  }
}

}  // namespace

extern const Rule leaf_field_selections{
    .name = "Leaf Field Selections",
    .reference_name = "ScalarLeafs",
    .enter_field = enter_field,
};

}  // namespace millrace::graphql
