#pragma once

// The tokens of a GraphQL text, one at a time (GraphQL specification, September 2025, section 2.1). Internal to the
// parser. Strings come with their value: escapes and indentation resolved, in the arena where they differ from the
// text.
//
// The first fault is kept and ends the tokens: every later one is `failure`.

#include <cstdint>
#include <string>
#include <string_view>

#include "graphql/language/arena.h"
#include "graphql/language/parser.h"

namespace millrace::graphql {

enum class TokenKind : std::uint8_t {
  end,
  bang,
  dollar,
  ampersand,
  paren_left,
  paren_right,
  spread,
  colon,
  equals,
  at,
  bracket_left,
  bracket_right,
  brace_left,
  brace_right,
  pipe,
  name,
  integer,
  floating,
  string,
  block_string,
  failure,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::uint32_t offset = 0;
  std::string_view text{};  // name, number: as written; string: its value
};

// `"{"`, `name "task"`, `end of document`: for messages.
std::string describe(const Token& token);
std::string_view describe(TokenKind kind);

class Lexer {
 public:
  // `text` must outlive the lexer and, for names and plain strings, the nodes made of its tokens.
  Lexer(std::string_view text, Arena& arena, std::uint32_t tokens_max)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), arena_(arena), tokens_max_(tokens_max) {}

  const Token& token() const { return token_; }
  std::uint32_t tokens() const { return tokens_; }
  // Moves on to the next token.
  void next();

  bool failed() const { return token_.kind == TokenKind::failure; }
  // Ends the tokens with an error, unless there is one already.
  void fail(std::uint32_t offset, std::string message, bool over_limit = false);
  SyntaxError take_error() { return std::move(error_); }

 private:
  std::uint32_t offset_of(const char* place) const { return static_cast<std::uint32_t>(place - begin_); }
  bool skip_ignored();
  bool skip_comment();
  void read_name();
  void read_number();
  bool read_digits();
  void read_string();
  void read_string_with_escapes(const char* from);
  // Each reads one escape at at_, appends its value at `out` and moves both on; false after a fault.
  bool read_escape(char*& out);
  bool read_unicode_escape(char*& out);
  bool read_braced_escape(char*& out);
  void read_block_string();
  std::string_view block_string_value(std::string_view raw);
  // Steps over one character of more than one byte; false where it is no valid UTF-8.
  bool skip_multibyte(const char*& place) const;
  void fail_at(const char* place, std::string message) { fail(offset_of(place), std::move(message)); }
  void fail_number(const char* place);
  void fail_character();
  void emit(TokenKind kind, const char* from, std::string_view text) { token_ = {kind, offset_of(from), text}; }

  const char* begin_;
  const char* at_;
  const char* end_;
  Arena& arena_;
  std::uint32_t tokens_ = 0;
  std::uint32_t tokens_max_;
  Token token_{};
  SyntaxError error_{};
};

}  // namespace millrace::graphql
