// Reads replies from any bytes, in one piece and byte by byte: the outcome must be the same, and it must end.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/resp_reply.h"

namespace millrace::net {
namespace {

void append(std::string& out, const RespReply& reply) {
  out += std::to_string(static_cast<int>(reply.kind)) + ":" + std::to_string(reply.integer) + ":" + reply.text + "(";
  for (const RespReply& element : reply.elements) append(out, element);
  out += ")";
}

// The replies and how it ended, as text.
std::string outcome(std::string_view text, std::size_t piece) {
  RespReplyReader reader([&](std::string& input) -> Result<void> {
    if (text.empty()) return Error{ErrorCode::unavailable, "the end"};
    input += text.substr(0, piece);
    text.remove_prefix(std::min(piece, text.size()));
    return {};
  });
  std::string out;
  for (;;) {
    auto reply = reader.read();
    if (!reply) return out + reply.error().message;
    append(out, *reply);
  }
}

}  // namespace
}  // namespace millrace::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (millrace::net::outcome(text, 1) != millrace::net::outcome(text, size + 1)) std::abort();
  return 0;
}
