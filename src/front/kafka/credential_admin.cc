#include "front/kafka/credential_admin.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/admin_routes.h"
#include "front/kafka/kafka_reply.h"

namespace millrace::front {
namespace {

void append_credential(JsonWriter& json, const LogCredential& credential, const std::string& password = {}) {
  json.open_object().key("name").string(credential.name).key("username").string(credential.username);
  json.key("topics").string(credential.access.topics);
  json.key("permissions").string(to_string(credential.access.permissions));
  json.key("created_at").string(to_rfc3339(credential.created));
  if (!password.empty()) json.key("password").string(password);
  json.close_object();
}

struct Request {
  std::string action{};
  std::string name{};
  std::string topics = "*";
  std::string permissions = "ALL";
};

Result<Request> parse(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document || !document->root().is_object()) return Error{ErrorCode::invalid, "the request is no JSON object"};
  Request request;
  for (auto [name, target] : {std::pair{"do", &request.action}, std::pair{"name", &request.name},
                              std::pair{"topics", &request.topics}, std::pair{"permissions", &request.permissions}}) {
    const JsonValue* value = document->root().find(name);
    if (value != nullptr && value->is_string() && !value->string().empty()) *target = value->string();
  }
  return request;
}

Async<Result<std::string>> create(LogCredentials& credentials, Request request) {
  auto permissions = read_permissions(request.permissions);
  if (!permissions) {
    co_return Error{ErrorCode::invalid, fmt::format("'{}' is none of ALL, PRODUCE and CONSUME", request.permissions)};
  }
  LogAccess access{std::move(request.topics), *permissions};
  auto created = co_await credentials.create(std::move(request.name), std::move(access));
  if (!created) co_return created.error();
  std::string out;
  JsonWriter json(out);
  append_credential(json, created->credential, created->password);
  co_return out;
}

std::string list(const LogCredentials& credentials) {
  std::string out;
  JsonWriter json(out);
  json.open_object().key("credentials").open_array();
  for (const LogCredential& credential : credentials.list()) append_credential(json, credential);
  json.close_array().close_object();
  return out;
}

Result<std::string> show(const LogCredentials& credentials, const std::string& name) {
  auto all = credentials.list();
  auto found = std::ranges::find(all, name, &LogCredential::name);
  if (found == all.end()) return Error{ErrorCode::not_found, fmt::format("there is no credential '{}'", name)};
  std::string out;
  JsonWriter json(out);
  append_credential(json, *found);
  return out;
}

}  // namespace

Async<Result<std::string>> administer_credentials(LogCredentials& credentials, std::string text) {
  auto request = parse(text);
  if (!request) co_return request.error();
  if (request->action == "list") co_return list(credentials);
  if (request->action == "show") co_return show(credentials, request->name);
  if (request->action == "create") co_return co_await create(credentials, std::move(*request));
  if (request->action == "delete") {
    auto removed = co_await credentials.remove(request->name);
    if (!removed) co_return removed.error();
    std::string out;
    JsonWriter(out).open_object().key("deleted").string(request->name).close_object();
    co_return out;
  }
  co_return Error{ErrorCode::invalid,
                  fmt::format("'{}' is nothing that can be done with a credential", request->action)};
}

std::vector<Route> credential_admin_routes(LogCredentials& credentials, std::string secret) {
  auto handle = [&credentials, secret = std::move(secret)](net::HttpRequest& request) -> Async<net::HttpResponse> {
    if (auto refusal = refuse_unauthorized(request, secret)) co_return std::move(*refusal);
    std::string body(request.body);
    auto done = co_await administer_credentials(credentials, std::move(body));
    if (done) co_return json_response(200, std::move(*done));
    bool full = done.error().code == ErrorCode::over_limit;
    co_return json_error(full ? 429 : error_status(done.error().code), done.error().message);
  };
  return {{.methods = "POST", .path = "/admin/credentials", .handle = handle}};
}

}  // namespace millrace::front
