#include <array>
#include <fmt/format.h>
#include <utility>

#include "graphql/language/parser_state.h"

namespace millrace::graphql {

using namespace ast;

namespace {

constexpr std::array<std::pair<std::string_view, TypeKind>, 6> type_keywords{{
    {"type", TypeKind::object},
    {"interface", TypeKind::interface},
    {"union", TypeKind::union_of},
    {"enum", TypeKind::enumeration},
    {"input", TypeKind::input_object},
    {"scalar", TypeKind::scalar},
}};

}  // namespace

Definition* Parser::parse_type_system(std::string_view keyword, const ast::Value* description, std::uint32_t offset) {
  if (keyword == "schema") return parse_schema(description, offset, false);
  if (keyword == "directive") return parse_directive_definition(description, offset);
  for (auto& [word, kind] : type_keywords)
    if (keyword == word) return parse_type_definition(kind, description, offset, false);
  return nullptr;
}

Definition* Parser::parse_extension() {
  const auto offset = token().offset;
  expect_keyword("extend");
  if (at_keyword("schema")) return parse_schema(nullptr, offset, true);
  for (auto& [word, kind] : type_keywords)
    if (at_keyword(word)) return parse_type_definition(kind, nullptr, offset, true);
  fail_unexpected();
  return nullptr;
}

Definition* Parser::parse_schema(const ast::Value* description, std::uint32_t offset, bool extension) {
  auto* schema = arena_.make<SchemaDefinition>();
  schema->kind = DefinitionKind::schema;
  schema->offset = offset;
  schema->description = description;
  schema->extension = extension;
  expect_keyword("schema");
  schema->directives = parse_directives(Constness::constant);
  if (!extension && !at(TokenKind::brace_left)) expect(TokenKind::brace_left);
  schema->operation_types = optional_many<OperationTypeDefinition>(
      TokenKind::brace_left, [this] { return parse_operation_type(); }, TokenKind::brace_right);
  if (extension && schema->directives.empty() && schema->operation_types.empty()) fail_unexpected();
  return schema;
}

OperationTypeDefinition Parser::parse_operation_type() {
  OperationTypeDefinition type;
  type.offset = token().offset;
  type.operation = parse_operation_kind();
  expect(TokenKind::colon);
  type.type = parse_name();
  return type;
}

Definition* Parser::parse_type_definition(TypeKind kind, const ast::Value* description, std::uint32_t offset,
                                          bool extension) {
  auto* type = arena_.make<TypeDefinition>();
  type->kind = DefinitionKind::type;
  type->offset = offset;
  type->description = description;
  type->type_kind = kind;
  type->extension = extension;
  lexer_.next();  // the keyword
  type->name = parse_name();
  const bool has_fields = kind == TypeKind::object || kind == TypeKind::interface;
  if (has_fields && take_keyword("implements"))
    type->interfaces = delimited<Name>(TokenKind::ampersand, [this] { return parse_name(); });
  type->directives = parse_directives(Constness::constant);
  if (has_fields) {
    type->fields = optional_many<FieldDefinition>(
        TokenKind::brace_left, [this] { return parse_field_definition(); }, TokenKind::brace_right);
  } else if (kind == TypeKind::union_of) {
    if (take(TokenKind::equals)) type->members = delimited<Name>(TokenKind::pipe, [this] { return parse_name(); });
  } else if (kind == TypeKind::enumeration) {
    type->enum_values = optional_many<EnumValueDefinition>(
        TokenKind::brace_left, [this] { return parse_enum_value(); }, TokenKind::brace_right);
  } else if (kind == TypeKind::input_object) {
    type->input_fields = optional_many<InputValueDefinition>(
        TokenKind::brace_left, [this] { return parse_input_value(); }, TokenKind::brace_right);
  }
  const bool adds_nothing = type->interfaces.empty() && type->directives.empty() && type->fields.empty() &&
                            type->members.empty() && type->enum_values.empty() && type->input_fields.empty();
  if (extension && adds_nothing) fail_unexpected();
  return type;
}

FieldDefinition Parser::parse_field_definition() {
  FieldDefinition field;
  field.offset = token().offset;
  field.description = parse_description();
  field.name = parse_name();
  field.arguments = optional_many<InputValueDefinition>(
      TokenKind::paren_left, [this] { return parse_input_value(); }, TokenKind::paren_right);
  expect(TokenKind::colon);
  field.type = parse_type();
  field.directives = parse_directives(Constness::constant);
  return field;
}

InputValueDefinition Parser::parse_input_value() {
  InputValueDefinition value;
  value.offset = token().offset;
  value.description = parse_description();
  value.name = parse_name();
  expect(TokenKind::colon);
  value.type = parse_type();
  value.default_value = parse_default();
  value.directives = parse_directives(Constness::constant);
  return value;
}

EnumValueDefinition Parser::parse_enum_value() {
  EnumValueDefinition value;
  value.offset = token().offset;
  value.description = parse_description();
  if (at_keyword("true") || at_keyword("false") || at_keyword("null"))
    lexer_.fail(token().offset, fmt::format("{} cannot be an enum value.", describe(token())));
  value.name = parse_name();
  value.directives = parse_directives(Constness::constant);
  return value;
}

Definition* Parser::parse_directive_definition(const ast::Value* description, std::uint32_t offset) {
  auto* directive = arena_.make<DirectiveDefinition>();
  directive->kind = DefinitionKind::directive;
  directive->offset = offset;
  directive->description = description;
  expect_keyword("directive");
  expect(TokenKind::at);
  directive->name = parse_name();
  directive->arguments = optional_many<InputValueDefinition>(
      TokenKind::paren_left, [this] { return parse_input_value(); }, TokenKind::paren_right);
  directive->repeatable = take_keyword("repeatable");
  expect_keyword("on");
  directive->locations = delimited<Name>(TokenKind::pipe, [this] { return parse_directive_location(); });
  return directive;
}

Name Parser::parse_directive_location() {
  const Token location = token();
  const auto name = parse_name();
  if (!failed() && !directive_location(name.text)) fail_unexpected(location);
  return name;
}

}  // namespace millrace::graphql
