#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <lua.hpp>

#include "store/scripting/lua_json.h"
#include "store/scripting/machine.h"

namespace millrace::store {
namespace {

class JsonEncoder {
 public:
  JsonEncoder(lua_State* lua, const JsonOptions& options) : lua_(lua), options_(options) {}

  const std::string& text() const { return out_; }

  // Of the value on top of the stack, which stays.
  void append(int depth) {
    check_buffer(lua_, out_.size());
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING: return append_string(-1);
      case LUA_TNUMBER: return append_number(-1);
      case LUA_TBOOLEAN: out_.append(lua_toboolean(lua_, -1) != 0 ? "true" : "false"); return;
      case LUA_TTABLE: return append_table(depth + 1);
      case LUA_TNIL: out_.append("null"); return;
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(lua_, -1) != nullptr) break;
        out_.append("null");
        return;
      default: break;
    }
    refuse(-1, "type not supported");
  }

 private:
  void refuse(int index, const char* reason) {
    luaL_error(lua_, "Cannot serialise %s: %s", lua_typename(lua_, lua_type(lua_, index)), reason);
  }

  void append_string(int index) {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua_, index, &size);
    check_buffer(lua_, out_.size() + size);
    out_.push_back('"');
    for (const char c : std::string_view(bytes, size)) append_character(c);
    out_.push_back('"');
  }

  void append_character(char c) {
    switch (c) {
      case '"': out_.append("\\\""); return;
      case '\\': out_.append("\\\\"); return;
      case '/': out_.append("\\/"); return;
      case '\b': out_.append("\\b"); return;
      case '\t': out_.append("\\t"); return;
      case '\n': out_.append("\\n"); return;
      case '\f': out_.append("\\f"); return;
      case '\r': out_.append("\\r"); return;
      default: break;
    }
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      out_.push_back(c);
      return;
    }
    constexpr char digits[] = "0123456789abcdef";
    out_.append("\\u00");
    out_.push_back(digits[c >> 4 & 15]);
    out_.push_back(digits[c & 15]);
  }

  void append_number(int index) {
    const double number = lua_tonumber(lua_, index);
    using Invalid = JsonOptions::Invalid;
    if (!std::isfinite(number)) {
      if (options_.encode_invalid_numbers == Invalid::off) refuse(index, "must not be NaN or Inf");
      if (options_.encode_invalid_numbers == Invalid::null) {
        out_.append("null");
        return;
      }
      if (std::isnan(number)) {
        out_.append("nan");
        return;
      }
    }
    char text[40];
    const int size = std::snprintf(text, sizeof text, "%.*g", options_.precision, number);
    out_.append(text, static_cast<std::size_t>(size));
  }

  bool is_marked() {
    if (lua_getmetatable(lua_, -1) == 0) return false;
    push_array_mark(lua_);
    const bool marked = lua_rawequal(lua_, -1, -2) != 0;
    lua_pop(lua_, 2);
    return marked;
  }

  // How many places an array on top of the stack has; -1 when it is none.
  int array_places() {
    int places = 0;
    std::int64_t items = 0;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      const double key = lua_type(lua_, -2) == LUA_TNUMBER ? lua_tonumber(lua_, -2) : 0;
      if (!(key >= 1 && key <= INT_MAX && std::floor(key) == key)) {
        lua_pop(lua_, 2);
        return -1;
      }
      places = std::max(places, static_cast<int>(key));
      ++items;
      lua_pop(lua_, 1);
    }
    if (options_.sparse_ratio > 0 && places > items * options_.sparse_ratio && places > options_.sparse_safe) {
      if (!options_.sparse_convert) refuse(-1, "excessively sparse array");
      return -1;
    }
    return places;
  }

  void append_table(int depth) {
    if (depth > options_.encode_depth_max || lua_checkstack(lua_, 4) == 0) {
      luaL_error(lua_, "Cannot serialise, excessive nesting (%d)", depth);
    }
    check_time(lua_);
    const int places = array_places();
    if (places > 0 || (places == 0 && is_marked())) {
      append_array(depth, places);
    } else {
      append_object(depth);
    }
  }

  void append_array(int depth, int places) {
    out_.push_back('[');
    for (int i = 1; i <= places; ++i) {
      if (i > 1) out_.push_back(',');
      lua_rawgeti(lua_, -1, i);
      append(depth);
      lua_pop(lua_, 1);
    }
    out_.push_back(']');
  }

  void append_object(int depth) {
    out_.push_back('{');
    bool first = true;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      if (!first) out_.push_back(',');
      first = false;
      append_key();
      append(depth);
      lua_pop(lua_, 1);
    }
    out_.push_back('}');
  }

  // Of the key below the value on top of the stack.
  void append_key() {
    if (lua_type(lua_, -2) == LUA_TSTRING) {
      append_string(-2);
      out_.push_back(':');
    } else if (lua_type(lua_, -2) == LUA_TNUMBER) {
      out_.push_back('"');
      append_number(-2);
      out_.append("\":");
    } else {
      refuse(-2, "table key must be a number or string");
    }
  }

  lua_State* lua_;
  const JsonOptions& options_;
  std::string out_{};
};

}  // namespace

std::string encode_json(lua_State* lua, const JsonOptions& options) {
  JsonEncoder encoder(lua, options);
  encoder.append(0);
  return encoder.text();
}

}  // namespace millrace::store
