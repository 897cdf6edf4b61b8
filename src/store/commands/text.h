#pragma once

// What commands make of their arguments. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::store {

// A decimal integer in its only form: no plus, no leading zero, no space, no "-0".
std::optional<std::int64_t> to_integer(std::string_view text);

bool equals_ignoring_case(std::string_view text, std::string_view upper_case);

// Whether all of `text` matches `pattern` as KEYS understands it: * ? [a-c] [^x] and \ before a character to take it
// literally. Bytes, not characters. Its time grows with the product of both lengths at worst.
bool matches(std::string_view pattern, std::string_view text);

// What every text that matches begins with.
std::string literal_prefix(std::string_view pattern);

}  // namespace millrace::store
