#include "graphql/language/lexer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>

namespace millrace::graphql {
namespace {

enum class Class : std::uint8_t { other, ignored, comment, punctuator, dot, quote, name, digit, minus, multibyte };

constexpr auto classes = [] {
  std::array<Class, 256> table{};
  for (unsigned char c : {' ', '\t', '\n', '\r', ','}) table[c] = Class::ignored;
  for (unsigned char c : {'!', '$', '&', '(', ')', ':', '=', '@', '[', ']', '{', '|', '}'})
    table[c] = Class::punctuator;
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = Class::name;
  for (int c = '0'; c <= '9'; ++c) table[c] = Class::digit;
  for (int c = 0x80; c < 0x100; ++c) table[c] = Class::multibyte;
  table['_'] = Class::name;
  table['-'] = Class::minus;
  table['.'] = Class::dot;
  table['"'] = Class::quote;
  table['#'] = Class::comment;
  return table;
}();

Class class_of(char c) {
  return classes[static_cast<unsigned char>(c)];
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

TokenKind punctuator(char c) {
  switch (c) {
    case '!': return TokenKind::bang;
    case '$': return TokenKind::dollar;
    case '&': return TokenKind::ampersand;
    case '(': return TokenKind::paren_left;
    case ')': return TokenKind::paren_right;
    case ':': return TokenKind::colon;
    case '=': return TokenKind::equals;
    case '@': return TokenKind::at;
    case '[': return TokenKind::bracket_left;
    case ']': return TokenKind::bracket_right;
    case '{': return TokenKind::brace_left;
    case '|': return TokenKind::pipe;
    default: return TokenKind::brace_right;
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Four hexadecimal digits at `place`, or -1.
int hex4(const char* place, const char* end) {
  if (end - place < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_digit(place[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

char* append_utf8(char* out, std::uint32_t point) {
  if (point < 0x80) {
    *out++ = static_cast<char>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<char>(0xC0 | (point >> 6));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    *out++ = static_cast<char>(0xE0 | (point >> 12));
    *out++ = static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  } else {
    *out++ = static_cast<char>(0xF0 | (point >> 18));
    *out++ = static_cast<char>(0x80 | ((point >> 12) & 0x3F));
    *out++ = static_cast<char>(0x80 | ((point >> 6) & 0x3F));
    *out++ = static_cast<char>(0x80 | (point & 0x3F));
  }
  return out;
}

// The first line of `rest`, which loses it and its line end. `more` tells whether there was a line end.
std::string_view take_line(std::string_view& rest, bool& more) {
  const auto end = rest.find_first_of("\r\n");
  more = end != std::string_view::npos;
  const auto line = rest.substr(0, end);
  if (more) rest.remove_prefix(end + (rest[end] == '\r' && end + 1 < rest.size() && rest[end + 1] == '\n' ? 2 : 1));
  return line;
}

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

}  // namespace

std::string_view describe(TokenKind kind) {
  switch (kind) {
    case TokenKind::end: return "the end of the document";
    case TokenKind::bang: return "\"!\"";
    case TokenKind::dollar: return "\"$\"";
    case TokenKind::ampersand: return "\"&\"";
    case TokenKind::paren_left: return "\"(\"";
    case TokenKind::paren_right: return "\")\"";
    case TokenKind::spread: return "\"...\"";
    case TokenKind::colon: return "\":\"";
    case TokenKind::equals: return "\"=\"";
    case TokenKind::at: return "\"@\"";
    case TokenKind::bracket_left: return "\"[\"";
    case TokenKind::bracket_right: return "\"]\"";
    case TokenKind::brace_left: return "\"{\"";
    case TokenKind::brace_right: return "\"}\"";
    case TokenKind::pipe: return "\"|\"";
    case TokenKind::name: return "a name";
    case TokenKind::integer: return "an integer";
    case TokenKind::floating: return "a number";
    case TokenKind::string: return "a string";
    case TokenKind::block_string: return "a block string";
    case TokenKind::failure: return "an invalid token";
  }
  return "a token";
}

std::string describe(const Token& token) {
  // 40: enough to recognise the place, without echoing a hostile text.
  constexpr std::size_t shown_max = 40;
  if (token.kind < TokenKind::name || token.kind > TokenKind::floating) return std::string(describe(token.kind));
  return fmt::format("\"{}{}\"", token.text.substr(0, shown_max), token.text.size() > shown_max ? "…" : "");
}

void Lexer::fail(std::uint32_t offset, std::string message, bool over_limit) {
  if (failed()) return;
  error_ = {std::move(message), offset, over_limit};
  token_ = {TokenKind::failure, offset, {}};
}

void Lexer::next() {
  if (failed() || !skip_ignored()) return;
  if (at_ == end_) return emit(TokenKind::end, at_, {});
  if (++tokens_ > tokens_max_) [[unlikely]]
    return fail(offset_of(at_), fmt::format("The document has more than {} tokens.", tokens_max_), true);
  const char* from = at_;
  switch (class_of(*at_)) {
    case Class::name: return read_name();
    case Class::punctuator: ++at_; return emit(punctuator(*from), from, {from, 1});
    case Class::digit:
    case Class::minus: return read_number();
    case Class::quote:
      if (end_ - at_ >= 3 && at_[1] == '"' && at_[2] == '"') return read_block_string();
      return read_string();
    case Class::dot:
      if (end_ - at_ < 3 || at_[1] != '.' || at_[2] != '.') return fail_character();
      at_ += 3;
      return emit(TokenKind::spread, from, {from, 3});
    default: return fail_character();
  }
}

bool Lexer::skip_ignored() {
  while (at_ != end_) {
    switch (class_of(*at_)) {
      case Class::ignored: ++at_; break;
      case Class::comment:
        if (!skip_comment()) return false;
        break;
      case Class::multibyte:
        if (end_ - at_ < 3 || std::memcmp(at_, "\xEF\xBB\xBF", 3) != 0) return true;
        at_ += 3;
        break;
      default: return true;
    }
  }
  return true;
}

bool Lexer::skip_comment() {
  while (at_ != end_ && *at_ != '\n' && *at_ != '\r') {
    if (class_of(*at_) != Class::multibyte) {
      ++at_;
    } else if (!skip_multibyte(at_)) {
      fail_at(at_, "The text is not valid UTF-8.");
      return false;
    }
  }
  return true;
}

void Lexer::read_name() {
  const char* from = at_++;
  while (at_ != end_ && (class_of(*at_) == Class::name || class_of(*at_) == Class::digit)) ++at_;
  emit(TokenKind::name, from, {from, static_cast<std::size_t>(at_ - from)});
}

void Lexer::fail_number(const char* place) {
  fail_at(place, place == end_ ? "The number is incomplete: a digit is missing."
                               : "The number is malformed: a digit is missing or another character follows it.");
}

bool Lexer::read_digits() {
  if (at_ == end_ || !is_digit(*at_)) {
    fail_number(at_);
    return false;
  }
  while (at_ != end_ && is_digit(*at_)) ++at_;
  return true;
}

void Lexer::read_number() {
  const char* from = at_;
  auto kind = TokenKind::integer;
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;
    if (at_ != end_ && is_digit(*at_)) return fail_at(at_, "A number has no leading zero.");
  } else if (!read_digits()) {
    return;
  }
  if (at_ != end_ && *at_ == '.') {
    kind = TokenKind::floating;
    ++at_;
    if (!read_digits()) return;
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    kind = TokenKind::floating;
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!read_digits()) return;
  }
  if (at_ != end_ && (*at_ == '.' || class_of(*at_) == Class::name)) return fail_number(at_);
  emit(kind, from, {from, static_cast<std::size_t>(at_ - from)});
}

void Lexer::read_string() {
  const char* from = at_++;
  while (at_ != end_) {
    const char c = *at_;
    if (c == '"') {
      emit(TokenKind::string, from, {from + 1, static_cast<std::size_t>(at_ - from - 1)});
      ++at_;
      return;
    }
    if (c == '\\') return read_string_with_escapes(from);
    if (c == '\n' || c == '\r') break;
    if (class_of(c) != Class::multibyte) {
      ++at_;
    } else if (!skip_multibyte(at_)) {
      return fail_at(at_, "The text is not valid UTF-8.");
    }
  }
  fail_at(at_, "The string is not closed.");
}

void Lexer::read_string_with_escapes(const char* from) {
  // No escape is shorter than its value, so the text up to the closing quote bounds the value.
  const char* bound = at_;
  while (bound != end_ && *bound != '"' && *bound != '\n' && *bound != '\r')
    bound += *bound == '\\' && bound + 1 != end_ ? 2 : 1;
  auto* value = static_cast<char*>(arena_.take(static_cast<std::size_t>(bound - from), 1));
  char* out = value;
  const auto plain = static_cast<std::size_t>(at_ - from - 1);
  std::memcpy(out, from + 1, plain);
  out += plain;
  while (at_ != end_ && *at_ != '\n' && *at_ != '\r') {
    if (*at_ == '"') {
      ++at_;
      return emit(TokenKind::string, from, {value, static_cast<std::size_t>(out - value)});
    }
    if (*at_ == '\\') {
      if (!read_escape(out)) return;
      continue;
    }
    const char* character = at_;
    if (class_of(*at_) != Class::multibyte) {
      ++at_;
    } else if (!skip_multibyte(at_)) {
      return fail_at(at_, "The text is not valid UTF-8.");
    }
    while (character != at_) *out++ = *character++;
  }
  fail_at(at_, "The string is not closed.");
}

bool Lexer::read_escape(char*& out) {
  const char escaped = end_ - at_ > 1 ? at_[1] : '\0';
  switch (escaped) {
    case '"':
    case '\\':
    case '/': *out++ = escaped; break;
    case 'b': *out++ = '\b'; break;
    case 'f': *out++ = '\f'; break;
    case 'n': *out++ = '\n'; break;
    case 'r': *out++ = '\r'; break;
    case 't': *out++ = '\t'; break;
    case 'u': return end_ - at_ > 2 && at_[2] == '{' ? read_braced_escape(out) : read_unicode_escape(out);
    default: fail_at(at_, "The string has an unknown escape."); return false;
  }
  at_ += 2;
  return true;
}

bool Lexer::read_unicode_escape(char*& out) {
  const int first = hex4(at_ + 2, end_);
  if (first >= 0 && (first < 0xD800 || first > 0xDFFF)) {
    out = append_utf8(out, static_cast<std::uint32_t>(first));
    at_ += 6;
    return true;
  }
  if (first >= 0xD800 && first < 0xDC00 && end_ - at_ >= 12 && at_[6] == '\\' && at_[7] == 'u') {
    const int second = hex4(at_ + 8, end_);
    if (second >= 0xDC00 && second <= 0xDFFF) {
      out = append_utf8(out, 0x10000 + ((static_cast<std::uint32_t>(first) - 0xD800) << 10) + (second - 0xDC00));
      at_ += 12;
      return true;
    }
  }
  fail_at(at_, "The string has an invalid Unicode escape.");
  return false;
}

bool Lexer::read_braced_escape(char*& out) {
  std::uint32_t point = 0;
  const char* place = at_ + 3;
  for (; place != end_ && hex_digit(*place) >= 0; ++place)
    point = std::min<std::uint32_t>(point * 16 + hex_digit(*place), 0x110000);
  const bool scalar = point < 0xD800 || (point > 0xDFFF && point < 0x110000);
  if (place == end_ || *place != '}' || place == at_ + 3 || !scalar) {
    fail_at(at_, "The string has an invalid Unicode escape.");
    return false;
  }
  out = append_utf8(out, point);
  at_ = place + 1;
  return true;
}

void Lexer::read_block_string() {
  const char* from = at_;
  at_ += 3;
  while (at_ != end_) {
    const auto left = end_ - at_;
    if (*at_ == '"' && left >= 3 && at_[1] == '"' && at_[2] == '"') {
      emit(TokenKind::block_string, from, block_string_value({from + 3, static_cast<std::size_t>(at_ - from - 3)}));
      at_ += 3;
      return;
    }
    if (*at_ == '\\' && left >= 4 && at_[1] == '"' && at_[2] == '"' && at_[3] == '"') {
      at_ += 4;
    } else if (class_of(*at_) != Class::multibyte) {
      ++at_;
    } else if (!skip_multibyte(at_)) {
      return fail_at(at_, "The text is not valid UTF-8.");
    }
  }
  fail_at(at_, "The block string is not closed.");
}

std::string_view Lexer::block_string_value(std::string_view raw) {
  std::size_t indent_common = raw.size();
  std::size_t first_filled = raw.size(), last_filled = 0, number = 0;
  bool more = true;
  for (auto rest = raw; more; ++number) {
    const auto line = take_line(rest, more);
    const auto indent = indent_of(line);
    if (indent == line.size()) continue;
    first_filled = std::min(first_filled, number);
    last_filled = number;
    if (number > 0) indent_common = std::min(indent_common, indent);
  }
  if (first_filled == raw.size()) return {};
  auto* value = static_cast<char*>(arena_.take(raw.size(), 1));
  char* out = value;
  number = 0;
  more = true;
  for (auto rest = raw; more && number <= last_filled; ++number) {
    auto line = take_line(rest, more);
    if (number < first_filled) continue;
    if (number > first_filled) *out++ = '\n';
    if (number > 0) line.remove_prefix(std::min(indent_common, line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && line.substr(i + 1, 3) == "\"\"\"") ++i;
      *out++ = line[i];
    }
  }
  return {value, static_cast<std::size_t>(out - value)};
}

bool Lexer::skip_multibyte(const char*& place) const {
  const auto lead = static_cast<unsigned char>(*place);
  const int length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || end_ - place < length) return false;
  const auto second = static_cast<unsigned char>(place[1]);
  if (lead == 0xE0 && second < 0xA0) return false;
  if (lead == 0xED && second > 0x9F) return false;
  if (lead == 0xF0 && second < 0x90) return false;
  if (lead == 0xF4 && second > 0x8F) return false;
  for (int i = 1; i < length; ++i)
    if ((static_cast<unsigned char>(place[i]) & 0xC0) != 0x80) return false;
  place += length;
  return true;
}

void Lexer::fail_character() {
  const char c = *at_;
  const char* after = at_;
  if (c == '\'') return fail_at(at_, "Strings are written in double quotes.");
  if (c == '.') return fail_at(at_, "Expected \"...\", found a lone dot.");
  if (class_of(c) != Class::multibyte) {
    if (c > 0x20 && c < 0x7F) return fail_at(at_, fmt::format("Unexpected character \"{}\".", c));
    return fail_at(at_, fmt::format("Unexpected character U+{:04X}.", static_cast<unsigned char>(c)));
  }
  if (!skip_multibyte(after)) return fail_at(at_, "The text is not valid UTF-8.");
  fail_at(at_, fmt::format("Unexpected character \"{}\".", std::string_view(at_, after)));
}

}  // namespace millrace::graphql
