#pragma once

// One GraphQL request, as every transport carries it (GraphQL over HTTP, section "Request").

#include <optional>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace millrace::graphql {

// All views and pointers are the caller's and must live until the response is there.
struct Request {
  std::optional<std::string_view> query{};
  std::optional<std::string_view> operation_name{};
  const JsonValue* variables = nullptr;           // an object, or null for none
  const JsonValue* extensions = nullptr;          // an object, or null for none
  std::optional<std::string_view> document_id{};  // of a trusted document: `sha256:<hex>` or a plain id
  bool read_only = false;                         // came by GET: mutations are refused
};

// Reads the members of a request's JSON object: null means absent, unknown members are ignored. Fails with `invalid`
// when a member has another type than it must have; the message is for the client.
Result<Request> read_request(const JsonValue& body);

}  // namespace millrace::graphql
