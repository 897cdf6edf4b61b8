#pragma once

// The arguments of a field for one request (GraphQL specification, September 2025, section 6.4.1). Pure.

#include <optional>
#include <span>
#include <string_view>

#include "graphql/error.h"
#include "graphql/execution/plan.h"
#include "graphql/execution/variables.h"
#include "graphql/language/arena.h"

namespace millrace::graphql {

struct Bindings {
  std::string_view document{};  // its text, for locations
  std::span<const Variable> variables{};
  std::span<const Value> values{};  // of the variables
};

// Sets `arguments` to the values in the order of the field's definition. The error, an execution error of the field,
// has its location already.
std::optional<GraphqlError> bind_arguments(const PlanStep& step, const Bindings& bindings, Arena& arena,
                                           std::span<const Value>& arguments);

}  // namespace millrace::graphql
