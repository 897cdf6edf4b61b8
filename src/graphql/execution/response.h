#pragma once

// What a request led to: its class, which a transport maps to its own statuses, and the bytes of the result.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "graphql/error.h"
#include "graphql/language/ast.h"

namespace millrace::graphql {

// One row of the transports' status tables each.
enum class Outcome : std::uint8_t {
  data,                           // executed without errors
  data_and_errors,                // executed; `data` may be null
  malformed_request,              // no query, or persisted query members that do not fit
  syntax_error,                   // GRAPHQL_PARSE_FAILED
  invalid_document,               // GRAPHQL_VALIDATION_FAILED
  over_limit,                     // LIMIT_EXCEEDED before execution
  no_such_operation,              // OPERATION_RESOLUTION_FAILURE
  invalid_variables,              // BAD_USER_INPUT
  subscription_without_stream,    // the transport gives one result, the operation many
  mutation_over_get,              // Request::read_only
  persisted_query_not_found,      // ask again with the text
  persisted_query_not_supported,  // the feature is off
  document_not_trusted,           // only listed documents are served
  internal_failure,               // before execution
};

// How far the request came.
enum class Stage : std::uint8_t { parse, validate, request, execute };
Stage stage_of(Outcome outcome);

struct Response {
  Outcome outcome = Outcome::data;
  std::optional<ast::OperationKind> operation{};  // once it is known: mutation results must not be cached

  // The body is head + body without its first `body_skip` bytes; `head` is empty when there are no errors.
  std::string head{};
  std::string body{};
  std::shared_ptr<const std::string> body_shared{};  // instead of `body`, when the result was at hand
  std::size_t body_skip = 0;

  // The bytes in order, valid while this stays where it is; the first may be empty.
  std::array<std::string_view, 2> pieces() const;
  std::size_t size() const;
  // Joined.
  std::string text() const;
};

// A response of errors alone; also for requests that never reach the service.
Response error_response(Outcome outcome, std::span<const GraphqlError> errors);

}  // namespace millrace::graphql
