#pragma once

// An entry of a response's `errors` (GraphQL specification, September 2025, section 7.1.2).

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "graphql/language/location.h"

namespace millrace::graphql {

// The closed list that clients may rely on: the text of `extensions.code`.
enum class GraphqlErrorCode : std::uint8_t {
  graphql_parse_failed,
  graphql_validation_failed,
  operation_resolution_failure,
  bad_user_input,
  bad_request,
  persisted_query_not_found,
  persisted_query_not_supported,
  limit_exceeded,
  unauthenticated,
  forbidden,
  not_found,
  conflict,
  timeout,
  internal_server_error,
};

// "GRAPHQL_PARSE_FAILED".
std::string_view to_string(GraphqlErrorCode code);

// A response name, or a list index from 0.
using PathSegment = std::variant<std::string, std::uint32_t>;

struct GraphqlError {
  std::string message{};
  GraphqlErrorCode code = GraphqlErrorCode::internal_server_error;
  std::vector<SourceLocation> locations{};  // empty: not tied to the document
  std::vector<PathSegment> path{};          // execution errors only; empty: no `path` key
  // Further keys of `extensions` after `code`; the second is JSON text.
  std::vector<std::pair<std::string, std::string>> extensions{};
};

}  // namespace millrace::graphql
