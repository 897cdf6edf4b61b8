#pragma once

// The canonical text of a syntax tree, byte for byte what graphql-js's `print` gives. print(parse(print(x))) is
// print(x). Comments and commas are gone, strings keep their form (quoted or block).

#include <string>
#include <string_view>

#include "graphql/language/ast.h"

namespace millrace::graphql {

std::string print(const ast::Document& document);
std::string print(const ast::Definition& definition);
std::string print(const ast::Value& value);
std::string print(const ast::Type& type);
std::string print(const ast::Directive& directive);
std::string print(const ast::SelectionSet& selection_set);

// `text` as a quoted string literal, quotes included.
void append_string_literal(std::string& out, std::string_view text);
// `text` as a block string literal, on lines of its own where that keeps its value.
void append_block_string(std::string& out, std::string_view text);

}  // namespace millrace::graphql
