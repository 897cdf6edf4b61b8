#include "front/redis/sse_events.h"

#include <fmt/format.h>

namespace millrace::front {

void append_sse_event(std::string& out, std::string_view payload) {
  for (;;) {
    std::size_t end = payload.find_first_of("\r\n");
    out.append("data: ").append(payload.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    bool pair = payload.substr(end).starts_with("\r\n");
    payload.remove_prefix(end + (pair ? 2 : 1));
  }
  out.append("\n");
}

std::string subscribed_payload(std::string_view kind, std::string_view name, std::size_t count) {
  return fmt::format("{},{},{}", kind, name, count);
}

std::string message_payload(std::string_view channel, std::string_view payload) {
  return fmt::format("message,{},{}", channel, payload);
}

std::string pattern_message_payload(std::string_view pattern, std::string_view channel, std::string_view payload) {
  return fmt::format("pmessage,{},{},{}", pattern, channel, payload);
}

}  // namespace millrace::front
