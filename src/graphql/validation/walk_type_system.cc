// The walk over type-system definitions. A document that has any is invalid, but what else is wrong with it is told
// too, as graphql-js does.

#include "graphql/validation/rules.h"
#include "graphql/validation/walk.h"

namespace millrace::graphql {
namespace {

DirectiveLocation location_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::scalar: return DirectiveLocation::scalar;
    case TypeKind::object: return DirectiveLocation::object;
    case TypeKind::interface: return DirectiveLocation::interface;
    case TypeKind::union_of: return DirectiveLocation::union_of;
    case TypeKind::enumeration: return DirectiveLocation::enumeration;
    case TypeKind::input_object: return DirectiveLocation::input_object;
  }
  return DirectiveLocation::scalar;
}

void enter_directives(Walk& walk, const DirectiveSite& site) {
  for (auto rule : rule_calls().enter_directives) rule(walk, site);
}

}  // namespace

void Walk::walk_type_system(ast::Definition& node) {
  in_type_system_ = true;
  if (auto* schema = ast::as_schema(&node)) {
    enter_directives(*this, {schema->directives, DirectiveLocation::schema, schema});
    walk_directives(schema->directives, DirectiveLocation::schema);
    for (auto& operation : schema->operation_types) walk_type_name(operation.type);
  } else if (auto* type = ast::as_type(&node)) {
    walk_type_definition(*type);
  } else if (auto* directive = ast::as_directive(&node)) {
    walk_input_values(directive->arguments, DirectiveLocation::argument_definition);
  }
  in_type_system_ = false;
}

void Walk::walk_type_definition(ast::TypeDefinition& node) {
  enter_directives(*this, {node.directives, location_of(node.type_kind), &node});
  for (auto& interface : node.interfaces) walk_type_name(interface);
  walk_directives(node.directives, location_of(node.type_kind));
  for (auto& field : node.fields) {
    enter_directives(*this, {field.directives, DirectiveLocation::field_definition});
    walk_input_values(field.arguments, DirectiveLocation::argument_definition);
    walk_type(*field.type);
    walk_directives(field.directives, DirectiveLocation::field_definition);
  }
  for (auto& member : node.members) walk_type_name(member);
  for (auto& value : node.enum_values) {
    enter_directives(*this, {value.directives, DirectiveLocation::enum_value});
    walk_directives(value.directives, DirectiveLocation::enum_value);
  }
  // In an extension graphql-js takes the fields of an input object for arguments.
  walk_input_values(node.input_fields, node.extension ? DirectiveLocation::argument_definition
                                                      : DirectiveLocation::input_field_definition);
}

void Walk::walk_input_values(ast::List<ast::InputValueDefinition> list, DirectiveLocation location) {
  for (auto& value : list) {
    enter_directives(*this, {value.directives, location});
    walk_type(*value.type);
    if (value.default_value != nullptr) walk_value(*value.default_value, {}, false);
    walk_directives(value.directives, location);
  }
}

const ast::Directive* Walk::earlier_directive(const ast::Definition& definition, const ast::Directive& directive) {
  std::string key;
  if (definition.kind == ast::DefinitionKind::type)
    key.append(static_cast<const ast::TypeDefinition&>(definition).name.text);
  key.append("@").append(directive.name.text);
  auto number = seen_directive_names_.intern(arena_.copy(key));
  if (number < seen_directives_.size()) return seen_directives_[number];
  seen_directives_.push_back(&directive);
  return nullptr;
}

}  // namespace millrace::graphql
