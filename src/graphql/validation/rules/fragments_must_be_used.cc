#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

void leave_document(Walk& walk, ast::Document&) {
  if (walk.fragment_count() == 0) return;
  std::vector<const Part*> operations;
  for (auto& part : walk.parts())
    if (part.operation() != nullptr) operations.push_back(&part);
  std::vector<bool> used(walk.fragment_count());
  for (auto number : walk.reachable_fragments(operations)) used[number] = true;
  for (auto& part : walk.parts()) {
    if (part.operation() != nullptr || used[part.fragment]) continue;
    auto& fragment = static_cast<ast::FragmentDefinition&>(*part.definition);
    walk.report().add({"Fragment \"", fragment.name.text, "\" is never used."}, fragment.offset);
  }
}

}  // namespace

extern const Rule fragments_must_be_used{
    .name = "Fragments Must Be Used",
    .reference_name = "NoUnusedFragments",
    .leave_document = leave_document,
};

}  // namespace millrace::graphql
