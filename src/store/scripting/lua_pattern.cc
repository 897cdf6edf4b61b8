// string.find, match, gmatch and gsub of Lua 5.1. Lua's own try a bad pattern for ever, and go so deep that the stack
// ends; these keep to the time of the script and to a depth.

#include <algorithm>
#include <cctype>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"

namespace millrace::store {
namespace {

constexpr int captures_max = 32;               // of Lua 5.1
constexpr int depth_max = 2000;                // of one match inside another: some 300 KB of the stack
constexpr int steps_between_checks = 1 << 14;  // of the time: far below a millisecond

constexpr std::ptrdiff_t open_capture = -1;
constexpr std::ptrdiff_t position_capture = -2;

struct Capture {
  const char* begin = nullptr;
  std::ptrdiff_t size = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool in_class(char c, char name) {
  const auto byte = static_cast<unsigned char>(c);
  bool found = false;
  switch (std::tolower(static_cast<unsigned char>(name))) {
    case 'a': found = std::isalpha(byte) != 0; break;
    case 'c': found = std::iscntrl(byte) != 0; break;
    case 'd': found = std::isdigit(byte) != 0; break;
    case 'l': found = std::islower(byte) != 0; break;
    case 'p': found = std::ispunct(byte) != 0; break;
    case 's': found = std::isspace(byte) != 0; break;
    case 'u': found = std::isupper(byte) != 0; break;
    case 'w': found = std::isalnum(byte) != 0; break;
    case 'x': found = std::isxdigit(byte) != 0; break;
    case 'z': found = byte == 0; break;
    default: return name == c;
  }
  return std::isupper(static_cast<unsigned char>(name)) != 0 ? !found : found;
}

// `set` is at its '[', `last` at its ']'.
bool in_set(char c, const char* set, const char* last) {
  const bool inside = set[1] != '^';
  for (const char* at = set + (inside ? 1 : 2); at < last; ++at) {
    if (*at == '%') {
      ++at;
      if (in_class(c, *at)) return inside;
    } else if (at[1] == '-' && at + 2 < last) {
      const auto byte = static_cast<unsigned char>(c);
      if (static_cast<unsigned char>(*at) <= byte && byte <= static_cast<unsigned char>(at[2])) return inside;
      at += 2;
    } else if (*at == c) {
      return inside;
    }
  }
  return !inside;
}

// One pattern against one text.
class Matcher {
 public:
  Matcher(lua_State* lua, std::string_view text, const char* pattern)
      : lua_(lua), text_(text), pattern_end_(pattern + std::strlen(pattern)) {}

  const char* text_begin() const { return text_.data(); }
  const char* text_end() const { return text_.data() + text_.size(); }

  // The end of what matches from `at` on; null when nothing does.
  const char* match_at(const char* at, const char* pattern) {
    count_ = 0;
    depth_ = 0;
    return match(at, pattern);
  }

  // Pushes all captures; without any the whole match, if it is given. How many values that are.
  int push_captures(const char* begin, const char* end) {
    const int count = count_ == 0 && begin != nullptr ? 1 : count_;
    luaL_checkstack(lua_, count, "too many captures");
    for (int i = 0; i < count; ++i) push_capture(i, begin, end);
    return count;
  }

  void push_capture(int index, const char* begin, const char* end) {
    if (index >= count_) {
      if (index != 0) luaL_error(lua_, "invalid capture index");
      lua_pushlstring(lua_, begin, static_cast<std::size_t>(end - begin));
      return;
    }
    const Capture& capture = captures_[index];
    if (capture.size == open_capture) luaL_error(lua_, "unfinished capture");
    if (capture.size == position_capture) {
      lua_pushinteger(lua_, capture.begin - text_begin() + 1);
    } else {
      lua_pushlstring(lua_, capture.begin, static_cast<std::size_t>(capture.size));
    }
  }

 private:
  void step() {
    if (++steps_ % steps_between_checks == 0) check_time(lua_);
  }

  // What is at `at`, '\0' behind the end.
  char pattern_at(const char* at) const { return at < pattern_end_ ? *at : '\0'; }

  const char* match(const char* at, const char* pattern) {
    if (++depth_ > depth_max) luaL_error(lua_, "pattern too complex");
    const char* end = match_items(at, pattern);
    --depth_;
    return end;
  }

