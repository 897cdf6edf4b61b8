#pragma once

// What commands make of their arguments. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::store {

// A decimal integer in its only form: no plus, no leading zero, no space, no "-0".
std::optional<std::int64_t> to_integer(std::string_view text);

// A number as Redis reads one: what strtod takes, without spaces before or behind it, and not NaN.
std::optional<double> to_real(std::string_view text);
std::optional<long double> to_long_real(std::string_view text);

// The shortest text that gives `number` again, as Redis 7.2 writes it: "3", "0.1", "1e+21", "-inf".
void append_real(std::string& out, double number);
std::string format_real(double number);

// At most 17 digits behind the point and no trailing zeros, as INCRBYFLOAT answers.
std::string format_long_real(long double number);

std::string lower_case(std::string_view text);
std::string upper_case(std::string_view text);

bool equals_ignoring_case(std::string_view text, std::string_view upper_case);

// Whether all of `text` matches `pattern` as KEYS understands it: * ? [a-c] [^x] and \ before a character to take it
// literally. Bytes, not characters. Its time grows with the product of both lengths at worst.
bool matches(std::string_view pattern, std::string_view text);

// What every text that matches begins with.
std::string literal_prefix(std::string_view pattern);

}  // namespace millrace::store
