#include "graphql/validation/rules.h"

namespace millrace::graphql {

// One file of rules/ each.
extern const Rule all_variable_usages_allowed, all_variable_uses_defined, all_variables_used, argument_names,
    argument_uniqueness, directives_are_defined, directives_are_unique, executable_definitions, field_selection_merging,
    field_selections, fragment_cycles, fragment_name_uniqueness, fragment_spread_is_possible, fragment_spread_target,
    fragments_must_be_used, fragments_on_composite_types, input_field_uniqueness, introspection_allowed,
    leaf_field_selections, lone_anonymous_operation, max_introspection_depth, operation_name_uniqueness,
    operation_type_existence, required_arguments, single_root_field, type_names, values_of_correct_type,
    variable_uniqueness, variables_are_input_types;

namespace {

constexpr const Rule* table[] = {
    &executable_definitions,
    &operation_type_existence,
    &operation_name_uniqueness,
    &lone_anonymous_operation,
    &single_root_field,
    &type_names,
    &fragments_on_composite_types,
    &variables_are_input_types,
    &leaf_field_selections,
    &field_selections,
    &fragment_name_uniqueness,
    &fragment_spread_target,
    &fragments_must_be_used,
    &fragment_spread_is_possible,
    &fragment_cycles,
    &variable_uniqueness,
    &all_variable_uses_defined,
    &all_variables_used,
    &directives_are_defined,
    &directives_are_unique,
    &argument_names,
    &argument_uniqueness,
    &values_of_correct_type,
    &required_arguments,
    &all_variable_usages_allowed,
    &field_selection_merging,
    &input_field_uniqueness,
    &max_introspection_depth,
    &introspection_allowed,
};

template <auto hook, class Function>
void gather(Calls<Function>& calls) {
  for (auto* rule : table)
    if (rule->*hook != nullptr) calls.push_back(rule->*hook);
}

RuleCalls gather_all() {
  RuleCalls calls;
  gather<&Rule::enter_document>(calls.enter_document);
  gather<&Rule::enter_operation>(calls.enter_operation);
  gather<&Rule::enter_fragment>(calls.enter_fragment);
  gather<&Rule::enter_variable>(calls.enter_variable);
  gather<&Rule::enter_type_name>(calls.enter_type_name);
  gather<&Rule::enter_selection_set>(calls.enter_selection_set);
  gather<&Rule::enter_field>(calls.enter_field);
  gather<&Rule::leave_field>(calls.leave_field);
  gather<&Rule::enter_fragment_spread>(calls.enter_fragment_spread);
  gather<&Rule::enter_inline_fragment>(calls.enter_inline_fragment);
  gather<&Rule::enter_directives>(calls.enter_directives);
  gather<&Rule::enter_directive>(calls.enter_directive);
  gather<&Rule::leave_directive>(calls.leave_directive);
  gather<&Rule::enter_arguments>(calls.enter_arguments);
  gather<&Rule::enter_field_argument>(calls.enter_field_argument);
  gather<&Rule::enter_value>(calls.enter_value);
  gather<&Rule::enter_object_field>(calls.enter_object_field);
  gather<&Rule::check_variables>(calls.check_variables);
  gather<&Rule::leave_document>(calls.leave_document);
  return calls;
}

}  // namespace

std::span<const Rule* const> rules() {
  return table;
}

const RuleCalls& rule_calls() {
  static const RuleCalls calls = gather_all();
  return calls;
}

}  // namespace millrace::graphql