  // Goes through the items of the pattern, and deeper where there is a choice.
  const char* match_items(const char* at, const char* pattern) {
    while (pattern < pattern_end_) {
      step();
      if (*pattern == '(') {
        const bool tells_position = pattern_at(pattern + 1) == ')';
        return tells_position ? begin_capture(at, pattern + 2, position_capture)
                              : begin_capture(at, pattern + 1, open_capture);
      }
      if (*pattern == ')') return end_capture(at, pattern + 1);
      if (*pattern == '$' && pattern + 1 == pattern_end_) return at == text_end() ? at : nullptr;
      if (is_special(pattern)) {
        if (!match_special(at, pattern)) return nullptr;
        continue;
      }
      const char* item_end = end_of_item(pattern);
      const char repeats = pattern_at(item_end);
      if (repeats == '*') return match_most(at, pattern, item_end, 0);
      if (repeats == '+') return match_most(at, pattern, item_end, 1);
      if (repeats == '-') return match_fewest(at, pattern, item_end);
      const bool matches = matches_item(at, pattern, item_end);
      if (repeats == '?') {
        if (matches) {
          if (const char* end = match(at + 1, item_end + 1)) return end;
        }
        pattern = item_end + 1;
        continue;
      }
      if (!matches) return nullptr;
      ++at;
      pattern = item_end;
    }
    return at;
  }

  // %b, %f and %1 to %9, which nothing repeats.
  bool is_special(const char* pattern) const {
    const char name = pattern_at(pattern + 1);
    return *pattern == '%' && (name == 'b' || name == 'f' || is_digit(name));
  }

  bool match_special(const char*& at, const char*& pattern) {
    if (pattern[1] == 'b') {
      at = match_balance(at, pattern + 2);
      pattern += 4;
      return at != nullptr;
    }
    if (pattern[1] == 'f') {
      pattern = match_frontier(at, pattern + 2);
      return pattern != nullptr;
    }
    at = match_again(at, pattern[1]);
    pattern += 2;
    return at != nullptr;
  }

  const char* match_most(const char* at, const char* item, const char* item_end, std::ptrdiff_t least) {
    std::ptrdiff_t count = 0;
    while (matches_item(at + count, item, item_end)) {
      step();
      ++count;
    }
    for (; count >= least; --count) {
      if (const char* end = match(at + count, item_end + 1)) return end;
    }
    return nullptr;
  }

  const char* match_fewest(const char* at, const char* item, const char* item_end) {
    while (true) {
      if (const char* end = match(at, item_end + 1)) return end;
      if (!matches_item(at, item, item_end)) return nullptr;
      ++at;
    }
  }

  const char* begin_capture(const char* at, const char* pattern, std::ptrdiff_t kind) {
    if (count_ >= captures_max) luaL_error(lua_, "too many captures");
    captures_[count_] = {.begin = at, .size = kind};
    ++count_;
    const char* end = match(at, pattern);
    if (end == nullptr) --count_;
    return end;
  }

  const char* end_capture(const char* at, const char* pattern) {
    int index = count_ - 1;
    while (index >= 0 && captures_[index].size != open_capture) --index;
    if (index < 0) luaL_error(lua_, "invalid pattern capture");
    captures_[index].size = at - captures_[index].begin;
    const char* end = match(at, pattern);
    if (end == nullptr) captures_[index].size = open_capture;
    return end;
  }

  const char* match_balance(const char* at, const char* pair) {
    if (pattern_end_ - pair < 2) luaL_error(lua_, "unbalanced pattern");
    if (at == text_end() || *at != pair[0]) return nullptr;
    int open = 1;
    for (++at; at < text_end(); ++at) {
      step();
      if (*at == pair[1]) {
        if (--open == 0) return at + 1;
      } else if (*at == pair[0]) {
        ++open;
      }
    }
    return nullptr;
  }

  // Where the pattern goes on when the set begins to hold here; null when it does not.
  const char* match_frontier(const char* at, const char* set) {
    if (pattern_at(set) != '[') luaL_error(lua_, "missing '[' after '%%f' in pattern");
    const char* end = end_of_item(set);
    const char before = at == text_begin() ? '\0' : at[-1];
    const char here = at == text_end() ? '\0' : *at;
    return !in_set(before, set, end - 1) && in_set(here, set, end - 1) ? end : nullptr;
  }

