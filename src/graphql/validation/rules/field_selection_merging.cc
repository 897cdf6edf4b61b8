#include "graphql/validation/merge_search.h"

namespace millrace::graphql {
namespace {

// As graphql-js: a single field or spread has nothing to meet.
void enter_selection_set(Walk& walk, ast::SelectionSet& set) {
  if (set.selections.empty()) return;
  if (set.selections.size() == 1 && set.selections[0]->kind != ast::SelectionKind::inline_fragment) return;
  walk.merge_check().note(MergeSite{&set, walk.parent_type(), walk.report().mark()});
}

void leave_document(Walk& walk, ast::Document&) {
  if (walk.merge_check().has_ambiguous()) MergeSearch(walk).run();
}

}  // namespace

extern const Rule field_selection_merging{
    .name = "Field Selection Merging",
    .reference_name = "OverlappingFieldsCanBeMerged",
    .enter_selection_set = enter_selection_set,
    .leave_document = leave_document,
};

}  // namespace millrace::graphql
