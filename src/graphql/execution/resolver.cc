#include "graphql/execution/resolver.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "graphql/execution/field_errors.h"

namespace millrace::graphql {
namespace {

// The code for clients; nothing where the failure is none of theirs.
std::optional<GraphqlErrorCode> client_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid: return GraphqlErrorCode::bad_user_input;
    case ErrorCode::not_found: return GraphqlErrorCode::not_found;
    case ErrorCode::conflict: return GraphqlErrorCode::conflict;
    case ErrorCode::denied: return GraphqlErrorCode::forbidden;
    case ErrorCode::over_limit: return GraphqlErrorCode::limit_exceeded;
    case ErrorCode::unavailable: return std::nullopt;
    case ErrorCode::corrupt: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Value FieldBatch::argument(std::string_view name) const {
  auto* definition = field().argument(name);
  return definition == nullptr ? Value{} : arguments_[definition->index];
}

FieldResult FieldBatch::error(GraphqlError error) const {
  auto number = error.code == GraphqlErrorCode::internal_server_error ? errors_->add_internal(error.message)
                                                                      : errors_->add(std::move(error));
  return FieldResult(FieldResult::Kind::error, number, 0);
}

FieldResult FieldBatch::error(const Error& error) const {
  auto code = client_code(error.code).value_or(GraphqlErrorCode::internal_server_error);
  return this->error(GraphqlError{.message = error.message, .code = code});
}

void FieldBatch::fail(const GraphqlError& error) const {
  std::ranges::fill(results_, this->error(error));
}

Async<void> Resolver::resolve(std::span<FieldBatch>) {
  throw std::logic_error("a resolver that makes fields wait must implement resolve()");
  co_return;
}

}  // namespace millrace::graphql
