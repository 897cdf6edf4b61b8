#pragma once

// Whether a document and an operation stay within what one request may cost. Pure.

#include <cstdint>
#include <optional>

#include "graphql/error.h"
#include "graphql/execution/arguments.h"
#include "graphql/execution/limits.h"
#include "graphql/execution/plan.h"

namespace millrace::graphql {

// Aliases and directives of the whole document, which need no schema.
std::optional<GraphqlError> check_document(const ast::Document& document, const Limits& limits);

struct Cost {
  std::uint64_t complexity = 0;
  std::optional<GraphqlError> breach{};
};

// Root fields, page sizes and complexity of an operation with its variables bound.
Cost check_operation(const OperationPlan& plan, const Bindings& bindings, const Limits& limits);

}  // namespace millrace::graphql