  const char* match_again(const char* at, char digit) {
    const int index = digit - '1';
    if (index < 0 || index >= count_ || captures_[index].size == open_capture) {
      luaL_error(lua_, "invalid capture index");
    }
    const auto size = static_cast<std::size_t>(std::max<std::ptrdiff_t>(captures_[index].size, 0));
    if (static_cast<std::size_t>(text_end() - at) < size) return nullptr;
    return std::memcmp(captures_[index].begin, at, size) == 0 ? at + size : nullptr;
  }

  const char* end_of_item(const char* item) {
    if (*item == '%') {
      if (item + 1 == pattern_end_) luaL_error(lua_, "malformed pattern (ends with '%%')");
      return item + 2;
    }
    if (*item != '[') return item + 1;
    const char* at = item + 1;
    if (pattern_at(at) == '^') ++at;
    do {  // a ']' that comes first belongs to the set
      if (at >= pattern_end_) luaL_error(lua_, "malformed pattern (missing ']')");
      at += *at == '%' && at + 1 < pattern_end_ ? 2 : 1;
    } while (pattern_at(at) != ']');
    return at + 1;
  }

  bool matches_item(const char* at, const char* item, const char* item_end) const {
    if (at >= text_end()) return false;
    switch (*item) {
      case '.': return true;
      case '%': return in_class(*at, item[1]);
      case '[': return in_set(*at, item, item_end - 1);
      default: return *item == *at;
    }
  }

  lua_State* lua_;
  std::string_view text_;
  const char* pattern_end_;
  Capture captures_[captures_max]{};
  int count_ = 0;
  int depth_ = 0;
  unsigned steps_ = 0;
};

std::string_view check_text(lua_State* lua, int index) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, index, &size);
  return {bytes, size};
}

void append_top(lua_State* lua, std::string& out) {
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, -1, &size);
  out.append(bytes, size);
}

// Where to begin, counted from 0; from the end when it is negative.
std::size_t begin_of(lua_State* lua, std::size_t size) {
  const lua_Number first = luaL_optnumber(lua, 3, 1);
  const auto length = static_cast<lua_Number>(size);
  const lua_Number begin = first < 0 ? first + length : first - 1;
  if (!(begin > 0)) return 0;
  return begin >= length ? size : static_cast<std::size_t>(begin);
}

int find_plain(lua_State* lua, std::string_view text, std::string_view wanted, std::size_t begin) {
  // memmem takes time in proportion to both sizes, which std::string_view does not promise.
  const void* place = memmem(text.data() + begin, text.size() - begin, wanted.data(), wanted.size());
  if (place == nullptr) {
    lua_pushnil(lua);
    return 1;
  }
  const auto found = static_cast<std::size_t>(static_cast<const char*>(place) - text.data());
  lua_pushinteger(lua, static_cast<lua_Integer>(found + 1));
  lua_pushinteger(lua, static_cast<lua_Integer>(found + wanted.size()));
  return 2;
}

int search(lua_State* lua, bool tells_place) {
  const std::string_view text = check_text(lua, 1);
  const std::string_view wanted = check_text(lua, 2);
  const std::size_t begin = begin_of(lua, text.size());
  if (tells_place && (lua_toboolean(lua, 4) != 0 || std::strpbrk(wanted.data(), "^$*+?.([%-") == nullptr)) {
    return find_plain(lua, text, wanted, begin);
  }
  const bool anchored = wanted.starts_with('^');
  const char* pattern = wanted.data() + (anchored ? 1 : 0);
  Matcher matcher(lua, text, wanted.data());
  for (const char* at = text.data() + begin; at <= matcher.text_end(); ++at) {
    if (const char* end = matcher.match_at(at, pattern)) {
      if (!tells_place) return matcher.push_captures(at, end);
      lua_pushinteger(lua, at - matcher.text_begin() + 1);
      lua_pushinteger(lua, end - matcher.text_begin());
      return matcher.push_captures(nullptr, nullptr) + 2;
    }
    if (anchored) break;
  }
  lua_pushnil(lua);
  return 1;
}

