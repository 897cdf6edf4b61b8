// Feeds the parser bytes in pieces that the input itself chooses and in one piece: the outcome must be the same, and
// it must always go on.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/resp_parser.h"

namespace millrace::net {
namespace {

// The commands and the fault, as text.
std::string outcome(std::string_view text, std::string_view cuts, bool known) {
  RespParser parser({.bulk_bytes = 4096, .line_bytes = 64, .command_bytes = 16384, .words = 100});
  parser.set_known(known);
  std::string lines;
  for (std::size_t number = 0; !text.empty(); ++number) {
    const std::size_t size = cuts.empty() ? text.size() : 1 + static_cast<std::uint8_t>(cuts[number % cuts.size()]);
    auto bytes = text.substr(0, size);
    text.remove_prefix(bytes.size());
    while (!bytes.empty()) {
      const auto before = bytes.size();
      const auto found = parser.take(bytes);
      if (found == RespParser::Outcome::failed) return lines + "fault: " + parser.fault();
      if (bytes.size() >= before) std::abort();
      if (found == RespParser::Outcome::incomplete) continue;
      if (parser.words().empty() || parser.in_command()) std::abort();
      for (const auto& word : parser.words()) lines.append(word).append("|");
      lines.append("\n");
      if (lines.size() % 7 == 0) parser.trim();
    }
  }
  return lines;
}

}  // namespace
}  // namespace millrace::net

// The first byte says how many of the next are sizes of pieces, and whether the peer is known.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using millrace::net::outcome;
  if (size < 1) return 0;
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t sizes = std::min<std::size_t>(input.size() - 1, data[0] % 8);
  const bool known = (data[0] & 0x80) != 0;
  const auto cuts = input.substr(1, sizes);
  const auto text = input.substr(1 + sizes);
  const auto whole = outcome(text, {}, known);
  if (outcome(text, cuts, known) != whole) std::abort();
  if (outcome(text, std::string_view{"\0", 1}, known) != whole) std::abort();  // byte by byte
  return 0;
}
