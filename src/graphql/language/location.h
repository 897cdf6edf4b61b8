#pragma once

// Lines and columns for people and clients, as the reference implementation counts them: both from 1, CRLF is one line
// end, columns in UTF-16 code units, a byte order mark is one column.

#include <cstdint>
#include <string_view>

namespace millrace::graphql {

struct SourceLocation {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  bool operator==(const SourceLocation&) const = default;
  auto operator<=>(const SourceLocation&) const = default;
};

// Where byte `offset` of `text` is. Linear in the offset: meant for errors, not for every node.
SourceLocation locate(std::string_view text, std::uint32_t offset);

}  // namespace millrace::graphql
