#include "graphql/language/location.h"

#include <algorithm>

namespace millrace::graphql {
namespace {

// How many UTF-16 code units the character that begins with `byte` takes; continuation bytes take none.
std::uint32_t utf16_units(unsigned char byte) {
  return (byte & 0xC0) == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1;
}

}  // namespace

SourceLocation locate(std::string_view text, std::uint32_t offset) {
  SourceLocation location;
  const std::size_t end = std::min<std::size_t>(offset, text.size());
  for (std::size_t i = 0; i < end; ++i) {
    const char c = text[i];
    const bool crlf = c == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (crlf && i + 1 == end) {  // between CR and LF: the line end counts from its CR on
      ++location.line;
      location.column = 0;
    } else if (c == '\n' || (c == '\r' && !crlf)) {
      ++location.line;
      location.column = 1;
    } else if (!crlf) {
      location.column += utf16_units(static_cast<unsigned char>(c));
    }
  }
  return location;
}

}  // namespace millrace::graphql
