#pragma once

// Text to syntax tree (GraphQL specification, September 2025, section 2 and appendix C). Recursive descent with one
// token of look-ahead; time is linear in the text, and tokens and nesting are bounded while reading, so hostile text
// costs no more than its limits. The text must be valid UTF-8 (checked: invalid bytes are a syntax error).
//
// Pure functions, callable from any thread.

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "graphql/language/ast.h"

namespace millrace::graphql {

struct ParseLimits {
  std::uint32_t tokens_max = 5000;
  std::uint32_t depth_max = 200;  // nested selection sets, lists, objects and list types
};

// For schema files, which are the operator's own: large ones have 100,000 tokens.
inline constexpr ParseLimits schema_parse_limits{.tokens_max = 4'000'000, .depth_max = 200};

struct ParseOptions {
  ParseLimits limits{};
  bool allow_empty_selection_sets = false;  // `{ }`, which drafts after September 2025 allow
};

// The first thing wrong with a document. `over_limit` tells a breached limit (LIMIT_EXCEEDED) from wrong syntax
// (GRAPHQL_PARSE_FAILED).
struct SyntaxError {
  std::string message{};
  std::uint32_t offset = 0;
  bool over_limit = false;
};
[[noreturn]] void throw_exception_from_error(const SyntaxError& error, const boost::source_location& where);

template <class T>
using ParseResult = boost::system::result<T, SyntaxError>;

// The document copies `text`.
ParseResult<ast::Document> parse(std::string_view text, const ParseOptions& options = {});

// A value without variables, or a type, that is all of `text`. Nodes and text live in `arena`.
ParseResult<const ast::Value*> parse_const_value(std::string_view text, Arena& arena, const ParseOptions& options = {});
ParseResult<const ast::Type*> parse_type(std::string_view text, Arena& arena, const ParseOptions& options = {});

// Deeper list types than this are refused by the parser, so that a type's wrappers fit into bits (schema.h).
inline constexpr std::uint32_t list_type_depth_max = 30;

}  // namespace millrace::graphql
