#include "store/commands/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace millrace::store {
namespace {

// Takes a class, whose '[' is gone, from `pattern`; an unclosed one ends with the pattern. Whether `c` is in it.
bool take_class(std::string_view& pattern, unsigned char c) {
  bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  while (!pattern.empty() && pattern.front() != ']') {
    if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
    auto low = static_cast<unsigned char>(pattern.front());
    auto high = low;
    if (pattern.size() > 2 && pattern[1] == '-') {
      high = static_cast<unsigned char>(pattern[2]);
      pattern.remove_prefix(2);
    }
    pattern.remove_prefix(1);
    found = found || (std::min(low, high) <= c && c <= std::max(low, high));
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return found != negated;
}

// Takes one element, which is not '*', from `pattern`. Whether it stands for `c`.
bool take_one(std::string_view& pattern, char c) {
  char first = pattern.front();
  pattern.remove_prefix(1);
  if (first == '?') return true;
  if (first == '[') return take_class(pattern, static_cast<unsigned char>(c));
  if (first == '\\' && !pattern.empty()) {
    first = pattern.front();
    pattern.remove_prefix(1);
  }
  return first == c;
}

// Whether strtod and its kin, given the text with an end, must be asked at all.
bool may_be_number(std::string_view text) {
  constexpr std::size_t size_max = 5 * 1024;  // as Redis
  if (text.empty() || text.size() > size_max) return false;
  auto first = static_cast<unsigned char>(text.front());
  return first > ' ' && text.find('\0') == text.npos;
}

// A number in (0, inf) that is no integer, or too large to be written as one.
void append_shortest(std::string& out, double number) {
  char text[32];
  std::string_view scientific(
      text, std::to_chars(text, text + sizeof text, number, std::chars_format::scientific).ptr - text);
  auto mark = scientific.find('e');
  std::string digits(1, scientific[0]);
  if (mark > 2) digits.append(scientific.substr(2, mark - 2));
  int power = 0;  // of the first digit
  std::from_chars(text + mark + (text[mark + 1] == '+' ? 2 : 1), text + scientific.size(), power);

  int last = power - static_cast<int>(digits.size()) + 1;  // the power of the last digit
  if (last >= 0 && power < static_cast<int>(digits.size()) + 7) {
    out.append(digits).append(static_cast<std::size_t>(last), '0');
  } else if (last < 0 && (last > -7 || std::abs(power) < 4)) {
    if (power < 0) {
      out.append("0.").append(static_cast<std::size_t>(-power - 1), '0').append(digits);
    } else {
      auto whole = static_cast<std::size_t>(power) + 1;
      out.append(digits, 0, whole).append(".").append(digits, whole);
    }
  } else {
    out.push_back(digits[0]);
    if (digits.size() > 1) out.append(".").append(digits, 1);
    out.append(power < 0 ? "e-" : "e+").append(std::to_string(std::abs(power)));
  }
}

}  // namespace

std::optional<double> to_real(std::string_view text) {
  if (!may_be_number(text)) return std::nullopt;
  std::string ended(text);
  char* end = nullptr;
  errno = 0;
  double number = std::strtod(ended.c_str(), &end);
  bool overflows = errno == ERANGE && (std::abs(number) == HUGE_VAL || number == 0);
  if (end != ended.c_str() + ended.size() || overflows || std::isnan(number)) return std::nullopt;
  return number;
}

std::optional<long double> to_long_real(std::string_view text) {
  if (!may_be_number(text)) return std::nullopt;
  std::string ended(text);
  char* end = nullptr;
  errno = 0;
  long double number = std::strtold(ended.c_str(), &end);
  bool overflows = errno == ERANGE && (std::abs(number) == HUGE_VALL || number == 0);
  if (end != ended.c_str() + ended.size() || overflows || std::isnan(number)) return std::nullopt;
  return number;
}

void append_real(std::string& out, double number) {
  constexpr double integers_most = 4611686018427387904.0;  // half of what 64 bits hold: Redis goes so far
  if (std::isnan(number)) {
    out.append("nan");
  } else if (std::isinf(number)) {
    out.append(number > 0 ? "inf" : "-inf");
  } else if (number == 0) {
    out.append(std::signbit(number) ? "-0" : "0");
  } else if (std::abs(number) <= integers_most && number == std::trunc(number)) {
    out.append(std::to_string(static_cast<std::int64_t>(number)));
  } else {
    if (number < 0) out.push_back('-');
    append_shortest(out, std::abs(number));
  }
}

std::string format_real(double number) {
  std::string text;
  append_real(text, number);
  return text;
}

std::string format_long_real(long double number) {
  char buffer[5 * 1024];  // the largest has 4,933 digits before the point
  auto size = static_cast<std::size_t>(std::snprintf(buffer, sizeof buffer, "%.17Lf", number));
  std::string text(buffer, size);
  if (text.find('.') != text.npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

std::string upper_case(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  bool negative = text.front() == '-';
  char first_digit = text[negative ? 1 : 0];
  if (first_digit == '0' && text.size() > 1) return std::nullopt;
  return number;
}

bool equals_ignoring_case(std::string_view text, std::string_view upper_case) {
  return std::ranges::equal(text, upper_case, [](char a, char b) {
    return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
  });
}

// Only the last '*' is ever tried again: what an earlier one could match, a later one can as well.
bool matches(std::string_view pattern, std::string_view text) {
  std::optional<std::string_view> retry_pattern;
  std::string_view retry_text;
  for (;;) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      retry_pattern = pattern;
      retry_text = text;
      continue;
    }
    if (text.empty() && pattern.empty()) return true;
    if (!text.empty() && !pattern.empty() && take_one(pattern, text.front())) {
      text.remove_prefix(1);
      continue;
    }
    if (!retry_pattern || retry_text.empty()) return false;
    retry_text.remove_prefix(1);
    pattern = *retry_pattern;
    text = retry_text;
  }
}

std::string literal_prefix(std::string_view pattern) {
  return std::string(pattern.substr(0, std::min(pattern.find_first_of("*?[\\"), pattern.size())));
}

}  // namespace millrace::store
