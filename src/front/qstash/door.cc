#include "front/qstash/door.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json.h"
#include "front/qstash/destination.h"

namespace millrace::front {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view wrong_token = "unable to authenticate: invalid token";
constexpr std::size_t small_body_bytes_max = std::size_t{1} << 20;    // lists of names; and anything without a token
constexpr std::size_t batch_body_bytes_max = std::size_t{100} << 20;  // as the hosted service has it

HttpResponse finish(HttpResponse response) {
  response.header_lines += "access-control-allow-origin: *\r\ncache-control: no-store\r\n";
  return response;
}

HttpResponse preflight(const HttpRequest& request) {
  HttpResponse response{.status = 204};
  response.add_header("access-control-allow-methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS");
  response.add_header("access-control-allow-headers",
                      request.header("access-control-request-headers").value_or("authorization, content-type"));
  response.add_header("access-control-max-age", "86400");
  return finish(std::move(response));
}

std::string_view bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  std::string_view header = request.header("authorization").value_or("");
  if (header.size() < scheme.size() || !net::equal_ignoring_case(header.substr(0, scheme.size()), scheme)) return {};
  header.remove_prefix(scheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  return header;
}

bool publishes(std::string_view path) {
  return path.starts_with("/v2/publish/") || path.starts_with("/v2/enqueue/") || path.starts_with("/v1/publish/");
}

bool carries_a_message(std::string_view path) {
  return publishes(path) || path.starts_with("/v2/schedules/");
}

std::string_view take_segment(std::string_view& path) {
  auto end = path.find('/');
  std::string_view segment = path.substr(0, end);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end);
  return segment;
}

}  // namespace

std::string read_only_token(const std::string& token) {
  std::string secret = to_hex(hmac_sha256(token, "read-only"));
  std::string text = fmt::format(R"({{"UserID":"readOnly","Password":"{}"}})", secret.substr(0, 40));
  std::string made;
  append_base64(made, text);
  return made;
}

std::optional<PathParts> match_path(std::string_view pattern, std::string_view path) {
  PathParts parts;
  while (!pattern.empty() && !path.empty()) {
    if (pattern.front() != '/' || path.front() != '/') return std::nullopt;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
    if (pattern == "*") {
      parts.tail = path;
      return path.empty() ? std::nullopt : std::optional(std::move(parts));
    }
    std::string_view wanted = take_segment(pattern);
    std::string_view given = take_segment(path);
    if (wanted == "{}") {
      if (given.empty()) return std::nullopt;
      parts.names.push_back(net::percent_decode(given).value_or(std::string(given)));
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  bool both_end = pattern.empty() && path.empty();
  return both_end ? std::optional(std::move(parts)) : std::nullopt;
}

QstashDoor::QstashDoor(delivery::Delivery& delivery, QstashTokens tokens)
    : delivery_(delivery), tokens_(std::move(tokens)) {
  // The most frequent first; pausing a schedule before the making of one, whose path takes everything.
  for (auto rows : {schedule_calls, publish_calls, message_calls, queue_calls, group_calls, dead_letter_calls,
                    flow_control_calls, version1_calls}) {
    for (const CallRow& row : rows()) rows_.push_back(row);
  }
}

std::vector<Route> QstashDoor::routes() {
  auto handle = [this](HttpRequest& request) { return answer(request); };
  return {{.path = "/v1/*", .handle = handle}, {.path = "/v2/*", .handle = handle}};
}

bool QstashDoor::owns(std::string_view path) {
  return path.starts_with("/v1/") || path.starts_with("/v2/");
}

QstashDoor::Access QstashDoor::access_of(std::string_view token) const {
  if (token.empty()) return Access::none;
  if (equal_in_constant_time(token, tokens_.all)) return Access::all;
  return equal_in_constant_time(token, tokens_.read_only) ? Access::read : Access::none;
}

QstashDoor::Entry QstashDoor::entry_of(const HttpRequest& request) const {
  if (Access access = access_of(bearer_token(request)); access != Access::none) return {.access = access};
  if (!publishes(request.path)) return {};
  std::string token = net::query_value(request.query, token_parameter).value_or("");
  return {.access = access_of(token), .of_query = true};
}

QstashDoor::Match QstashDoor::match(const HttpRequest& request) const {
  Match found;
  for (const CallRow& row : rows_) {
    auto parts = match_path(row.path, request.path);
    if (!parts) continue;
    if (row.method == request.method) {
      found.row = &row;
      found.call = {.request = &request, .names = std::move(parts->names), .tail = parts->tail};
      return found;
    }
    found.allowed += found.allowed.empty() ? "" : ", ";
    found.allowed += row.method;
  }
  return found;
}

Async<HttpResponse> QstashDoor::answer(HttpRequest& request) {
  if (request.method == "OPTIONS") co_return preflight(request);
  Entry entry = entry_of(request);
  if (entry.access == Access::none) {
    HttpResponse refusal = answer_error(401, wrong_token);
    refusal.add_header("www-authenticate", "Bearer realm=\"the token is QSTASH_TOKEN of: millrace env\"");
    co_return finish(std::move(refusal));
  }
  if (entry.access == Access::read && request.method != "GET") {
    co_return finish(answer_error(403, "this token may only read"));
  }
  Match found = match(request);
  if (found.row == nullptr && found.allowed.empty()) {
    co_return finish(answer_error(404, fmt::format("there is nothing at {}", request.path)));
  }
  if (found.row == nullptr) {
    HttpResponse refusal = answer_error(405, fmt::format("{} takes {}", request.path, found.allowed));
    refusal.add_header("allow", found.allowed);
    co_return finish(std::move(refusal));
  }
  found.call.token_of_query = entry.of_query;
  HttpResponse response = co_await found.row->handle(delivery_, std::move(found.call));
  co_return finish(std::move(response));
}

std::size_t QstashDoor::body_bytes_max(const HttpRequest& head) const {
  bool batch = head.path == "/v2/batch";
  if (!batch && !carries_a_message(head.path)) return small_body_bytes_max;
  if (entry_of(head).access != Access::all) return small_body_bytes_max;
  return batch ? batch_body_bytes_max : delivery_.limits().body_bytes_max;
}

HttpResponse QstashDoor::refuse(int status, std::string_view reason) const {
  return finish(status == 413 ? answer_error(413, "quota maxMessageSize exceeded") : answer_error(status, reason));
}

}  // namespace millrace::front
