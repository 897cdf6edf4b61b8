#include "graphql/execution/request.h"

#include <fmt/format.h>

namespace millrace::graphql {
namespace {

// Null and absent are one.
const JsonValue* member(const JsonValue& body, std::string_view name) {
  auto* found = body.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Error wrong(std::string_view name, std::string_view expected) {
  return {ErrorCode::invalid, fmt::format("\"{}\" must be {}", name, expected)};
}

Result<std::optional<std::string_view>> text_member(const JsonValue& body, std::string_view name) {
  auto* found = member(body, name);
  if (found == nullptr) return std::optional<std::string_view>{};
  if (!found->is_string()) return wrong(name, "a string");
  return std::optional<std::string_view>(found->string());
}

Result<const JsonValue*> map_member(const JsonValue& body, std::string_view name) {
  auto* found = member(body, name);
  if (found != nullptr && !found->is_object()) return wrong(name, "an object");
  return found;
}

}  // namespace

Result<Request> read_request(const JsonValue& body) {
  if (!body.is_object()) return Error{ErrorCode::invalid, "a GraphQL request must be a JSON object"};
  auto query = text_member(body, "query");
  if (!query) return query.error();
  auto name = text_member(body, "operationName");
  if (!name) return name.error();
  auto variables = map_member(body, "variables");
  if (!variables) return variables.error();
  auto extensions = map_member(body, "extensions");
  if (!extensions) return extensions.error();
  auto document_id = text_member(body, "documentId");
  if (!document_id) return document_id.error();
  return Request{.query = *query,
                 .operation_name = *name,
                 .variables = *variables,
                 .extensions = *extensions,
                 .document_id = *document_id};
}

}  // namespace millrace::graphql
