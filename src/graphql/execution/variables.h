#pragma once

// JSON to the values of an operation's variables (GraphQL specification, September 2025, section 6.1.2 and "Input
// Coercion" of each type in section 3). Pure.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "graphql/error.h"
#include "graphql/language/arena.h"
#include "graphql/schema/coerce.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

// A variable that an operation declares. Its number is its place among them.
struct Variable {
  std::string_view name{};
  TypeRef type{};
  Value default_value{};  // coerced; absent when there is none
  const ast::VariableDefinition* node = nullptr;
};

struct VariableCoercion {
  std::string_view document{};  // its text, for locations
  std::uint32_t errors_max = 50;
  bool suggestions = true;
};

// Sets `values` to one value per variable, absent where there is none; returns every fault of the JSON, none when all
// is well. `json` is an object, or null for none, and must live as long as the values do.
std::vector<GraphqlError> coerce_variables(std::span<const Variable> variables, const JsonValue* json, Arena& arena,
                                           const VariableCoercion& options, std::span<const Value>& values);

// The values by name, for literals that have variables inside.
class BoundVariables final : public VariableValues {
 public:
  BoundVariables(std::span<const Variable> variables, std::span<const Value> values)
      : variables_(variables), values_(values) {}

  Value find(std::string_view name) const override;

 private:
  std::span<const Variable> variables_;
  std::span<const Value> values_;
};

}  // namespace millrace::graphql
