// URL groups and their endpoints.

#include <fmt/format.h>

#include "base/json.h"
#include "front/qstash/call.h"
#include "front/qstash/destination.h"
#include "front/qstash/objects.h"
#include "front/qstash/publish_options.h"

namespace millrace::front {
namespace {

using delivery::Delivery;
using delivery::Endpoint;

constexpr std::size_t defaults_bytes_max = 16 * 1024;  // as many as the head of a request may have

Result<std::string> member_text(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  if (value == nullptr || value->is_null()) return std::string();
  if (!value->is_string()) return Error{ErrorCode::invalid, fmt::format("{} is no string", name)};
  return std::string(value->string());
}

// {"endpoints":[{"url":"…","name":"…"}]}
Result<std::vector<Endpoint>> read_endpoints(std::string_view body, bool url_needed) {
  auto document = JsonDocument::parse(body);
  if (!document) return document.error();
  const JsonValue* list = document->root().is_object() ? document->root().find("endpoints") : nullptr;
  if (list == nullptr || !list->is_array() || list->items().empty()) {
    return Error{ErrorCode::invalid, "endpoints is missing or empty"};
  }
  std::vector<Endpoint> endpoints;
  for (const JsonValue& each : list->items()) {
    if (!each.is_object()) return Error{ErrorCode::invalid, "endpoints holds what is no object"};
    auto name = member_text(each, "name");
    auto url = member_text(each, "url");
    if (!name) return name.error();
    if (!url) return url.error();
    if (url->empty() && (url_needed || name->empty())) {
      return Error{ErrorCode::invalid, url_needed ? "an endpoint has no url" : "an endpoint has neither name nor url"};
    }
    if (!name->empty() && !is_name(*name)) {
      return Error{ErrorCode::invalid, fmt::format("invalid endpoint name: {}", *name)};
    }
    if (auto checked = delivery::check_url(*url); url_needed && !checked) return checked.error();
    endpoints.push_back({.name = std::move(*name), .url = std::move(*url)});
  }
  return endpoints;
}

Answer put_endpoints(Delivery& delivery, Call call) {
  if (!is_name(call.names[0])) co_return answer_error(400, fmt::format("invalid topic name: {}", call.names[0]));
  auto endpoints = read_endpoints(call.body(), true);
  if (!endpoints) co_return answer_error(endpoints.error());
  auto done = co_await delivery.put_endpoints(call.names[0], std::move(*endpoints));
  co_return answer_done(done);
}

Answer delete_endpoints(Delivery& delivery, Call call) {
  auto endpoints = read_endpoints(call.body(), false);
  if (!endpoints) co_return answer_error(endpoints.error());
  auto done = co_await delivery.delete_endpoints(call.names[0], std::move(*endpoints));
  if (!done) co_return answer_error(done.error(), "topic", call.names[0]);
  co_return answer_json(200, "{}");
}

Answer list(Delivery& delivery, Call) {
  auto groups = co_await delivery.groups();
  if (!groups) co_return answer_error(groups.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const delivery::UrlGroup& group : *groups) append_group(json, group);
    json.close_array();
  });
}

Answer get(Delivery& delivery, Call call) {
  auto group = co_await delivery.group(call.names[0]);
  if (!group) co_return answer_error(group.error(), "topic", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_group(json, *group); });
}

// Done as well when there is none: clients delete first, to begin anew.
Answer remove(Delivery& delivery, Call call) {
  auto done = co_await delivery.delete_group(call.names[0]);
  bool gone = done || done.error().code == ErrorCode::not_found;
  co_return gone ? answer_json(200, "{}") : answer_error(done.error());
}

Result<void> add_default(std::string_view name, const JsonValue& value, delivery::Headers& headers) {
  if (!value.is_string() || !is_header(name, value.string())) {
    return Error{ErrorCode::invalid, fmt::format("invalid header: {}", name)};
  }
  headers.emplace_back(name, value.string());
  return {};
}

// {"headers":{"Upstash-Retries":"3","Upstash-Header-Forward":["true"]}}
Result<delivery::Headers> read_defaults(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document) return document.error();
  const JsonValue* object = document->root().is_object() ? document->root().find("headers") : nullptr;
  if (object == nullptr || !object->is_object()) return Error{ErrorCode::invalid, "headers is missing"};
  delivery::Headers headers;
  for (const JsonMember& member : object->members()) {
    if (!member.value.is_array()) {
      if (auto added = add_default(member.name, member.value, headers); !added) return added.error();
      continue;
    }
    for (const JsonValue& each : member.value.items()) {
      if (auto added = add_default(member.name, each, headers); !added) return added.error();
    }
  }
  std::size_t bytes = 0;
  std::vector<net::HttpHeader> views;
  for (const auto& [name, value] : headers) {
    bytes += name.size() + value.size();
    views.push_back({name, value});
  }
  if (bytes > defaults_bytes_max) return Error{ErrorCode::invalid, "the headers have more than 16 KiB"};
  auto understood = read_publish_options(views);
  if (!understood) return understood.error();
  return headers;
}

Answer patch(Delivery& delivery, Call call) {
  auto headers = read_defaults(call.body());
  if (!headers) co_return answer_error(headers.error());
  auto done = co_await delivery.set_group_headers(call.names[0], std::move(*headers));
  if (!done) co_return answer_error(done.error(), "topic", call.names[0]);
  co_return answer_json(200, "{}");
}

}  // namespace

std::vector<CallRow> group_calls() {
  return {
      {"GET", "/v2/topics", list},
      {"GET", "/v2/topics/{}", get},
      {"DELETE", "/v2/topics/{}", remove},
      {"PATCH", "/v2/topics/{}", patch},
      {"POST", "/v2/topics/{}/endpoints", put_endpoints},
      {"DELETE", "/v2/topics/{}/endpoints", delete_endpoints},
  };
}

}  // namespace millrace::front