int find(lua_State* lua) {
  return search(lua, true);
}

int match(lua_State* lua) {
  return search(lua, false);
}

// The text, the pattern and where to go on are the upvalues.
int next_match(lua_State* lua) {
  std::size_t size = 0;
  const char* text = lua_tolstring(lua, lua_upvalueindex(1), &size);
  const char* pattern = lua_tostring(lua, lua_upvalueindex(2));
  Matcher matcher(lua, {text, size}, pattern);
  for (const char* at = text + lua_tointeger(lua, lua_upvalueindex(3)); at <= matcher.text_end(); ++at) {
    const char* end = matcher.match_at(at, pattern);
    if (end == nullptr) continue;
    lua_pushinteger(lua, end - text + (end == at ? 1 : 0));
    lua_replace(lua, lua_upvalueindex(3));
    return matcher.push_captures(at, end);
  }
  return 0;
}

int gmatch(lua_State* lua) {
  check_text(lua, 1);
  check_text(lua, 2);
  lua_settop(lua, 2);
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 3);
  return 1;
}

// What stands for a match, by the text in argument 3: %0 to %9 are captures.
void append_template(lua_State* lua, Matcher& matcher, std::string& out, const char* begin, const char* end) {
  const std::string_view replacement = check_text(lua, 3);
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    char c = replacement[i];
    if (c == '%') {
      c = ++i < replacement.size() ? replacement[i] : '\0';
      if (c == '0') {
        out.append(begin, end);
        continue;
      }
      if (is_digit(c)) {
        matcher.push_capture(c - '1', begin, end);
        append_top(lua, out);
        lua_pop(lua, 1);
        continue;
      }
    }
    out.push_back(c);
  }
}

// What stands for a match, by the function or table in argument 3; nil and false leave it as it is.
void append_value(lua_State* lua, Matcher& matcher, std::string& out, const char* begin, const char* end) {
  if (lua_type(lua, 3) == LUA_TFUNCTION) {
    lua_pushvalue(lua, 3);
    lua_call(lua, matcher.push_captures(begin, end), 1);
  } else {
    matcher.push_capture(0, begin, end);
    lua_gettable(lua, 3);
  }
  if (lua_toboolean(lua, -1) == 0) {
    out.append(begin, end);
  } else if (lua_isstring(lua, -1) == 0) {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  } else {
    append_top(lua, out);
  }
  lua_pop(lua, 1);
}

int gsub(lua_State* lua) {
  const std::string_view text = check_text(lua, 1);
  const std::string_view whole = check_text(lua, 2);
  const int type = lua_type(lua, 3);
  luaL_argcheck(lua, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                "string/function/table expected");
  const lua_Number count_max = luaL_optnumber(lua, 4, static_cast<lua_Number>(text.size()) + 1);
  const bool anchored = whole.starts_with('^');
  const char* pattern = whole.data() + (anchored ? 1 : 0);
  Matcher matcher(lua, text, whole.data());
  std::string out;
  const char* at = text.data();
  lua_Number count = 0;
  while (count < count_max) {
    const char* end = matcher.match_at(at, pattern);
    if (end != nullptr) {
      ++count;
      const bool by_value = type == LUA_TFUNCTION || type == LUA_TTABLE;
      (by_value ? append_value : append_template)(lua, matcher, out, at, end);
      check_buffer(lua, out.size());
    }
    if (end != nullptr && end > at) {
      at = end;
    } else if (at < matcher.text_end()) {
      out.push_back(*at++);
    } else {
      break;
    }
    if (anchored) break;
  }
  out.append(at, matcher.text_end());
  lua_pushlstring(lua, out.data(), out.size());
  lua_pushnumber(lua, count);
  return 2;
}

}  // namespace

void set_pattern_functions(lua_State* lua) {
  lua_pushcfunction(lua, find);
  lua_setfield(lua, -2, "find");
  lua_pushcfunction(lua, match);
  lua_setfield(lua, -2, "match");
  lua_pushcfunction(lua, gmatch);
  lua_setfield(lua, -2, "gmatch");
  lua_pushcfunction(lua, gsub);
  lua_setfield(lua, -2, "gsub");
}

}  // namespace millrace::store
