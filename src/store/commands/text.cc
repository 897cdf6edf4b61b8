#include "store/commands/text.h"

#include <algorithm>
#include <charconv>
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

}  // namespace

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
