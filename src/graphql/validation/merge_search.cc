#include "graphql/validation/merge_search.h"

#include <algorithm>
#include <utility>

namespace millrace::graphql {
namespace {

bool are_exclusive(const NamedType* one, const NamedType* other) {
  return one != other && one != nullptr && other != nullptr && one->kind == TypeKind::object &&
         other->kind == TypeKind::object;
}

// `node`, then the fields of one side of what conflicts below it, up to `count_max` in all.
template <class Conflicts, class Side>
std::vector<ast::Field*> gather_nodes(ast::Field* node, const Conflicts& conflicts, Side side, std::size_t count_max) {
  std::vector<ast::Field*> nodes{node};
  for (auto& conflict : conflicts) {
    auto& below = conflict.*side;
    auto room = std::min(count_max - nodes.size(), below.size());
    nodes.insert(nodes.end(), below.end() - static_cast<std::ptrdiff_t>(room), below.end());
    if (nodes.size() == count_max) break;
  }
  return nodes;
}

}  // namespace

void MergeSearch::run() {
  mark_fields();
  auto added_before = walk_.report().added_later();
  for (auto& site : walk_.merge_check().sites()) {
    search(site);
    if (exhausted_) return walk_.report().abort_at(site.place);
    if (walk_.report().added_later() - added_before >= walk_.report().enough()) return;
  }
}

// --- What is worth comparing ----------------------------------------------------------------------------------------

bool MergeSearch::is_ambiguous(const ast::Field& field) const {
  auto& check = walk_.merge_check();
  return check.is_ambiguous(check.names().find(field.response_name().text));
}

bool MergeSearch::has_ambiguous_name(const ast::SelectionSet& set) const {
  for (auto* selection : set) {
    if (auto* field = ast::as_field(selection)) {
      if (is_ambiguous(*field) || has_ambiguous_name(field->selection_set)) return true;
    } else if (auto* fragment = ast::as_inline_fragment(selection)) {
      if (has_ambiguous_name(fragment->selection_set)) return true;
    }
  }
  return false;
}

// First the fragments, against the direction of the spreads, then the fields.
void MergeSearch::mark_fields() {
  auto count = walk_.fragment_count();
  fragment_marked_.assign(count, false);
  std::vector<std::vector<std::uint32_t>> users(count);
  std::vector<std::uint32_t> marked;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto& part = walk_.fragment(i);
    for (auto& spread : part.spreads)
      if (spread.fragment != NameTable::none) users[spread.fragment].push_back(i);
    if (!has_ambiguous_name(*part.selection_set)) continue;
    fragment_marked_[i] = true;
    marked.push_back(i);
  }
  while (!marked.empty()) {
    auto number = marked.back();
    marked.pop_back();
    for (auto user : users[number]) {
      if (fragment_marked_[user]) continue;
      fragment_marked_[user] = true;
      marked.push_back(user);
    }
  }
  for (auto& part : walk_.parts()) mark_fields(*part.selection_set);
}

bool MergeSearch::mark_fields(ast::SelectionSet& set) {
  bool any = false;
  for (auto* selection : set) {
    if (auto* field = ast::as_field(selection)) {
      bool below = mark_fields(field->selection_set);
      if (!below && !is_ambiguous(*field)) continue;
      marked_.insert(field);
      any = true;
    } else if (auto* fragment = ast::as_inline_fragment(selection)) {
      any |= mark_fields(fragment->selection_set);
    } else {
      auto number = walk_.fragment_number(ast::as_fragment_spread(selection)->name.text);
      any |= number != NameTable::none && fragment_marked_[number];
    }
  }
  return any;
}

// --- Fields of selection sets ---------------------------------------------------------------------------------------

MergeSearch::Collection& MergeSearch::collect(const NamedType* parent, ast::SelectionSet& set) {
  auto& known = collection_of_[{parent, &set}];
  if (known == nullptr) {
    known = &collections_.emplace_back();
    collect_into(*known, parent, set);
  }
  return *known;
}

