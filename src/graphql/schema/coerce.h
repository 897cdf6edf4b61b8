#pragma once

// Literals to coerced values (GraphQL specification, September 2025, "Input Coercion" of each type in section 3, and
// section 5.6.1).
//
// Pure; callable from any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graphql/schema/schema.h"

namespace millrace::graphql {

// Gives the values of variables while a literal is coerced.
class VariableValues {
 public:
  virtual ~VariableValues() = default;
  // Absent when the request has no value for it.
  virtual Value find(std::string_view name) const = 0;
};

// One fault of a literal, at `offset` of its document.
struct LiteralProblem {
  std::string message{};
  std::uint32_t offset = 0;
  std::string suggestion{};  // "Did you mean "RED"?", or empty
};

// Appends what is wrong with `literal` in a position of `type`, as the rules "Values of Correct Type", "Input Object
// Field Names" and "Input Object Required Fields" define it. Variables are taken as correct; that a variable in a
// @oneOf object must be non-null is the caller's to check. Duplicate object fields are not looked at.
void check_literal(const ast::Value& literal, TypeRef type, std::vector<LiteralProblem>& problems);

// The value of `literal` for `type`, nothing when it is not valid for it (a missing variable at a non-null place
// included). A missing variable in an object leaves the entry out, in a list it is null; a literal that is nothing but
// a missing variable is absent. Defaults of input fields are filled in. Text and elements are copied to `arena` only
// where they are not in the document already, so the document must live as long as the value.
std::optional<Value> coerce_literal(const ast::Value& literal, TypeRef type, Arena& arena,
                                    const VariableValues* variables = nullptr);

// A scalar or enum alone. `literal` is neither null nor a variable. The error's message is for the client.
Result<Value> coerce_leaf_literal(const ast::Value& literal, const NamedType& type, Arena& arena,
                                  const VariableValues* variables = nullptr);

// The value of `literal` as it stands, without a type: what a custom scalar is given.
Value untyped(const ast::Value& literal, Arena& arena, const VariableValues* variables = nullptr);

// The text of a coerced value as a literal of `type`: `{b: [1, 2], e: RED, s: "q"}`.
std::string literal_text(const Value& value, TypeRef type);

}  // namespace millrace::graphql
