#pragma once

// The events of REST streams as text/event-stream (WHATWG HTML, section 9.2): one `data: ` line for each line of the
// payload, then an empty line. Never base64. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::front {

// A comment, which readers skip: keeps proxies from closing a quiet stream.
inline constexpr std::string_view sse_heartbeat = ": ping\n\n";

void append_sse_event(std::string& out, std::string_view payload);

// "subscribe,news,1": what a stream begins with; `kind` is subscribe or psubscribe.
std::string subscribed_payload(std::string_view kind, std::string_view name, std::size_t count);
std::string message_payload(std::string_view channel, std::string_view payload);
std::string pattern_message_payload(std::string_view pattern, std::string_view channel, std::string_view payload);

}  // namespace millrace::front
