#pragma once

// A validation rule: what it looks at on the walk over the document (walk.h). Rules keep no state of their own; what
// they must remember is the walk's. rules.cc lists them all.

#include <cstdint>
#include <span>
#include <string_view>

#include "graphql/language/ast.h"
#include "graphql/schema/schema.h"
#include "graphql/validation/report.h"

namespace millrace::graphql {

class Walk;
// A variable where it is used.
struct VariableUse {
  const ast::Value* node = nullptr;
  std::uint32_t name = 0;  // its number in the document
  TypeRef type{};          // without name when not known
  bool has_default = false;
  const NamedType* one_of = nullptr;  // the @oneOf object that it is the one field of, if it is
};

// What is expected where an input value stands.
struct InputPosition {
  TypeRef type{};                          // without name: not known, so nothing can be said about the value
  const NamedType* one_of = nullptr;       // the @oneOf object that the value is the one field of, if it is
  const InputValue* definition = nullptr;  // of the argument or input field itself; null for items of lists
};

// An input object's literal.
struct ObjectSite {
  const ast::Value& value;
  const NamedType* type = nullptr;         // input object, null when another type or none is expected
  bool checked = true;                     // false inside a value that is wrong as a whole
  std::span<const std::uint32_t> first{};  // per field the first of its name; empty when all names differ
};

// All directives on one part of the document.
struct DirectiveSite {
  ast::List<ast::Directive> directives{};
  DirectiveLocation location{};
  // The definition they are on when that can be written in several parts (`schema`, types, directives), else null.
  const ast::Definition* definition = nullptr;
};

// The variables of one operation.
struct OperationVariables {
  const ast::OperationDefinition& operation;
  Report::Place place = 0;  // where errors go
  // By number of the variable (Walk::variable_number()), null where the operation does not define it.
  std::span<const ast::VariableDefinition* const> definitions{};
  // In the operation itself, then in each fragment that it reaches.
  std::span<const std::span<const VariableUse>> uses{};
};

// "Enter" is before what is inside, "leave" after it. Null: not of interest.
struct Rule {
  std::string_view name{};            // that of the specification
  std::string_view reference_name{};  // that of graphql-js
  void (*enter_document)(Walk&, ast::Document&) = nullptr;
  void (*enter_operation)(Walk&, ast::OperationDefinition&) = nullptr;
  void (*enter_fragment)(Walk&, ast::FragmentDefinition&) = nullptr;
  void (*enter_variable)(Walk&, ast::VariableDefinition&) = nullptr;
  void (*enter_type_name)(Walk&, ast::Name) = nullptr;
  // Selection sets of fields, operations and fragments; those of inline fragments belong to the set around them.
  void (*enter_selection_set)(Walk&, ast::SelectionSet&) = nullptr;
  void (*enter_field)(Walk&, ast::Field&) = nullptr;
  void (*leave_field)(Walk&, ast::Field&) = nullptr;
  void (*enter_fragment_spread)(Walk&, ast::FragmentSpread&) = nullptr;
  void (*enter_inline_fragment)(Walk&, ast::InlineFragment&) = nullptr;
  void (*enter_directives)(Walk&, const DirectiveSite&) = nullptr;
  void (*enter_directive)(Walk&, ast::Directive&, DirectiveLocation) = nullptr;
  void (*leave_directive)(Walk&, ast::Directive&) = nullptr;
  // All arguments of a field or directive.
  void (*enter_arguments)(Walk&, ast::List<ast::Argument>) = nullptr;
  // Arguments of fields; those of directives are seen through the directive.
  void (*enter_field_argument)(Walk&, ast::Argument&) = nullptr;
  // Every value but variables, unless it is inside a value for which this was false.
  bool (*enter_value)(Walk&, const ast::Value&, const InputPosition&) = nullptr;
  void (*enter_object_field)(Walk&, const ObjectSite&, const ast::ObjectField&) = nullptr;
  // When the whole document has been seen, per operation.
  void (*check_variables)(Walk&, const OperationVariables&) = nullptr;
  // After that: what needs more than one definition is told here, at the places marked.
  void (*leave_document)(Walk&, ast::Document&) = nullptr;
};

}  // namespace millrace::graphql
