#include "graphql/execution/field_collection.h"

#include <algorithm>

namespace millrace::graphql {
namespace {

constexpr std::size_t few_groups = 16;  // up to here going through all is faster than a hash

const ast::Value* condition_of(const ast::Selection& selection, std::string_view directive) {
  for (auto& candidate : selection.directives) {
    if (candidate.name.text != directive) continue;
    auto* argument = candidate.find("if");
    return argument == nullptr ? nullptr : &argument->value;
  }
  return nullptr;
}

}  // namespace

InclusionRule::Answer InclusionRule::condition(const ast::Value& value) const {
  if (value.kind == ast::ValueKind::boolean) return value.boolean ? Answer::yes : Answer::no;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i] != value.text) continue;
    return values_[i] == '1' ? Answer::yes : values_[i] == '0' ? Answer::no : Answer::null;
  }
  return Answer::null;
}

InclusionRule::Answer InclusionRule::includes(const ast::Selection& selection, const ast::Value*& at) const {
  if (selection.directives.empty()) return Answer::yes;
  if (at = condition_of(selection, "skip"); at != nullptr) {
    auto skip = condition(*at);
    if (skip != Answer::no) return skip == Answer::yes ? Answer::no : Answer::null;
  }
  if (at = condition_of(selection, "include"); at != nullptr) return condition(*at);
  return Answer::yes;
}

bool FieldCollection::applies(const NamedType* condition) const {
  return condition == nullptr || condition == &type_ ||
         (condition->is_abstract() && condition->possible.contains(type_));
}

FieldCollection::Group* FieldCollection::find(std::string_view response_name) {
  if (groups_.size() <= few_groups) {
    auto found = std::ranges::find(groups_, response_name, &Group::response_name);
    return found == groups_.end() ? nullptr : &*found;
  }
  auto found = group_index_.find(response_name);
  return found == group_index_.end() ? nullptr : &groups_[found->second];
}

void FieldCollection::add_field(const ast::Field& field) {
  auto name = field.response_name().text;
  auto number = static_cast<std::uint32_t>(occurrences_.size());
  occurrences_.push_back({&field, 0});
  if (auto* group = find(name)) {
    occurrences_[group->last].next = number;
    group->last = number;
    ++group->count;
    return;
  }
  groups_.push_back({name, number, number, 1});
  if (groups_.size() == few_groups + 1) {
    for (std::uint32_t i = 0; i < groups_.size(); ++i) group_index_.emplace(groups_[i].response_name, i);
  } else if (groups_.size() > few_groups) {
    group_index_.emplace(name, static_cast<std::uint32_t>(groups_.size() - 1));
  }
}

void FieldCollection::add(const ast::SelectionSet& set) {
  for (auto* selection : set) {
    ++visited_;
    auto* spread = ast::as_fragment_spread(selection);
    if (spread != nullptr && std::ranges::find(seen_, spread->fragment) != seen_.end()) continue;
    const ast::Value* at = nullptr;
    auto answer = rule_.includes(*selection, at);
    if (answer == InclusionRule::Answer::null) {
      null_condition_ = at;
      return;
    }
    if (answer == InclusionRule::Answer::no) continue;
    if (auto* field = ast::as_field(selection)) {
      add_field(*field);
    } else if (spread != nullptr) {
      seen_.push_back(spread->fragment);
      if (applies(spread->fragment->type)) add(spread->fragment->selection_set);
    } else if (auto* inline_fragment = ast::as_inline_fragment(selection)) {
      if (!inline_fragment->type_condition || applies(inline_fragment->type)) add(inline_fragment->selection_set);
    }
    if (null_condition_ != nullptr) return;
  }
}

void FieldCollection::copy(const Group& group, std::span<const ast::Field*> out) const {
  auto at = group.first;
  for (auto& slot : out) {
    slot = occurrences_[at].field;
    at = occurrences_[at].next;
  }
}

}  // namespace millrace::graphql
