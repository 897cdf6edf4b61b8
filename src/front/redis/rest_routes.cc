#include "front/redis/rest_routes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>

#include "base/crypto.h"
#include "front/redis/reply_writer.h"
#include "front/redis/rest_execution.h"

namespace millrace::front {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using store::Caller;
using store::DatabaseId;
using store::Reply;

constexpr std::string_view place = "/redis";
constexpr std::string_view json_type = "application/json";
constexpr std::string_view wrong_token = "WRONGPASS invalid or missing auth token";
constexpr std::array<std::string_view, 4> methods = {"GET", "HEAD", "POST", "PUT"};

// What the SDKs send, for pages that do not say what they will.
constexpr std::string_view allowed_headers =
    "authorization, content-type, accept, cache-control, upstash-encoding, upstash-response-format, "
    "upstash-sync-token, upstash-telemetry-sdk, upstash-telemetry-platform, upstash-telemetry-runtime";

// The secret that a request brings: of the header when there is one, else of the query.
std::string token_of(const HttpRequest& request) {
  constexpr std::string_view scheme = "bearer ";
  auto header = request.header("authorization");
  if (!header) return net::query_value(request.query, "_token").value_or("");
  if (header->size() < scheme.size() || !net::equal_ignoring_case(header->substr(0, scheme.size()), scheme)) return {};
  std::string_view token = header->substr(scheme.size());
  while (token.starts_with(' ')) token.remove_prefix(1);
  return std::string(token);
}

// What the client says of its body, if it does.
std::optional<std::size_t> length_of(const HttpRequest& head) {
  auto header = head.header("content-length");
  std::size_t length = 0;
  if (!header) return std::nullopt;
  auto [end, fault] = std::from_chars(header->data(), header->data() + header->size(), length);
  return fault == std::errc() ? std::optional(length) : std::nullopt;
}

bool accepts_events(const HttpRequest& request) {
  constexpr std::string_view wanted = "text/event-stream";
  std::string_view accept = request.header("accept").value_or("");
  for (std::size_t at = 0; at + wanted.size() <= accept.size(); ++at) {
    if (net::equal_ignoring_case(accept.substr(at, wanted.size()), wanted)) return true;
  }
  return false;
}

// The header is misspelt in the vendor's own examples.
std::optional<std::string_view> format_of(const HttpRequest& request) {
  auto format = request.header("upstash-response-format");
  return format ? format : request.header("upstash-reponse-format");
}

int status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid:
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::over_limit: return 400;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::corrupt: return 500;
  }
  return 500;
}

std::string_view type_of(RestForm form) {
  return form.format == RestFormat::resp2 ? "application/octet-stream" : json_type;
}

void append(std::string& out, const Reply& reply, RestForm form) {
  if (form.format == RestFormat::resp2) {
    append_reply(out, reply, RespVersion::two);
  } else {
    append_rest_reply(out, reply, form.encoding);
  }
}

RestInput input_of(const HttpRequest& request) {
  static_assert(HttpRequest::body_padding >= 64, "JSON is read where it lies");
  return {.path = request.path.substr(place.size()),
          .query = request.query,
          .body = request.body,
          .event_stream = accepts_events(request)};
}

}  // namespace

RestDoor::RestDoor(net::Reactor& reactor, store::EmbeddedStore& store, const DatabaseDirectory& directory,
                   RestOptions options)
    : reactor_(reactor), store_(store), directory_(directory), options_(options), server_(random_secret(8)) {}

std::vector<Route> RestDoor::routes() {
  auto handle = [this](HttpRequest& request) { return answer(request); };
  return {{.path = std::string(place), .handle = handle}, {.path = std::string(place) + "/*", .handle = handle}};
}

