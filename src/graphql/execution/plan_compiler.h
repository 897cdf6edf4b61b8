#pragma once

// Makes the plan of a valid operation for one choice of what @skip and @include let through. Pure.

#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "graphql/error.h"
#include "graphql/execution/limits.h"
#include "graphql/execution/plan.h"
#include "graphql/execution/variables.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

[[noreturn]] void throw_exception_from_error(const GraphqlError& error, const boost::source_location& where);

struct PlanRequest {
  const Schema* schema = nullptr;
  std::string_view document{};  // its text, for locations
  const ast::OperationDefinition* operation = nullptr;
  std::span<const Variable> variables{};
  std::span<const std::uint32_t> conditions{};  // numbers of the variables behind `inclusions`
  std::string_view inclusions{};
};

using PlanResult = boost::system::result<std::unique_ptr<OperationPlan>, GraphqlError>;

// Fails with LIMIT_EXCEEDED when the plan would be larger or deeper than `limits` allow. `document` must be validated.
PlanResult compile_plan(const PlanRequest& request, const Limits& limits);

// The numbers of the variables that @skip and @include use anywhere in the document.
std::vector<std::uint32_t> condition_variables(const ast::Document& document, std::span<const Variable> variables);

// '1', '0' or 'n' for each of `conditions`.
Inclusions inclusions_of(std::span<const std::uint32_t> conditions, std::span<const Value> values);

}  // namespace millrace::graphql
