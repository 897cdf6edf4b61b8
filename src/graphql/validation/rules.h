#pragma once

// All rules, in the order of graphql-js, and per hook those that have it.

#include <span>
#include <vector>

#include "graphql/validation/rule.h"

namespace millrace::graphql {

std::span<const Rule* const> rules();

// The functions of one hook, in the order of the rules.
template <class Function>
using Calls = std::vector<Function>;

struct RuleCalls {
  Calls<decltype(Rule::enter_document)> enter_document{};
  Calls<decltype(Rule::enter_operation)> enter_operation{};
  Calls<decltype(Rule::enter_fragment)> enter_fragment{};
  Calls<decltype(Rule::enter_variable)> enter_variable{};
  Calls<decltype(Rule::enter_type_name)> enter_type_name{};
  Calls<decltype(Rule::enter_selection_set)> enter_selection_set{};
  Calls<decltype(Rule::enter_field)> enter_field{};
  Calls<decltype(Rule::leave_field)> leave_field{};
  Calls<decltype(Rule::enter_fragment_spread)> enter_fragment_spread{};
  Calls<decltype(Rule::enter_inline_fragment)> enter_inline_fragment{};
  Calls<decltype(Rule::enter_directives)> enter_directives{};
  Calls<decltype(Rule::enter_directive)> enter_directive{};
  Calls<decltype(Rule::leave_directive)> leave_directive{};
  Calls<decltype(Rule::enter_arguments)> enter_arguments{};
  Calls<decltype(Rule::enter_field_argument)> enter_field_argument{};
  Calls<decltype(Rule::enter_value)> enter_value{};
  Calls<decltype(Rule::enter_object_field)> enter_object_field{};
  Calls<decltype(Rule::check_variables)> check_variables{};
  Calls<decltype(Rule::leave_document)> leave_document{};
};

const RuleCalls& rule_calls();

}  // namespace millrace::graphql