bool RestDoor::owns(std::string_view path) {
  return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

Async<HttpResponse> RestDoor::answer(HttpRequest& request) {
  if (request.method == "OPTIONS") co_return preflight(request);
  if (std::ranges::find(methods, request.method) == methods.end()) {
    HttpResponse refusal{.status = 405};
    refusal.add_header("allow", "GET, HEAD, POST, PUT, OPTIONS");
    co_return finish(std::move(refusal));
  }
  auto access = directory_.find(token_of(request));
  if (!access) {
    HttpResponse refusal = error(401, wrong_token);
    refusal.add_header("www-authenticate", "Bearer realm=\"the token is UPSTASH_REDIS_REST_TOKEN of: millrace env\"");
    co_return refusal;
  }
  auto form = read_rest_form(request.header("upstash-encoding"), format_of(request));
  if (!form) co_return error(400, form.error().message);
  RestLimits limits = options_.limits;
  limits.request_bytes = bytes_max(access->database, request.body.size());
  RestRequest asked = read_rest_request(input_of(request), limits);
  RestPlace place{reactor_, store_, access->database};
  place.caller = {.door = store::Door::rest, .read_only = access->read_only, .address = std::string(request.peer)};
  co_return co_await execute(std::move(asked), *form, std::move(place));
}

Async<HttpResponse> RestDoor::execute(RestRequest request, RestForm form, RestPlace place) {
  DatabaseId database = place.database;
  switch (request.action) {
    case RestAction::command: {
      auto reply = co_await run_rest_command(std::move(place), std::move(request.commands.front()));
      if (!reply) co_return error(status_of(reply.error()), error_text(reply.error()), form.format);
      co_return one_reply(std::move(*reply), form, database);
    }
    case RestAction::pipeline: {
      auto replies =
          co_await run_rest_pipeline(std::move(place), std::move(request.commands), std::move(request.faults));
      co_return batch(std::move(replies), form, database);
    }
    case RestAction::transaction: {
      form.format = RestFormat::json;
      auto replies = co_await run_rest_transaction(std::move(place), std::move(request.commands));
      if (!replies) co_return error(status_of(replies.error()), error_text(replies.error()));
      co_return batch(std::move(*replies), form, database);
    }
    case RestAction::subscribe:
    case RestAction::psubscribe:
    case RestAction::monitor: co_return open_stream(request, database, place.caller);
    case RestAction::refuse: break;
  }
  co_return error(400, request.error, form.format);
}

HttpResponse RestDoor::open_stream(const RestRequest& request, DatabaseId database, const Caller& caller) {
  if (request.action == RestAction::monitor && caller.read_only) {
    return error(400, "NOPERM this user has no permissions to run the 'monitor' command or its subcommand");
  }
  store::LiveState& live = store_.live();
  auto events = std::make_shared<SseStream>(reactor_, live.pubsub, live.monitors, database, options_.streams);
  if (request.action == RestAction::monitor) {
    events->monitor();
  } else {
    auto kind = request.action == RestAction::subscribe ? store::Subscription::channel : store::Subscription::pattern;
    events->subscribe(kind, request.commands.front());
  }
  HttpResponse response{.content_type = "text/event-stream"};
  response.stream = [events](net::HttpStream& stream) { return SseStream::run(events, stream); };
  response.add_header("cache-control", "no-cache");
  response.add_header("x-accel-buffering", "no");  // a proxy that gathers events would hold them back
  return finish(std::move(response));
}

HttpResponse RestDoor::preflight(const HttpRequest& request) {
  HttpResponse response{.status = 204};
  response.add_header("access-control-allow-methods", "GET, HEAD, POST, PUT, OPTIONS");
  response.add_header("access-control-allow-headers",
                      request.header("access-control-request-headers").value_or(allowed_headers));
  response.add_header("access-control-max-age", "86400");
  return finish(std::move(response));
}

HttpResponse RestDoor::refuse(int status, std::string_view reason, const HttpRequest& head) {
  if (status != 413) return error(status, fmt::format("ERR {}", reason));
  std::size_t limit = body_bytes_max(head);
  return error(400, request_too_large(limit, length_of(head).value_or(limit + 1)));
}

std::size_t RestDoor::body_bytes_max(const HttpRequest& head) const {
  std::size_t unknown = head.header("transfer-encoding") ? SIZE_MAX : 0;
  std::size_t length = length_of(head).value_or(unknown);
  auto access = length > options_.limits.request_bytes ? directory_.find(token_of(head)) : std::nullopt;
  return access ? bytes_max(access->database, length) : options_.limits.request_bytes;
}

// How many bytes a request or reply of a database may have, when it has `bytes`: the database may allow more than all
// do, which is looked up only where it matters.
std::size_t RestDoor::bytes_max(DatabaseId database, std::size_t bytes) const {
  std::size_t usual = options_.limits.request_bytes;
  if (bytes <= usual) return usual;
  auto unit = store_.home().open_blocking();
  auto properties = store_.properties(*unit, database);
  return properties ? std::max<std::size_t>(usual, properties->limits.request_bytes_max) : usual;
}

HttpResponse RestDoor::error(int status, std::string_view text, RestFormat format) {
  HttpResponse response{.status = status, .content_type = json_type};
  if (format == RestFormat::resp2) {
    response.content_type = "application/octet-stream";
    append_error(response.body, text);
  } else {
    append_rest_error(response.body, text);
  }
  return finish(std::move(response));
}

HttpResponse RestDoor::one_reply(Reply reply, RestForm form, DatabaseId database) {
  limit(reply, database);
  HttpResponse response{.status = reply.is_error() ? 400 : 200, .content_type = type_of(form)};
  append(response.body, reply, form);
  return finish(std::move(response));
}

HttpResponse RestDoor::batch(std::vector<Reply> replies, RestForm form, DatabaseId database) {
  bool json = form.format == RestFormat::json;
  HttpResponse response{.content_type = type_of(form)};
  if (json) response.body += '[';
  for (Reply& reply : replies) {
    if (json && &reply != &replies.front()) response.body += ',';
    limit(reply, database);
    append(response.body, reply, form);
    reply = {};
  }
  if (json) response.body += ']';
  return finish(std::move(response));
}

// What the hosted service does not answer either, so that nobody comes to rely on it.
void RestDoor::limit(Reply& reply, DatabaseId database) const {
  std::size_t bytes = text_bytes(reply);
  std::size_t most = bytes_max(database, bytes);
  if (bytes > most) reply = Reply::error(request_too_large(most, bytes));
}

HttpResponse RestDoor::finish(HttpResponse response) {
  response.header_lines += "access-control-allow-origin: *\r\naccess-control-expose-headers: upstash-sync-token\r\n";
  if (!response.stream) response.header_lines += "cache-control: no-store\r\n";
  fmt::format_to(std::back_inserter(response.header_lines), "Upstash-Sync-Token: {}:{}\r\n", server_, ++responses_);
  return response;
}

}  // namespace millrace::front
