#pragma once

// What the two halves of the parser share: the tokens, the nesting counter, and the ways lists are written. Internal
// to the parser. After a fault every function returns at once with an empty node; only the first fault is kept.

#include <string_view>

#include "graphql/language/ast.h"
#include "graphql/language/lexer.h"
#include "graphql/language/parser.h"
#include "graphql/language/scratch.h"

namespace millrace::graphql {

class Parser {
 public:
  Parser(std::string_view text, Arena& arena, const ParseOptions& options)
      : arena_(arena), lexer_(text, arena, options.limits.tokens_max), options_(options) {
    lexer_.next();
  }

  ast::List<ast::Definition*> parse_document();
  const ast::Value* parse_whole_value();
  const ast::Type* parse_whole_type();

  bool failed() const { return lexer_.failed(); }
  SyntaxError take_error() { return lexer_.take_error(); }
  std::uint32_t tokens() const { return lexer_.tokens(); }

 private:
  enum class Constness : bool { variable, constant };

  // Counts one level of nesting for as long as it lives.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { parser_.enter(); }
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };
  void enter();

  const Token& token() const { return lexer_.token(); }
  bool at(TokenKind kind) const { return token().kind == kind; }
  bool at_keyword(std::string_view word) const { return at(TokenKind::name) && token().text == word; }
  bool at_string() const { return at(TokenKind::string) || at(TokenKind::block_string); }
  bool take(TokenKind kind) {
    if (!at(kind)) return false;
    lexer_.next();
    return true;
  }
  bool take_keyword(std::string_view word) {
    if (!at_keyword(word)) return false;
    lexer_.next();
    return true;
  }
  void expect(TokenKind kind);
  void expect_keyword(std::string_view word);
  void fail_unexpected() { fail_unexpected(token()); }
  void fail_unexpected(const Token& token);

  // open item+ close, or nothing where `open` is missing.
  template <class T, class Item>
  ast::List<T> optional_many(TokenKind open, Item item, TokenKind close) {
    if (!take(open)) return {};
    return many_until<T>(item, close);
  }
  template <class T, class Item>
  ast::List<T> many_until(Item item, TokenKind close) {
    const auto mark = scratch_.mark();
    do {
      scratch_.push<T>(item());
    } while (!failed() && !take(close));
    return scratch_.take<T>(mark, arena_);
  }
  // item* close
  template <class T, class Item>
  ast::List<T> any_until(Item item, TokenKind close) {
    const auto mark = scratch_.mark();
    while (!failed() && !take(close)) scratch_.push<T>(item());
    return scratch_.take<T>(mark, arena_);
  }
  // delimiter? item (delimiter item)*
  template <class T, class Item>
  ast::List<T> delimited(TokenKind delimiter, Item item) {
    const auto mark = scratch_.mark();
    take(delimiter);
    do {
      scratch_.push<T>(item());
    } while (!failed() && take(delimiter));
    return scratch_.take<T>(mark, arena_);
  }

  // parser.cc: documents, operations, values, types
  ast::Definition* parse_definition();
  ast::Definition* parse_described(const ast::Value* description, std::uint32_t offset);
  ast::Definition* parse_operation(const ast::Value* description, std::uint32_t offset);
  ast::Definition* parse_fragment_definition(const ast::Value* description, std::uint32_t offset);
  ast::Definition* parse_shorthand();
  ast::OperationKind parse_operation_kind();
  ast::VariableDefinition parse_variable_definition();
  ast::SelectionSet parse_selection_set();
  ast::Selection* parse_selection();
  ast::Selection* parse_fragment();
  ast::Name parse_name();
  ast::Name parse_fragment_name();
  ast::List<ast::Argument> parse_arguments(Constness constness);
  ast::List<ast::Directive> parse_directives(Constness constness);
  ast::Value parse_value(Constness constness);
  ast::Value parse_variable(Constness constness);
  ast::Value parse_named_value();
  ast::Value parse_list(Constness constness);
  ast::Value parse_object(Constness constness);
  ast::Value take_leaf(ast::ValueKind kind);
  const ast::Value* parse_description();
  const ast::Value* parse_default();
  const ast::Type* parse_type(std::uint32_t lists = 0);

  // parser_type_system.cc
  ast::Definition* parse_type_system(std::string_view keyword, const ast::Value* description, std::uint32_t offset);
  ast::Definition* parse_extension();
  ast::Definition* parse_schema(const ast::Value* description, std::uint32_t offset, bool extension);
  ast::Definition* parse_type_definition(ast::TypeKind kind, const ast::Value* description, std::uint32_t offset,
                                         bool extension);
  ast::Definition* parse_directive_definition(const ast::Value* description, std::uint32_t offset);
  ast::OperationTypeDefinition parse_operation_type();
  ast::FieldDefinition parse_field_definition();
  ast::InputValueDefinition parse_input_value();
  ast::EnumValueDefinition parse_enum_value();
  ast::Name parse_directive_location();

  Arena& arena_;
  Lexer lexer_;
  const ParseOptions& options_;
  std::uint32_t depth_ = 0;
  Scratch scratch_;
};

}  // namespace millrace::graphql
