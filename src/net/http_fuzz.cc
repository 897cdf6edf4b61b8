// Feeds the parser bytes in pieces that the input itself chooses and in one piece: the outcome must be the same, and
// the views it gives must be readable.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/http_parser.h"

namespace millrace::net {
namespace {

// The requests and the fault, as text; every view is copied and thus read.
std::string outcome(std::string_view text, std::string_view cuts) {
  const HttpParserLimits limits{.target_bytes = 64, .header_bytes = 256, .body_bytes = 128};
  HttpParser parser{limits, "peer"};
  std::string lines;
  for (std::size_t number = 0; !text.empty() && parser.state() != HttpParser::State::failed; ++number) {
    const std::size_t size = cuts.empty() ? text.size() : 1 + static_cast<std::uint8_t>(cuts[number % cuts.size()]);
    auto bytes = text.substr(0, size);
    text.remove_prefix(bytes.size());
    while (!bytes.empty() && parser.state() != HttpParser::State::failed) {
      const auto used = parser.feed(bytes);
      if (used > bytes.size()) std::abort();
      if (used == 0 && parser.state() != HttpParser::State::failed) std::abort();  // no progress
      bytes.remove_prefix(used);
      if (parser.state() != HttpParser::State::complete) continue;
      auto request = parser.take();
      lines.append(request->method).append(" ").append(request->path).append("?").append(request->query);
      for (const auto& header : request->headers)
        lines.append("|").append(header.name).append("=").append(header.value);
      lines.append("|").append(request->body).append(request->keep_alive ? "|keep\n" : "|close\n");
      if (request->body.data()[request->body.size() + HttpRequest::body_padding - 1] != 0) std::abort();
      parse_query(request->query);
      path_segments(request->path);
      parser.recycle(std::move(request));
    }
  }
  if (parser.state() == HttpParser::State::failed) lines.append(std::to_string(parser.fault().status));
  return lines;
}

}  // namespace
}  // namespace millrace::net

// The first byte says how many of the next are sizes of pieces; the rest is what a client sends.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using millrace::net::outcome;
  if (size < 1) return 0;
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t sizes = std::min<std::size_t>(input.size() - 1, data[0] % 8);
  const auto cuts = input.substr(1, sizes);
  const auto text = input.substr(1 + sizes);
  const auto whole = outcome(text, {});
  if (outcome(text, cuts) != whole) std::abort();
  if (outcome(text, std::string_view{"\0", 1}) != whole) std::abort();  // byte by byte
  return 0;
}
