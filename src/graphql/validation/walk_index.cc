// What the walk knows of the document as a whole: its definitions by name, and which fragments lead to which.

#include "graphql/validation/rules.h"
#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

// The spreads of a selection set, in the order in which graphql-js follows them: its own, then those of the sets below
// it, the last set first.
void gather_spreads(ast::SelectionSet& root, const Walk& walk, std::vector<Spread>& out) {
  std::vector<ast::SelectionSet*> sets{&root};
  while (!sets.empty()) {
    auto* set = sets.back();
    sets.pop_back();
    for (auto* selection : *set) {
      if (auto* spread = ast::as_fragment_spread(selection)) {
        out.push_back({spread, spread->fragment ? walk.fragment_number(spread->name.text) : NameTable::none});
      } else if (auto* fragment = ast::as_inline_fragment(selection)) {
        sets.push_back(&fragment->selection_set);
      } else if (auto* field = ast::as_field(selection); field->selection_set.present) {
        sets.push_back(&field->selection_set);
      }
    }
  }
}

}  // namespace

void Walk::index_definitions() {
  for (auto* definition : document_.definitions()) {
    if (auto* operation = ast::as_operation(definition)) {
      ++operation_count_;
      if (operation->name && operation_names_.intern(operation->name.text) == first_operations_.size())
        first_operations_.push_back(operation);
    } else if (auto* fragment = ast::as_fragment(definition)) {
      auto* type = schema_.type(fragment->type_condition.text);
      fragment->type = type != nullptr && type->is_composite() ? type : nullptr;
      auto number = fragment_names_.intern(fragment->name.text);
      if (number == first_fragments_.size()) {
        first_fragments_.push_back(fragment);
        last_fragments_.push_back(fragment);
      }
      last_fragments_[number] = fragment;
    } else {
      has_type_system_ = true;
      if (auto* directive = ast::as_directive(definition)) {
        auto number = directive_names_.intern(directive->name.text);
        if (number == directives_.size()) directives_.push_back(directive);
        directives_[number] = directive;
      } else if (auto* type = ast::as_type(definition); type != nullptr && !type->extension) {
        type_names_.intern(type->name.text);
      }
    }
  }
  last_part_.resize(fragment_names_.size());
}

void Walk::index_spreads() {
  if (spread_count_ == 0) return;
  std::vector<Spread> spreads;
  for (auto& part : parts_) {
    spreads.clear();
    gather_spreads(*part.selection_set, *this, spreads);
    part.spreads = arena_.copy_array<Spread>(std::span<const Spread>(spreads));
  }
}

void Walk::check_variables() {
  for (auto& part : parts_)
    if (part.operation() != nullptr)
      for (auto& variable : part.operation()->variables) variable_names_.intern(variable.name.text);
  if (variable_names_.size() == 0) return;
  std::vector<const ast::VariableDefinition*> definitions(variable_names_.size());
  std::vector<std::span<const VariableUse>> used;
  auto added_before = report_.added_later();
  for (auto& part : parts_) {
    if (part.operation() == nullptr) continue;
    for (auto& variable : part.operation()->variables) definitions[variable_number(variable.name.text)] = &variable;
    used.assign(1, uses(part));
    auto* start = &part;
    for (auto number : reachable_fragments({&start, 1})) used.push_back(uses(fragment(number)));
    for (auto check : rule_calls().check_variables) check(*this, {*part.operation(), part.place, definitions, used});
    for (auto& variable : part.operation()->variables) definitions[variable_number(variable.name.text)] = nullptr;
    if (report_.added_later() - added_before >= report_.enough()) return;
  }
}

const ast::OperationDefinition& Walk::first_operation(std::string_view name) const {
  return *first_operations_[operation_names_.find(name)];
}

const ast::FragmentDefinition& Walk::first_fragment(std::string_view name) const {
  return *first_fragments_[fragment_names_.find(name)];
}

const ast::DirectiveDefinition* Walk::defined_directive(std::string_view name) const {
  auto number = directive_names_.find(name);
  return number == NameTable::none ? nullptr : directives_[number];
}

std::vector<std::uint32_t> Walk::reachable_fragments(std::span<const Part* const> from) const {
  std::vector<std::uint32_t> reached;
  if (spread_count_ == 0) return reached;
  std::vector<bool> seen(fragment_count());
  auto follow = [&](const Part& part) {
    for (auto& spread : part.spreads) {
      if (spread.fragment == NameTable::none || seen[spread.fragment]) continue;
      seen[spread.fragment] = true;
      reached.push_back(spread.fragment);
    }
  };
  for (auto* part : from) follow(*part);
  for (std::size_t i = 0; i < reached.size(); ++i) follow(fragment(reached[i]));
  return reached;
}

}  // namespace millrace::graphql
