#include "graphql/validation/walk.h"

#include <utility>

#include "graphql/schema/suggestion.h"
#include "graphql/validation/rules.h"

namespace millrace::graphql {
namespace {

template <class Functions, class... Arguments>
void call(const Functions& functions, Arguments&&... arguments) {
  for (auto function : functions) function(arguments...);
}

DirectiveLocation location_of(ast::OperationKind kind) {
  switch (kind) {
    case ast::OperationKind::query: return DirectiveLocation::query;
    case ast::OperationKind::mutation: return DirectiveLocation::mutation;
    case ast::OperationKind::subscription: return DirectiveLocation::subscription;
  }
  return DirectiveLocation::query;
}

const NamedType* composite(const NamedType* type) {
  return type != nullptr && type->is_composite() ? type : nullptr;
}

}  // namespace

Walk::Walk(const Schema& schema, ast::Document& document, const ValidationOptions& options)
    : schema_(schema),
      document_(document),
      options_(options),
      report_(document.text(), options.errors_max),
      operation_names_(arena_),
      fragment_names_(arena_),
      variable_names_(arena_),
      type_names_(arena_),
      directive_names_(arena_),
      first_operations_(&arena_),
      first_fragments_(&arena_),
      last_fragments_(&arena_),
      directives_(&arena_),
      seen_directive_names_(arena_),
      parts_(&arena_),
      last_part_(&arena_),
      uses_(&arena_),
      merge_check_(arena_) {}

std::vector<GraphqlError> Walk::run() {
  index_definitions();
  call(rule_calls().enter_document, *this, document_);
  for (auto* definition : document_.definitions()) {
    if (auto* operation = ast::as_operation(definition))
      walk_operation(*operation);
    else if (auto* fragment = ast::as_fragment(definition))
      walk_fragment(*fragment);
    else
      walk_type_system(*definition);
  }
  index_spreads();
  check_variables();
  call(rule_calls().leave_document, *this, document_);
  return report_.empty() ? std::vector<GraphqlError>{} : report_.finish();
}

std::string Walk::suggestion(std::string_view name, std::span<const std::string_view> options) const {
  if (!options_.suggestions) return {};
  auto text = did_you_mean(name, options);
  return text.empty() ? text : " " + text;
}

// --- Operations and fragments ---------------------------------------------------------------------------------------

void Walk::walk_operation(ast::OperationDefinition& node) {
  auto& rules = rule_calls();
  auto index = parts_.size();
  parts_.push_back({.definition = &node, .selection_set = &node.selection_set});
  call(rules.enter_operation, *this, node);
  call(rules.enter_directives, *this, DirectiveSite{node.directives, location_of(node.operation)});
  for (auto& variable : node.variables) walk_variable(variable);
  parts_[index].uses_begin = static_cast<std::uint32_t>(uses_.size());
  walk_directives(node.directives, location_of(node.operation));
  walk_selections(node.selection_set, schema_.root(node.operation));
  parts_[index].uses_end = static_cast<std::uint32_t>(uses_.size());
  parts_[index].place = report_.mark();
}

void Walk::walk_fragment(ast::FragmentDefinition& node) {
  auto& rules = rule_calls();
  auto index = parts_.size();
  auto number = fragment_number(node.name.text);
  parts_.push_back({.definition = &node, .selection_set = &node.selection_set, .fragment = number});
  last_part_[number] = static_cast<std::uint32_t>(index);
  parts_[index].uses_begin = static_cast<std::uint32_t>(uses_.size());
  call(rules.enter_fragment, *this, node);
  parts_[index].place = report_.mark();
  call(rules.enter_directives, *this, DirectiveSite{node.directives, DirectiveLocation::fragment_definition});
  walk_type_name(node.type_condition);
  auto* type = schema_.type(node.type_condition.text);
  if (type != nullptr && !type->is_output()) type = nullptr;
  walk_directives(node.directives, DirectiveLocation::fragment_definition);
  walk_selections(node.selection_set, type);
  parts_[index].uses_end = static_cast<std::uint32_t>(uses_.size());
}

void Walk::walk_variable(ast::VariableDefinition& node) {
  call(rule_calls().enter_variable, *this, node);
  call(rule_calls().enter_directives, *this, DirectiveSite{node.directives, DirectiveLocation::variable_definition});
  walk_type(*node.type);
  if (node.default_value != nullptr) {
    auto type = schema_.resolve(*node.type);
    InputPosition position;
    if (type && type->named->is_input()) position.type = *type;
    walk_value(*node.default_value, position, true);
  }
  walk_directives(node.directives, DirectiveLocation::variable_definition);
}

void Walk::walk_type(const ast::Type& node) {
  walk_type_name(node.inner());
}

void Walk::walk_type_name(ast::Name name) {
  call(rule_calls().enter_type_name, *this, name);
}

// --- Selections -----------------------------------------------------------------------------------------------------

// `type` is of what the set is on, of any kind.
void Walk::walk_selections(ast::SelectionSet& set, const NamedType* type, Around around) {
  auto* outer_parent = std::exchange(parent_, composite(type));
  auto* outer_type = std::exchange(type_, type);
  if (around == Around::other) call(rule_calls().enter_selection_set, *this, set);
  for (auto* selection : set) {
    switch (selection->kind) {
      case ast::SelectionKind::field: walk_field(static_cast<ast::Field&>(*selection)); break;
      case ast::SelectionKind::fragment_spread:
        walk_fragment_spread(static_cast<ast::FragmentSpread&>(*selection));
        break;
      case ast::SelectionKind::inline_fragment:
        walk_inline_fragment(static_cast<ast::InlineFragment&>(*selection));
        break;
    }
  }
  type_ = outer_type;
  parent_ = outer_parent;
}

void Walk::walk_field(ast::Field& node) {
  auto& rules = rule_calls();
  node.definition = parent_ != nullptr ? schema_.field(*parent_, node.name.text) : nullptr;
  auto* outer = std::exchange(field_, node.definition);
  merge_check_.note(node);
  call(rules.enter_field, *this, node);
  if (!node.directives.empty())
    call(rules.enter_directives, *this, DirectiveSite{node.directives, DirectiveLocation::field});
  if (!node.arguments.empty()) call(rules.enter_arguments, *this, node.arguments);
  for (auto& argument : node.arguments) {
    argument.definition = field_ != nullptr ? field_->argument(argument.name.text) : nullptr;
    call(rules.enter_field_argument, *this, argument);
    InputPosition position{.definition = argument.definition};
    if (argument.definition != nullptr) position.type = argument.definition->type;
    walk_value(argument.value, position, true);
  }
  walk_directives(node.directives, DirectiveLocation::field);
  if (node.selection_set.present) walk_selections(node.selection_set, field_ != nullptr ? field_->type.named : nullptr);
  call(rules.leave_field, *this, node);
  field_ = outer;
}

void Walk::walk_fragment_spread(ast::FragmentSpread& node) {
  ++spread_count_;
  auto number = fragment_number(node.name.text);
  node.fragment = number != NameTable::none ? last_fragments_[number] : nullptr;
  call(rule_calls().enter_fragment_spread, *this, node);
  if (!node.directives.empty())
    call(rule_calls().enter_directives, *this, DirectiveSite{node.directives, DirectiveLocation::fragment_spread});
  walk_directives(node.directives, DirectiveLocation::fragment_spread);
}

void Walk::walk_inline_fragment(ast::InlineFragment& node) {
  auto* type = type_;
  if (node.type_condition) {
    type = schema_.type(node.type_condition.text);
    if (type != nullptr && !type->is_output()) type = nullptr;
  }
  node.type = composite(type);
  call(rule_calls().enter_inline_fragment, *this, node);
  if (!node.directives.empty())
    call(rule_calls().enter_directives, *this, DirectiveSite{node.directives, DirectiveLocation::inline_fragment});
  if (node.type_condition) walk_type_name(node.type_condition);
  walk_directives(node.directives, DirectiveLocation::inline_fragment);
  walk_selections(node.selection_set, type, Around::inline_fragment);
}

// --- Directives and values ------------------------------------------------------------------------------------------

void Walk::walk_directives(ast::List<ast::Directive> directives, DirectiveLocation location) {
  for (auto& directive : directives) walk_directive(directive, location);
}

void Walk::walk_directive(ast::Directive& node, DirectiveLocation location) {
  node.definition = schema_.directive(node.name.text);
  call(rule_calls().enter_directive, *this, node, location);
  if (!node.arguments.empty()) call(rule_calls().enter_arguments, *this, node.arguments);
  for (auto& argument : node.arguments) {
    // Arguments of an unknown directive are read as those of the field around it, as graphql-js does.
    if (node.definition != nullptr)
      argument.definition = node.definition->argument(argument.name.text);
    else
      argument.definition = field_ != nullptr ? field_->argument(argument.name.text) : nullptr;
    InputPosition position{.definition = argument.definition};
    if (argument.definition != nullptr) position.type = argument.definition->type;
    walk_value(argument.value, position, true);
  }
  call(rule_calls().leave_directive, *this, node);
}

void Walk::walk_value(const ast::Value& node, const InputPosition& position, bool checked) {
  if (node.kind == ast::ValueKind::variable) return note_use(node, position);
  if (node.kind == ast::ValueKind::list) return walk_list(node, position, checked);
  if (checked)
    for (auto check : rule_calls().enter_value) checked &= check(*this, node, position);
  if (node.kind == ast::ValueKind::object) walk_object(node, position, checked);
}

void Walk::walk_list(const ast::Value& node, const InputPosition& position, bool checked) {
  if (checked)
    for (auto check : rule_calls().enter_value) checked &= check(*this, node, position);
  InputPosition item;
  if (position.type.is_list()) {
    item.type = position.type.item();
  } else if (position.type) {
    // Wrong as a whole; graphql-js reads variables inside as if the list were not there.
    item.type = position.type.nullable();
    if (position.type.named->one_of && !position.type.is_non_null()) item.one_of = position.type.named;
  }
  for (auto& value : node.items) walk_value(value, item, checked);
}

void Walk::walk_object(const ast::Value& node, const InputPosition& position, bool checked) {
  auto* type = position.type.named;
  ObjectSite site{.value = node, .checked = checked};
  if (type != nullptr && type->kind == TypeKind::input_object) site.type = type;
  site.first = first_of_same_name(node.fields, arena_, [](auto& field) { return field.name.text; });
  for (auto& field : node.fields) {
    field.definition = site.type != nullptr ? site.type->input_field(field.name.text) : nullptr;
    call(rule_calls().enter_object_field, *this, site, field);
    InputPosition inside{.definition = field.definition};
    if (site.type != nullptr && site.type->one_of) inside.one_of = site.type;
    if (field.definition != nullptr) inside.type = field.definition->type;
    walk_value(field.value, inside, checked);
  }
}

void Walk::note_use(const ast::Value& node, const InputPosition& position) {
  VariableUse use{.node = &node, .name = variable_names_.intern(node.text), .type = position.type};
  use.has_default = position.definition != nullptr && position.definition->has_default();
  use.one_of = position.one_of;
  uses_.push_back(use);
}

}  // namespace millrace::graphql
