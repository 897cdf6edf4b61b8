#include "front/qstash/call.h"

#include <fmt/format.h>

namespace millrace::front {

using net::HttpResponse;

std::string Call::caller_address() const {
  std::string_view peer = request->peer;
  peer = peer.substr(0, peer.rfind(':'));
  if (peer.starts_with('[') && peer.ends_with(']')) peer = peer.substr(1, peer.size() - 2);
  return std::string(peer);
}

HttpResponse answer_json(int status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

HttpResponse answer_error(int status, std::string_view text) {
  return answer_with(status, [&](JsonWriter& json) {
    std::string quoted;
    append_json_string_repaired(quoted, text);
    json.open_object().key("error").raw(quoted).close_object();
  });
}

int status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid:
    case ErrorCode::denied: return 400;  // of a destination: a caller without rights never comes so far
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::over_limit: return error.message.find("maxMessageSize") != std::string::npos ? 413 : 412;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::corrupt: return 500;
  }
  return 500;
}

HttpResponse answer_error(const Error& error) {
  return answer_error(status_of(error), error.message);
}

HttpResponse answer_error(const Error& error, std::string_view kind, std::string_view name) {
  if (error.code != ErrorCode::not_found) return answer_error(error);
  return answer_error(404, fmt::format("{} not found: {}", kind, name));
}

HttpResponse answer_done(const Result<void>& done) {
  return done ? answer_json(200, "{}") : answer_error(done.error());
}

}  // namespace millrace::front
