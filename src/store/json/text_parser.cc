#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

#include "store/json/text.h"

namespace millrace::store::json {
namespace {

// Bytes of a string that stand for themselves and need no look at their neighbours.
constexpr auto is_plain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

constexpr bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

// How many bytes the UTF-8 character at the front of `text` takes (its first byte is not ASCII); 0: it is not valid.
std::size_t character_size(std::string_view text) {
  auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  auto follows = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  unsigned first = at(0);
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0 && at(1) < 0xa0) return 0;  // too long a form
    if (first == 0xed && at(1) > 0x9f) return 0;  // a surrogate
    return follows(1) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && at(1) < 0x90) return 0;
    if (first == 0xf4 && at(1) > 0x8f) return 0;  // beyond U+10FFFF
    return follows(1) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

void append_utf8(std::string& out, unsigned code) {
  auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

// Functions return whether all is well; the first fault is kept.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Value> document() {
    Value root;
    if (value(root, 0)) {
      skip_space();
      if (at_ < text_.size()) fail("trailing characters");
    }
    if (!fault_.empty()) return Error{ErrorCode::invalid, fault_};
    return root;
  }

 private:
  bool value(Value& out, int depth) {
    skip_space();
    switch (peek()) {
      case '{': return object(out, depth + 1);
      case '[': return array(out, depth + 1);
      case '"': {
        std::string text;
        if (!string(text)) return false;
        out = Value(std::move(text));
        return true;
      }
      case 't': return word("true", Value(true), out);
      case 'f': return word("false", Value(false), out);
      case 'n': return word("null", Value(), out);
      default: break;
    }
    if (at_ == text_.size()) return fail("EOF while parsing a value");
    if (peek() == '-' || is_digit(peek())) return number(out);
    return fail("expected value");
  }

  bool object(Value& out, int depth) {
    if (depth > depth_max) return fail("recursion limit exceeded");
    ++at_;
    Object members;
    skip_space();
    if (peek() == '}') {
      ++at_;
      out = Value(std::move(members));
      return true;
    }
    for (;;) {
      if (!member(members.emplace_back(), depth)) return false;
      if (peek() == '}') break;
      if (!take(',', "EOF while parsing an object", "expected `,` or `}`")) return false;
      skip_space();
      if (peek() == '}') return fail("trailing comma");
    }
    ++at_;
    drop_repeated(members);
    out = Value(std::move(members));
    return true;
  }

  bool member(Member& out, int depth) {
    if (at_ == text_.size()) return fail("EOF while parsing an object");
    if (peek() != '"') return fail("key must be a string");
    if (!string(out.name)) return false;
    skip_space();
    if (!take(':', "EOF while parsing an object", "expected `:`")) return false;
    if (!value(out.value, depth)) return false;
    skip_space();
    return true;
  }

  bool array(Value& out, int depth) {
    if (depth > depth_max) return fail("recursion limit exceeded");
    ++at_;
    Array items;
    skip_space();
    if (at_ == text_.size()) return fail("EOF while parsing a list");
    while (peek() != ']') {
      if (!value(items.emplace_back(), depth)) return false;
      skip_space();
      if (peek() == ']') break;
      if (!take(',', "EOF while parsing a list", "expected `,` or `]`")) return false;
      skip_space();
      if (peek() == ']') return fail("trailing comma");
    }
    ++at_;
    out = Value(std::move(items));
    return true;
  }

  bool word(std::string_view letters, Value meaning, Value& out) {
    for (char letter : letters) {
      if (at_ == text_.size()) return fail("EOF while parsing a value");
      if (text_[at_] != letter) return fail("expected ident");
      ++at_;
    }
    out = std::move(meaning);
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    for (;;) {
      std::size_t from = at_;
      while (at_ < text_.size() && is_plain[static_cast<unsigned char>(text_[at_])]) ++at_;
      out.append(text_, from, at_ - from);
      if (at_ == text_.size()) return fail("EOF while parsing a string");
      auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') break;
      if (byte < 0x20) return fail("control character (\\u0000-\\u001F) found while parsing a string");
      if (byte == '\\') {
        if (!escape(out)) return false;
      } else {
        std::size_t size = character_size(text_.substr(at_));
        if (size == 0) return fail("Couldn't parse as UTF-8 string");
        out.append(text_, at_, size);
        at_ += size;
      }
    }
    ++at_;
    return true;
  }

  bool escape(std::string& out) {
    ++at_;
    if (at_ == text_.size()) return fail("EOF while parsing a string");
    switch (text_[at_++]) {
      case '"': out += '"'; return true;
      case '\\': out += '\\'; return true;
      case '/': out += '/'; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'u': return unicode(out);
      default: --at_; return fail("invalid escape");
    }
  }

  bool unicode(std::string& out) {
    unsigned code = 0;
    if (!hex(code)) return false;
    if (code >= 0xdc00 && code <= 0xdfff) return fail("lone leading surrogate in hex escape");
    if (code >= 0xd800 && code <= 0xdbff) {
      if (text_.substr(at_, 2) != "\\u") return fail("unexpected end of hex escape");
      at_ += 2;
      unsigned low = 0;
      if (!hex(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return fail("lone leading surrogate in hex escape");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, code);
    return true;
  }

  bool hex(unsigned& code) {
    std::string_view digits = text_.substr(at_, 4);
    auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (wrong != std::errc{} || end != digits.data() + 4) return fail("invalid escape");
    at_ += 4;
    return true;
  }

  bool number(Value& out) {
    std::size_t from = at_;
    bool whole = true;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) return fail("invalid number");
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      whole = false;
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return convert(text_.substr(from, at_ - from), whole, out);
  }

  bool digits() {
    if (at_ == text_.size()) return fail("EOF while parsing a value");
    if (!is_digit(peek())) return fail("invalid number");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool convert(std::string_view text, bool whole, Value& out) {
    const char* end = text.data() + text.size();
    if (whole && text != "-0") {
      std::int64_t number = 0;
      std::uint64_t large = 0;
      if (std::from_chars(text.data(), end, number).ec == std::errc{}) {
        out = Value(number);
        return true;
      }
      if (text[0] != '-' && std::from_chars(text.data(), end, large).ec == std::errc{}) {
        out = Value(large);
        return true;
      }
    }
    double number = 0;
    if (std::from_chars(text.data(), end, number).ec != std::errc{}) {
      number = std::strtod(std::string(text).c_str(), nullptr);  // tells too small from too large
      if (!std::isfinite(number)) return fail("number out of range");
    }
    out = Value(number);
    return true;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size()) {
      char byte = text_[at_];
      if (byte != ' ' && byte != '\n' && byte != '\t' && byte != '\r') return;
      ++at_;
    }
  }

  bool take(char wanted, std::string_view at_end, std::string_view otherwise) {
    if (at_ == text_.size()) return fail(at_end);
    if (text_[at_] != wanted) return fail(otherwise);
    ++at_;
    return true;
  }

  // The column counts the byte that is wrong, or those read where the text ends.
  bool fail(std::string_view what) {
    std::string_view read = text_.substr(0, at_);
    std::size_t line = 1;
    for (char byte : read) line += byte == '\n' ? 1 : 0;
    std::size_t start = line == 1 ? 0 : read.rfind('\n') + 1;
    std::size_t column = at_ - start + (at_ < text_.size() ? 1 : 0);
    fault_ = fmt::format("{} at line {} column {}", what, line, column);
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string fault_{};
};

}  // namespace

Result<Value> parse(std::string_view text) {
  return Parser(text).document();
}

}  // namespace millrace::store::json
