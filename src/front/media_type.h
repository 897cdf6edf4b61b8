#pragma once

// Which of the media types on offer a client wants (RFC 9110, sections 12.4.2 and 12.5.1). Pure.

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace millrace::front {

// The index in `offers` that `accept` likes best: the highest q, of equals the one its header lists first, of a
// wildcard the first on offer. Nothing when none is acceptable. An absent or empty header accepts the first.
std::optional<std::size_t> choose_media_type(std::optional<std::string_view> accept,
                                             std::span<const std::string_view> offers);

// "application/json" of "Application/JSON ; charset=utf-8", and its charset parameter without quotes.
struct ContentType {
  std::string_view essence{};  // as written; compare it without case
  std::string_view charset{};
};
ContentType parse_content_type(std::string_view header);

}  // namespace millrace::front
