#include "graphql/error.h"

namespace millrace::graphql {

std::string_view to_string(GraphqlErrorCode code) {
  switch (code) {
    case GraphqlErrorCode::graphql_parse_failed: return "GRAPHQL_PARSE_FAILED";
    case GraphqlErrorCode::graphql_validation_failed: return "GRAPHQL_VALIDATION_FAILED";
    case GraphqlErrorCode::operation_resolution_failure: return "OPERATION_RESOLUTION_FAILURE";
    case GraphqlErrorCode::bad_user_input: return "BAD_USER_INPUT";
    case GraphqlErrorCode::bad_request: return "BAD_REQUEST";
    case GraphqlErrorCode::persisted_query_not_found: return "PERSISTED_QUERY_NOT_FOUND";
    case GraphqlErrorCode::persisted_query_not_supported: return "PERSISTED_QUERY_NOT_SUPPORTED";
    case GraphqlErrorCode::limit_exceeded: return "LIMIT_EXCEEDED";
    case GraphqlErrorCode::unauthenticated: return "UNAUTHENTICATED";
    case GraphqlErrorCode::forbidden: return "FORBIDDEN";
    case GraphqlErrorCode::not_found: return "NOT_FOUND";
    case GraphqlErrorCode::conflict: return "CONFLICT";
    case GraphqlErrorCode::timeout: return "TIMEOUT";
    case GraphqlErrorCode::internal_server_error: return "INTERNAL_SERVER_ERROR";
  }
  return "INTERNAL_SERVER_ERROR";
}

}  // namespace millrace::graphql