MergeSearch::Collection& MergeSearch::collect_fragment(std::uint32_t fragment) {
  auto& definition = walk_.fragment_definition(fragment);
  return collect(walk_.schema().type(definition.type_condition.text), definition.selection_set);
}

void MergeSearch::collect_into(Collection& collection, const NamedType* parent, ast::SelectionSet& set) {
  for (auto* selection : set) {
    if (auto* field = ast::as_field(selection)) {
      if (!marked_.contains(field)) continue;
      auto name = walk_.merge_check().names().find(field->response_name().text);
      auto [group, is_new] =
          collection.group_of.try_emplace(name, static_cast<std::uint32_t>(collection.groups.size()));
      if (is_new) collection.groups.push_back({.name = name});
      auto* definition = parent != nullptr ? parent->field(field->name.text) : nullptr;
      collection.groups[group->second].entries.push_back({field, parent, definition ? definition->type : TypeRef{}});
    } else if (auto* fragment = ast::as_inline_fragment(selection)) {
      auto* type = fragment->type_condition ? walk_.schema().type(fragment->type_condition.text) : parent;
      collect_into(collection, type, fragment->selection_set);
    } else {
      auto number = walk_.fragment_number(ast::as_fragment_spread(selection)->name.text);
      if (number == NameTable::none || !fragment_marked_[number]) continue;
      if (std::ranges::find(collection.fragments, number) == collection.fragments.end())
        collection.fragments.push_back(number);
    }
  }
}

// --- Comparing ------------------------------------------------------------------------------------------------------

void MergeSearch::search(const MergeSite& site) {
  Conflicts conflicts{.kept_max = walk_.report().enough()};
  auto& fields = collect(site.parent, *site.set);
  search_within(fields, conflicts);
  for (std::size_t i = 0; i < fields.fragments.size(); ++i) {
    compare_with_fragment(fields, fields.fragments[i], false, conflicts);
    for (auto j = i + 1; j < fields.fragments.size(); ++j)
      compare_fragments(fields.fragments[i], fields.fragments[j], false, conflicts);
    if (exhausted_ || conflicts.full()) break;
  }
  if (!exhausted_)
    for (auto& conflict : conflicts.first) report(site, conflict);
}

void MergeSearch::search_within(const Collection& fields, Conflicts& conflicts) {
  for (auto& group : fields.groups) {
    for (std::size_t i = 0; i < group.entries.size(); ++i) {
      for (auto j = i + 1; j < group.entries.size(); ++j) {
        compare_fields(group.entries[i], group.entries[j], false, conflicts);
        if (exhausted_ || conflicts.full()) return;
      }
    }
  }
}

void MergeSearch::compare(const Collection& one, const Collection& other, bool exclusive, Conflicts& conflicts) {
  for (auto& group : one.groups) {
    spend(1);
    auto* same_name = other.find(group.name);
    if (same_name == nullptr) continue;
    for (auto& left : group.entries) {
      for (auto& right : same_name->entries) {
        compare_fields(left, right, exclusive, conflicts);
        if (exhausted_) return;
      }
    }
  }
}

void MergeSearch::compare_with_fragment(Collection& fields, std::uint32_t fragment, bool exclusive,
                                        Conflicts& conflicts) {
  Level level(*this);
  spend(1);
  if (exhausted_ || fields.groups.empty()) return;
  auto [known, is_new] = fields.compared.try_emplace(fragment, exclusive);
  if (!is_new && (exclusive || !known->second)) return;
  known->second = exclusive;
  auto& inside = collect_fragment(fragment);
  if (&inside == &fields) return;
  compare(fields, inside, exclusive, conflicts);
  for (auto nested : inside.fragments) compare_with_fragment(fields, nested, exclusive, conflicts);
}

