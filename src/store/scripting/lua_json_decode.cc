#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <lua.hpp>

#include "store/scripting/lua_json.h"

namespace millrace::store {
namespace {

enum class Token {
  object_begin,
  object_end,
  array_begin,
  array_end,
  string,
  number,
  boolean,
  null,
  colon,
  comma,
  end,
  error
};

class JsonDecoder {
 public:
  // `text` ends in a NUL, as strings of Lua do.
  JsonDecoder(lua_State* lua, const JsonOptions& options, std::string_view text)
      : lua_(lua), options_(options), text_(text) {}

  // Pushes the value.
  void read() {
    advance();
    push_value(0);
    advance();
    if (token_ != Token::end) refuse("the end");
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void set_error(const char* what) {
    token_ = Token::error;
    token_at_ = at_;
    what_ = what;
  }

  void set_token(Token token, std::size_t size) {
    token_ = token;
    at_ += size;
  }

  const char* token_text() const {
    switch (token_) {
      case Token::object_begin: return "T_OBJ_BEGIN";
      case Token::object_end: return "T_OBJ_END";
      case Token::array_begin: return "T_ARR_BEGIN";
      case Token::array_end: return "T_ARR_END";
      case Token::string: return "T_STRING";
      case Token::number: return "T_NUMBER";
      case Token::boolean: return "T_BOOLEAN";
      case Token::null: return "T_NULL";
      case Token::colon: return "T_COLON";
      case Token::comma: return "T_COMMA";
      case Token::end: return "T_END";
      case Token::error: break;
    }
    return what_;
  }

  void refuse(const char* expected) {
    luaL_error(lua_, "Expected %s but found %s at character %d", expected, token_text(),
               static_cast<int>(token_at_ + 1));
  }

  void advance() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') ++at_;
    token_at_ = at_;
    const std::string_view rest = text_.substr(std::min(at_, text_.size()));
    const char c = peek();
    switch (c) {
      case '{': return set_token(Token::object_begin, 1);
      case '}': return set_token(Token::object_end, 1);
      case '[': return set_token(Token::array_begin, 1);
      case ']': return set_token(Token::array_end, 1);
      case ',': return set_token(Token::comma, 1);
      case ':': return set_token(Token::colon, 1);
      case '\0': token_ = Token::end; return;  // a NUL ends the text as well
      case '"': return read_string();
      default: break;
    }
    if (c == '-' || (c >= '0' && c <= '9')) {
      if (!options_.decode_invalid_numbers && is_invalid_number()) return set_error("invalid number");
      return read_number();
    }
    if (rest.starts_with("true") || rest.starts_with("false")) {
      boolean_ = c == 't';
      return set_token(Token::boolean, boolean_ ? 4 : 5);
    }
    if (rest.starts_with("null")) return set_token(Token::null, 4);
    if (options_.decode_invalid_numbers && is_invalid_number()) return read_number();
    set_error("invalid token");
  }

  // Numbers that JSON does not have: hexadecimal, with a leading zero or plus, infinity and nan.
  bool is_invalid_number() const {
    std::size_t at = 0;
    if (peek() == '+') return true;
    if (peek() == '-') ++at;
    if (peek(at) == '0') return (peek(at + 1) | 0x20) == 'x' || (peek(at + 1) >= '0' && peek(at + 1) <= '9');
    if (peek(at) <= '9') return false;
    const char word[] = {static_cast<char>(peek(at) | 0x20), static_cast<char>(peek(at + 1) | 0x20),
                         static_cast<char>(peek(at + 2) | 0x20)};
    const std::string_view name(word, 3);
    return name == "inf" || name == "nan";
  }

  void read_number() {
    const char* begin = text_.data() + at_;
    if (!is_invalid_number()) {
      const auto [end, failure] = std::from_chars(begin, text_.data() + text_.size(), number_);
      if (failure == std::errc{}) return set_token(Token::number, static_cast<std::size_t>(end - begin));
    }
    char* end = nullptr;
    number_ = std::strtod(begin, &end);
    if (end == begin) return set_error("invalid number");
    set_token(Token::number, static_cast<std::size_t>(end - begin));
  }

