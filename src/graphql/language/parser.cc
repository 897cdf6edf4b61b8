#include "graphql/language/parser.h"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "graphql/language/parser_state.h"

namespace millrace::graphql {

using namespace ast;

void throw_exception_from_error(const SyntaxError& error, const boost::source_location& where) {
  throw std::runtime_error(
      fmt::format("{} (at byte {}; {}:{})", error.message, error.offset, where.file_name(), where.line()));
}

void Parser::enter() {
  if (++depth_ > options_.limits.depth_max)
    lexer_.fail(token().offset, fmt::format("The document nests deeper than {} levels.", options_.limits.depth_max),
                true);
}

void Parser::expect(TokenKind kind) {
  if (!take(kind) && !failed())
    lexer_.fail(token().offset, fmt::format("Expected {}, found {}.", describe(kind), describe(token())));
}

void Parser::expect_keyword(std::string_view word) {
  if (!take_keyword(word) && !failed())
    lexer_.fail(token().offset, fmt::format("Expected \"{}\", found {}.", word, describe(token())));
}

void Parser::fail_unexpected(const Token& token) {
  if (!failed()) lexer_.fail(token.offset, fmt::format("Unexpected {}.", describe(token)));
}

List<Definition*> Parser::parse_document() {
  return many_until<Definition*>([this] { return parse_definition(); }, TokenKind::end);
}

const ast::Value* Parser::parse_whole_value() {
  auto* value = arena_.make<ast::Value>(parse_value(Constness::constant));
  expect(TokenKind::end);
  return value;
}

const Type* Parser::parse_whole_type() {
  auto* type = parse_type();
  expect(TokenKind::end);
  return type;
}

Definition* Parser::parse_definition() {
  if (at(TokenKind::brace_left)) return parse_shorthand();
  const auto offset = token().offset;
  const auto* description = parse_description();
  if (at(TokenKind::name)) return parse_described(description, offset);
  if (description != nullptr && at(TokenKind::brace_left))
    lexer_.fail(offset, "A query without the word \"query\" has no description.");
  fail_unexpected();
  return nullptr;
}

Definition* Parser::parse_described(const ast::Value* description, std::uint32_t offset) {
  const auto keyword = token().text;
  if (keyword == "query" || keyword == "mutation" || keyword == "subscription")
    return parse_operation(description, offset);
  if (keyword == "fragment") return parse_fragment_definition(description, offset);
  if (auto* definition = parse_type_system(keyword, description, offset)) return definition;
  if (description != nullptr)
    lexer_.fail(offset, fmt::format("Only definitions have a description, {} begins none.", describe(token())));
  if (keyword == "extend") return parse_extension();
  fail_unexpected();
  return nullptr;
}

Definition* Parser::parse_shorthand() {
  auto* operation = arena_.make<OperationDefinition>();
  operation->kind = DefinitionKind::operation;
  operation->offset = token().offset;
  operation->shorthand = true;
  operation->selection_set = parse_selection_set();
  return operation;
}

Definition* Parser::parse_operation(const ast::Value* description, std::uint32_t offset) {
  auto* operation = arena_.make<OperationDefinition>();
  operation->kind = DefinitionKind::operation;
  operation->offset = offset;
  operation->description = description;
  operation->operation = parse_operation_kind();
  if (at(TokenKind::name)) operation->name = parse_name();
  operation->variables = optional_many<VariableDefinition>(
      TokenKind::paren_left, [this] { return parse_variable_definition(); }, TokenKind::paren_right);
  operation->directives = parse_directives(Constness::variable);
  operation->selection_set = parse_selection_set();
  return operation;
}

OperationKind Parser::parse_operation_kind() {
  const Token keyword = token();
  expect(TokenKind::name);
  if (keyword.text == "query") return OperationKind::query;
  if (keyword.text == "mutation") return OperationKind::mutation;
  if (keyword.text != "subscription") fail_unexpected(keyword);
  return OperationKind::subscription;
}

VariableDefinition Parser::parse_variable_definition() {
  VariableDefinition variable;
  variable.offset = token().offset;
  variable.description = parse_description();
  variable.variable_offset = token().offset;
  expect(TokenKind::dollar);
  variable.name = parse_name();
  expect(TokenKind::colon);
  variable.type = parse_type();
  variable.default_value = parse_default();
  variable.directives = parse_directives(Constness::constant);
  return variable;
}

Definition* Parser::parse_fragment_definition(const ast::Value* description, std::uint32_t offset) {
  auto* fragment = arena_.make<FragmentDefinition>();
  fragment->kind = DefinitionKind::fragment;
  fragment->offset = offset;
  fragment->description = description;
  expect_keyword("fragment");
  fragment->name = parse_fragment_name();
  expect_keyword("on");
  fragment->type_condition = parse_name();
  fragment->directives = parse_directives(Constness::variable);
  fragment->selection_set = parse_selection_set();
  return fragment;
}

SelectionSet Parser::parse_selection_set() {
  SelectionSet set;
  set.offset = token().offset;
  set.present = true;
  const Level level(*this);
  expect(TokenKind::brace_left);
  const auto item = [this] { return parse_selection(); };
  set.selections = options_.allow_empty_selection_sets ? any_until<Selection*>(item, TokenKind::brace_right)
                                                       : many_until<Selection*>(item, TokenKind::brace_right);
  return set;
}

Selection* Parser::parse_selection() {
  if (at(TokenKind::spread)) return parse_fragment();
  auto* field = arena_.make<ast::Field>();
  field->kind = SelectionKind::field;
  field->offset = token().offset;
  field->name = parse_name();
  if (take(TokenKind::colon)) {
    field->alias = field->name;
    field->name = parse_name();
  }
  if (at(TokenKind::paren_left)) field->arguments = parse_arguments(Constness::variable);
  if (at(TokenKind::at)) field->directives = parse_directives(Constness::variable);
  if (at(TokenKind::brace_left)) field->selection_set = parse_selection_set();
  return field;
}

Selection* Parser::parse_fragment() {
  const auto offset = token().offset;
  expect(TokenKind::spread);
  const bool has_condition = take_keyword("on");
  if (!has_condition && at(TokenKind::name)) {
    auto* spread = arena_.make<FragmentSpread>();
    spread->kind = SelectionKind::fragment_spread;
    spread->offset = offset;
    spread->name = parse_fragment_name();
    spread->directives = parse_directives(Constness::variable);
    return spread;
  }
  auto* fragment = arena_.make<InlineFragment>();
  fragment->kind = SelectionKind::inline_fragment;
  fragment->offset = offset;
  if (has_condition) fragment->type_condition = parse_name();
  fragment->directives = parse_directives(Constness::variable);
  fragment->selection_set = parse_selection_set();
  return fragment;
}

Name Parser::parse_name() {
  const Name name{token().text, token().offset};
  expect(TokenKind::name);
  return name;
}

Name Parser::parse_fragment_name() {
  if (at_keyword("on")) fail_unexpected();
  return parse_name();
}

List<Argument> Parser::parse_arguments(Constness constness) {
  const auto item = [this, constness] {
    Argument argument;
    argument.name = parse_name();
    expect(TokenKind::colon);
    argument.value = parse_value(constness);
    return argument;
  };
  return optional_many<Argument>(TokenKind::paren_left, item, TokenKind::paren_right);
}

List<ast::Directive> Parser::parse_directives(Constness constness) {
  if (!at(TokenKind::at)) return {};
  const auto mark = scratch_.mark();
  do {
    ast::Directive directive;
    directive.offset = token().offset;
    lexer_.next();
    directive.name = parse_name();
    directive.arguments = parse_arguments(constness);
    scratch_.push(directive);
  } while (at(TokenKind::at));
  return scratch_.take<ast::Directive>(mark, arena_);
}

ast::Value Parser::take_leaf(ValueKind kind) {
  ast::Value value;
  value.kind = kind;
  value.block = at(TokenKind::block_string);
  value.offset = token().offset;
  value.text = token().text;
  lexer_.next();
  return value;
}

ast::Value Parser::parse_value(Constness constness) {
  switch (token().kind) {
    case TokenKind::dollar: return parse_variable(constness);
    case TokenKind::integer: return take_leaf(ValueKind::integer);
    case TokenKind::floating: return take_leaf(ValueKind::floating);
    case TokenKind::string:
    case TokenKind::block_string: return take_leaf(ValueKind::string);
    case TokenKind::name: return parse_named_value();
    case TokenKind::bracket_left: return parse_list(constness);
    case TokenKind::brace_left: return parse_object(constness);
    default: fail_unexpected(); return {};
  }
}

ast::Value Parser::parse_variable(Constness constness) {
  const Token dollar = token();
  lexer_.next();
  if (constness == Constness::constant && !failed()) {
    if (at(TokenKind::name))
      lexer_.fail(dollar.offset, fmt::format("The variable \"${}\" cannot stand in a constant value.", token().text));
    fail_unexpected(dollar);
  }
  ast::Value value;
  value.kind = ValueKind::variable;
  value.offset = dollar.offset;
  value.text = parse_name().text;
  return value;
}

ast::Value Parser::parse_named_value() {
  auto value = take_leaf(ValueKind::enumeration);
  if (value.text == "null") {
    value.kind = ValueKind::null;
  } else if (value.text == "true" || value.text == "false") {
    value.kind = ValueKind::boolean;
    value.boolean = value.text == "true";
  }
  return value;
}

ast::Value Parser::parse_list(Constness constness) {
  ast::Value list;
  list.kind = ValueKind::list;
  list.offset = token().offset;
  const Level level(*this);
  lexer_.next();
  list.items = any_until<ast::Value>([this, constness] { return parse_value(constness); }, TokenKind::bracket_right);
  return list;
}

ast::Value Parser::parse_object(Constness constness) {
  ast::Value object;
  object.kind = ValueKind::object;
  object.offset = token().offset;
  const Level level(*this);
  lexer_.next();
  const auto item = [this, constness] {
    ObjectField field;
    field.name = parse_name();
    expect(TokenKind::colon);
    field.value = parse_value(constness);
    return field;
  };
  object.fields = any_until<ObjectField>(item, TokenKind::brace_right);
  return object;
}

const ast::Value* Parser::parse_description() {
  return at_string() ? arena_.make<ast::Value>(take_leaf(ValueKind::string)) : nullptr;
}

const ast::Value* Parser::parse_default() {
  return take(TokenKind::equals) ? arena_.make<ast::Value>(parse_value(Constness::constant)) : nullptr;
}

const Type* Parser::parse_type(std::uint32_t lists) {
  auto* type = arena_.make<Type>();
  type->offset = token().offset;
  if (at(TokenKind::bracket_left)) {
    const Level level(*this);
    if (lists == list_type_depth_max)
      lexer_.fail(token().offset, fmt::format("A type has at most {} nested lists.", list_type_depth_max), true);
    lexer_.next();
    type->kind = TypeNodeKind::list;
    type->of = failed() ? nullptr : parse_type(lists + 1);
    expect(TokenKind::bracket_right);
  } else {
    type->name = parse_name().text;
  }
  if (!take(TokenKind::bang)) return type;
  return arena_.make<Type>(Type{.kind = TypeNodeKind::non_null, .offset = type->offset, .of = type});
}

namespace {

// Nodes take about a dozen times the bytes of their text.
std::size_t first_block(std::size_t text_size) {
  return std::clamp<std::size_t>(text_size * 16, 8192, 1 << 20);
}

template <class Node, class Run>
ParseResult<Node> parse_part(std::string_view text, Arena& arena, const ParseOptions& options, Run run) {
  Parser parser(arena.copy(text), arena, options);
  Node node = run(parser);
  if (parser.failed()) return parser.take_error();
  return node;
}

}  // namespace

ParseResult<Document> parse(std::string_view text, const ParseOptions& options) {
  auto arena = std::make_unique<Arena>(first_block(text.size()));
  const auto kept = arena->copy(text);
  Parser parser(kept, *arena, options);
  const auto definitions = parser.parse_document();
  if (parser.failed()) return parser.take_error();
  return Document(std::move(arena), kept, definitions, parser.tokens());
}

ParseResult<const ast::Value*> parse_const_value(std::string_view text, Arena& arena, const ParseOptions& options) {
  return parse_part<const ast::Value*>(text, arena, options, [](Parser& parser) { return parser.parse_whole_value(); });
}

ParseResult<const Type*> parse_type(std::string_view text, Arena& arena, const ParseOptions& options) {
  return parse_part<const Type*>(text, arena, options, [](Parser& parser) { return parser.parse_whole_type(); });
}

}  // namespace millrace::graphql