void MergeSearch::compare_fragments(std::uint32_t one, std::uint32_t other, bool exclusive, Conflicts& conflicts) {
  Level level(*this);
  spend(2);
  if (exhausted_ || one == other) return;
  auto key = std::uint64_t{std::min(one, other)} << 32 | std::max(one, other);
  auto [known, is_new] = compared_fragments_.try_emplace(key, exclusive);
  if (!is_new && (exclusive || !known->second)) return;
  known->second = exclusive;
  auto& left = collect_fragment(one);
  auto& right = collect_fragment(other);
  compare(left, right, exclusive, conflicts);
  for (auto nested : right.fragments) compare_fragments(one, nested, exclusive, conflicts);
  for (auto nested : left.fragments) compare_fragments(nested, other, exclusive, conflicts);
}

void MergeSearch::compare_sets(Collection& one, Collection& other, bool exclusive, Conflicts& conflicts) {
  compare(one, other, exclusive, conflicts);
  for (auto fragment : other.fragments) compare_with_fragment(one, fragment, exclusive, conflicts);
  for (auto fragment : one.fragments) compare_with_fragment(other, fragment, exclusive, conflicts);
  for (auto left : one.fragments)
    for (auto right : other.fragments) compare_fragments(left, right, exclusive, conflicts);
}

void MergeSearch::compare_fields(const Entry& one, const Entry& other, bool exclusive, Conflicts& conflicts) {
  spend(2);
  if (exhausted_) return;
  exclusive |= are_exclusive(one.parent, other.parent);
  auto add = [&](Reason reason) { conflicts.add({reason, one, other, {one.node}, {other.node}}); };
  if (!exclusive) {
    if (one.node->name.text != other.node->name.text) return add(Reason::different_fields);
    spend(one.node->arguments.size());
    if (!same_arguments(*one.node, *other.node)) return add(Reason::different_arguments);
  }
  if (one.type && other.type && !same_shape(one.type, other.type)) return add(Reason::different_types);
  if (one.node->selection_set.present && other.node->selection_set.present)
    compare_selections(one, other, exclusive, conflicts);
}

void MergeSearch::compare_selections(const Entry& one, const Entry& other, bool exclusive, Conflicts& conflicts) {
  Level level(*this);
  if (exhausted_) return;
  Conflicts below;
  compare_sets(collect(one.type.named, one.node->selection_set), collect(other.type.named, other.node->selection_set),
               exclusive, below);
  if (below.first.empty()) return;
  auto& deepest = below.first.front();
  conflicts.add({deepest.reason, deepest.deepest_one, deepest.deepest_other,
                 gather_nodes(one.node, below.first, &Conflict::one, nodes_max),
                 gather_nodes(other.node, below.first, &Conflict::other, nodes_max)});
}

// --- Telling --------------------------------------------------------------------------------------------------------

void MergeSearch::report(const MergeSite& site, const Conflict& conflict) {
  std::vector<std::uint32_t> offsets;
  for (auto* node : conflict.one) offsets.push_back(node->offset);
  for (auto* node : conflict.other) offsets.push_back(node->offset);
  auto& one = conflict.deepest_one;
  auto& other = conflict.deepest_other;
  auto name = one.node->response_name().text;
  std::string why;
  switch (conflict.reason) {
    case Reason::different_fields:
      why = "\" would be both \"" + std::string(one.node->name.text) + "\" and \"" +
            std::string(other.node->name.text) + "\"";
      break;
    case Reason::different_arguments: why = "\" would be one field with different arguments"; break;
    case Reason::different_types:
      why = "\" would be both of type \"" + to_string(one.type) + "\" and \"" + to_string(other.type) + "\"";
      break;
  }
  auto outer = conflict.one.front()->response_name().text;
  bool nested = conflict.one.size() > 1;
  walk_.report().add_at(site.place,
                        {"\"", name, why, nested ? ", in \"" : "", nested ? outer : "", nested ? "\"" : "",
                         ". Give the fields different aliases."},
                        offsets);
}

}  // namespace millrace::graphql