  void read_string() {
    string_.clear();
    ++at_;
    while (peek() != '"') {
      const char c = peek();
      if (c == '\0') return set_error("unexpected end of string");
      if (c != '\\') {
        string_.push_back(c);
        ++at_;
      } else if (peek(1) == 'u') {
        if (!read_code_point()) return set_error("invalid unicode escape code");
      } else {
        constexpr std::string_view names = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        const auto which = peek(1) == '\0' ? names.npos : names.find(peek(1));
        if (which == names.npos) return set_error("invalid escape code");
        string_.push_back(meanings[which]);
        at_ += 2;
      }
    }
    set_token(Token::string, 1);
  }

  // The four hexadecimal digits from there on; -1 when they are none.
  int hex_at(std::size_t ahead) const {
    int number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const char c = peek(ahead + i);
      const char low = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        number = number << 4 | (c - '0');
      } else if (low >= 'a' && low <= 'f') {
        number = number << 4 | (low - 'a' + 10);
      } else {
        return -1;
      }
    }
    return number;
  }

  bool read_code_point() {
    int code = hex_at(2);
    if (code < 0) return false;
    std::size_t size = 6;
    if ((code & 0xF800) == 0xD800) {  // a surrogate: the high one, then the low one
      if ((code & 0x400) != 0 || peek(6) != '\\' || peek(7) != 'u') return false;
      const int low = hex_at(8);
      if (low < 0 || (low & 0xFC00) != 0xDC00) return false;
      code = ((code & 0x3FF) << 10 | (low & 0x3FF)) + 0x10000;
      size = 12;
    }
    append_utf8(code);
    at_ += size;
    return true;
  }

  void append_utf8(int code) {
    const auto continued = [this](int bits) { string_.push_back(static_cast<char>(0x80 | (bits & 0x3F))); };
    if (code < 0x80) {
      string_.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
      string_.push_back(static_cast<char>(0xC0 | code >> 6));
      continued(code);
    } else if (code < 0x10000) {
      string_.push_back(static_cast<char>(0xE0 | code >> 12));
      continued(code >> 6);
      continued(code);
    } else {
      string_.push_back(static_cast<char>(0xF0 | code >> 18));
      continued(code >> 12);
      continued(code >> 6);
      continued(code);
    }
  }

  void push_value(int depth) {
    switch (token_) {
      case Token::string: lua_pushlstring(lua_, string_.data(), string_.size()); return;
      case Token::number: lua_pushnumber(lua_, number_); return;
      case Token::boolean: lua_pushboolean(lua_, boolean_ ? 1 : 0); return;
      case Token::null: lua_pushlightuserdata(lua_, nullptr); return;
      case Token::object_begin: return push_object(depth + 1);
      case Token::array_begin: return push_array(depth + 1);
      default: refuse("value");
    }
  }

  void check_depth(int depth) {
    if (depth <= options_.decode_depth_max && lua_checkstack(lua_, 4) != 0) return;
    luaL_error(lua_, "Found too many nested data structures (%d) at character %d", depth, static_cast<int>(at_));
  }

  void push_object(int depth) {
    check_depth(depth);
    lua_newtable(lua_);
    advance();
    if (token_ == Token::object_end) return;
    while (true) {
      if (token_ != Token::string) refuse("object key string");
      lua_pushlstring(lua_, string_.data(), string_.size());
      advance();
      if (token_ != Token::colon) refuse("colon");
      advance();
      push_value(depth);
      lua_rawset(lua_, -3);
      advance();
      if (token_ == Token::object_end) return;
      if (token_ != Token::comma) refuse("comma or object end");
      advance();
    }
  }

  void push_array(int depth) {
    check_depth(depth);
    lua_newtable(lua_);
    if (options_.mark_arrays) {
      push_array_mark(lua_);
      lua_setmetatable(lua_, -2);
    }
    advance();
    if (token_ == Token::array_end) return;
    for (int index = 1;; ++index) {
      push_value(depth);
      lua_rawseti(lua_, -2, index);
      advance();
      if (token_ == Token::array_end) return;
      if (token_ != Token::comma) refuse("comma or array end");
      advance();
    }
  }

  lua_State* lua_;
  const JsonOptions& options_;
  std::string_view text_;
  std::size_t at_ = 0;
  Token token_ = Token::end;
  std::size_t token_at_ = 0;
  const char* what_ = "";
  std::string string_{};
  double number_ = 0;
  bool boolean_ = false;
};

}  // namespace

void decode_json(lua_State* lua, const JsonOptions& options, std::string_view text) {
  JsonDecoder(lua, options, text).read();
}

}  // namespace millrace::store
