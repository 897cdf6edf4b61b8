// A subscription has one root field, which is no introspection field. None of the selections collected for it may
// have @skip or @include: what to subscribe to must not hang on variables (new in the edition; graphql-js 16 allows
// it, locations are those of 17).

#include <utility>
#include <vector>

#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

// The fields at the root of a subscription, through fragments.
class RootFields {
 public:
  RootFields(Walk& walk, const NamedType& root)
      : walk_(walk), root_(root), names_(walk.arena()), seen_(walk.fragment_count()) {}

  void collect(ast::SelectionSet& set) {
    sets_.push_back({&set, 0});
    while (!sets_.empty()) {
      auto& [current, next] = sets_.back();
      if (next < current->selections.size())
        visit(*current->selections[next++]);
      else
        sets_.pop_back();
    }
  }

  struct Group {
    const ast::Field* first = nullptr;
    std::vector<std::uint32_t> offsets{};
  };
  const std::vector<Group>& groups() const { return groups_; }  // by response name
  const std::vector<std::uint32_t>& conditions() const { return conditions_; }

 private:
  void visit(ast::Selection& selection) {
    if (auto* spread = ast::as_fragment_spread(&selection)) return visit_spread(*spread);
    if (is_conditional(selection)) return;
    if (auto* field = ast::as_field(&selection)) {
      auto number = names_.intern(field->response_name().text);
      if (number == groups_.size()) groups_.push_back({.first = field});
      groups_[number].offsets.push_back(field->offset);
    } else if (auto* fragment = ast::as_inline_fragment(&selection)) {
      if (!fragment->type_condition || applies(fragment->type_condition))
        sets_.push_back({&fragment->selection_set, 0});
    }
  }

  void visit_spread(ast::FragmentSpread& spread) {
    auto number = walk_.fragment_number(spread.name.text);
    if (number != NameTable::none && seen_[number]) return;
    if (is_conditional(spread) || number == NameTable::none) return;
    seen_[number] = true;
    auto& fragment = walk_.fragment_definition(number);
    if (applies(fragment.type_condition)) sets_.push_back({&fragment.selection_set, 0});
  }

  bool applies(ast::Name condition) const {
    auto* type = walk_.schema().type(condition.text);
    return type != nullptr && type->is_composite() && type->possible.contains(root_);
  }

  bool is_conditional(const ast::Selection& selection) {
    for (auto* name : {"skip", "include"}) {
      for (auto& directive : selection.directives) {
        if (directive.name.text != name) continue;
        conditions_.push_back(directive.offset);
        return true;
      }
    }
    return false;
  }

  Walk& walk_;
  const NamedType& root_;
  NameTable names_;
  std::vector<bool> seen_;                                            // fragments, by number
  std::vector<std::pair<ast::SelectionSet*, std::uint32_t>> sets_{};  // being read, and how far
  std::vector<Group> groups_{};
  std::vector<std::uint32_t> conditions_{};
};

void enter_operation(Walk& walk, ast::OperationDefinition& node) {
  auto* root = walk.schema().subscription();
  if (node.operation != ast::OperationKind::subscription || root == nullptr) return;
  RootFields fields(walk, *root);
  fields.collect(node.selection_set);
  if (!fields.conditions().empty()) {
    walk.report().add({"The root of a subscription cannot have @skip or @include."}, fields.conditions());
    return;
  }
  std::vector<std::uint32_t> extra;
  for (std::size_t i = 1; i < fields.groups().size(); ++i)
    extra.insert(extra.end(), fields.groups()[i].offsets.begin(), fields.groups()[i].offsets.end());
  if (!extra.empty()) walk.report().add({"A subscription must have exactly one root field."}, extra);
  for (auto& group : fields.groups()) {
    if (!group.first->name.text.starts_with("__")) continue;
    walk.report().add({"A subscription cannot be to the introspection field \"", group.first->name.text, "\"."},
                      group.offsets);
  }
}

}  // namespace

extern const Rule single_root_field{
    .name = "Single Root Field",
    .reference_name = "SingleFieldSubscriptions",
    .enter_operation = enter_operation,
};

}  // namespace millrace::graphql
