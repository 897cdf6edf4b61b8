#include "front/group_admin.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/admin_routes.h"
#include "front/error_status.h"

namespace millrace::front {
namespace {

using eventlog::ConsumerGroups;
using eventlog::GroupLag;

using Answer = Result<std::string>;

void number(JsonWriter& json, std::string_view name, std::uint64_t value) {
  json.key(name).integer(static_cast<std::int64_t>(value));
}

std::uint64_t sum(const std::vector<GroupLag>& partitions) {
  std::uint64_t lag = 0;
  for (const GroupLag& one : partitions) lag += one.lag;
  return lag;
}

std::size_t instances_of(const ConsumerGroups& groups, const std::string& name) {
  for (const auto& group : groups.list()) {
    if (group.name == name) return group.instances.size();
  }
  return 0;
}

Async<Answer> list(ConsumerGroups& groups) {
  auto names = co_await groups.names();
  if (!names) co_return names.error();
  std::string out;
  JsonWriter json(out);
  json.open_object().key("groups").open_array();
  for (const std::string& name : *names) {
    auto partitions = co_await groups.lag(name);
    if (!partitions && partitions.error().code != ErrorCode::not_found) co_return partitions.error();
    if (!partitions) continue;  // forgotten meanwhile
    json.open_object().key("name").string(name);
    number(json, "instances", instances_of(groups, name));
    number(json, "partitions", partitions->size());
    number(json, "lag", sum(*partitions));
    json.close_object();
  }
  json.close_array().close_object();
  co_return out;
}

Async<Answer> show(ConsumerGroups& groups, std::string name) {
  auto partitions = co_await groups.lag(name);
  if (!partitions) co_return partitions.error();
  std::string out;
  JsonWriter json(out);
  json.open_object().key("name").string(name);
  number(json, "lag", sum(*partitions));
  json.key("partitions").open_array();
  for (const GroupLag& one : *partitions) {
    json.open_object().key("topic").string(one.of.topic);
    number(json, "partition", one.of.partition);
    number(json, "committed", one.committed);
    number(json, "next", one.next);
    number(json, "lag", one.lag);
    json.key("instance").string(one.instance).close_object();
  }
  json.close_array().close_object();
  co_return out;
}

Async<Answer> forget(ConsumerGroups& groups, std::string name) {
  auto done = co_await groups.forget(name);
  if (!done) co_return done.error();
  std::string out;
  JsonWriter(out).open_object().key("deleted").string(name).close_object();
  co_return out;
}

}  // namespace

Async<Answer> administer_groups(ConsumerGroups& groups, std::string text) {
  auto document = JsonDocument::parse(text);
  if (!document || !document->root().is_object()) {
    co_return Error{ErrorCode::invalid, "the request is no JSON object"};
  }
  auto word = [&](std::string_view name) {
    const JsonValue* value = document->root().find(name);
    return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
  };
  std::string action = word("do");
  std::string name = word("name");
  if (action == "list") co_return co_await list(groups);
  if (action == "show") co_return co_await show(groups, std::move(name));
  if (action == "delete") co_return co_await forget(groups, std::move(name));
  co_return Error{ErrorCode::invalid, fmt::format("'{}' is nothing that can be done with a group", action)};
}

std::vector<Route> group_admin_routes(ConsumerGroups& groups, std::string secret) {
  auto handle = [&groups, secret = std::move(secret)](net::HttpRequest& request) -> Async<net::HttpResponse> {
    if (auto refusal = refuse_unauthorized(request, secret)) co_return std::move(*refusal);
    std::string body(request.body);
    auto done = co_await administer_groups(groups, std::move(body));
    if (!done) co_return json_error(error_status(done.error().code), done.error().message);
    co_return json_response(200, std::move(*done));
  };
  return {{.methods = "POST", .path = "/admin/groups", .handle = handle}};
}

}  // namespace millrace::front
