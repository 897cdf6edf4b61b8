#include "graphql/execution/response.h"

#include "graphql/execution/error_json.h"

namespace millrace::graphql {

Stage stage_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::data:
    case Outcome::data_and_errors: return Stage::execute;
    case Outcome::syntax_error: return Stage::parse;
    case Outcome::invalid_document: return Stage::validate;
    case Outcome::malformed_request:
    case Outcome::over_limit:
    case Outcome::no_such_operation:
    case Outcome::invalid_variables:
    case Outcome::subscription_without_stream:
    case Outcome::mutation_over_get:
    case Outcome::persisted_query_not_found:
    case Outcome::persisted_query_not_supported:
    case Outcome::document_not_trusted:
    case Outcome::internal_failure: return Stage::request;
  }
  return Stage::request;
}

std::array<std::string_view, 2> Response::pieces() const {
  auto& whole = body_shared ? *body_shared : body;
  return {head, std::string_view(whole).substr(body_skip)};
}

std::size_t Response::size() const {
  auto [first, second] = pieces();
  return first.size() + second.size();
}

std::string Response::text() const {
  auto [first, second] = pieces();
  std::string joined;
  joined.reserve(first.size() + second.size());
  return joined.append(first).append(second);
}

Response error_response(Outcome outcome, std::span<const GraphqlError> errors) {
  Response response{.outcome = outcome};
  response.body = R"({"errors":)";
  append_errors(response.body, errors);
  response.body += '}';
  return response;
}

}  // namespace millrace::graphql
