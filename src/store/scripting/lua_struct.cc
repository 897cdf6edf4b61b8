// The library struct of scripts: numbers and strings as bytes in a layout that a text describes, and back.
//
//   >  <  !n          byte order (big, little), alignment to at most n bytes (a power of two)
//   b B h H i[n] I[n] l L T     integers with and without a sign, of 1, 2, n (4), n, 8, 8, 8 bytes
//   f d               floating point
//   x                 a byte of padding
//   s  c[n]           a string with a NUL behind it; one of n bytes (1), c0: of all, or of the number read before

#include <cctype>
#include <climits>
#include <cstdint>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"

namespace millrace::store {
namespace {

constexpr int integer_size_max = 32;
constexpr int alignment_default = 8;  // of `!` without a number

// One part of the layout: what it is, and of how many bytes.
struct Part {
  char option = '\0';  // '\0' at the end
  std::size_t size = 0;
  std::size_t padding = 0;  // before it
};

bool is_integer(char option) {
  return option != '\0' && std::strchr("bBhHlLTiI", option) != nullptr;
}

// Reads the layout part by part.
class Layout {
 public:
  Layout(lua_State* lua, const char* text) : lua_(lua), text_(text) {}

  bool big_endian() const { return big_endian_; }

  // The next part when `position` bytes stand before it.
  Part next(std::size_t position) {
    while (*text_ != '\0') {
      const char option = *text_++;
      if (is_integer(option) || (option != '\0' && std::strchr("fdxsc", option) != nullptr)) {
        Part part{.option = option, .size = size_of(option), .padding = 0};
        part.padding = padding(position, part);
        return part;
      }
      control(option);
    }
    return {};
  }

 private:
  int number(int otherwise) {
    if (std::isdigit(static_cast<unsigned char>(*text_)) == 0) return otherwise;
    std::int64_t value = 0;
    while (std::isdigit(static_cast<unsigned char>(*text_)) != 0) {
      value = value * 10 + (*text_++ - '0');
      if (value > INT_MAX) luaL_error(lua_, "integral size overflow");
    }
    return static_cast<int>(value);
  }

  std::size_t size_of(char option) {
    switch (option) {
      case 'b':
      case 'B':
      case 'x': return 1;
      case 'h':
      case 'H': return 2;
      case 'f': return 4;
      case 'l':
      case 'L':
      case 'T':
      case 'd': return 8;
      case 'c': return static_cast<std::size_t>(number(1));
      case 'i':
      case 'I': {
        const int size = number(4);
        if (size > integer_size_max) {
          luaL_error(lua_, "integral size %d is larger than limit of %d", size, integer_size_max);
        }
        return static_cast<std::size_t>(size);
      }
      default: return 0;
    }
  }

  std::size_t padding(std::size_t position, const Part& part) const {
    if (part.size == 0 || part.option == 'c') return 0;
    const std::size_t unit = std::min(part.size, alignment_);
    return (unit - (position & (unit - 1))) & (unit - 1);
  }

  void control(char option) {
    switch (option) {
      case ' ': return;
      case '>': big_endian_ = true; return;
      case '<': big_endian_ = false; return;
      case '!': {
        const int alignment = number(alignment_default);
        if (alignment <= 0 || (alignment & (alignment - 1)) != 0) {
          luaL_error(lua_, "alignment %d is not a power of 2", alignment);
        }
        alignment_ = static_cast<std::size_t>(alignment);
        return;
      }
      default: luaL_argerror(lua_, 1, lua_pushfstring(lua_, "invalid format option '%c'", option));
    }
  }

  lua_State* lua_;
  const char* text_;
  bool big_endian_ = false;
  std::size_t alignment_ = 1;
};

// A number as the bits of an integer, whatever it is.
std::uint64_t to_bits(double number) {
  constexpr double signed_limit = 9223372036854775808.0;
  if (number >= -signed_limit && number < signed_limit) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
  }
  if (number >= signed_limit && number < 2 * signed_limit) return static_cast<std::uint64_t>(number);
  return std::uint64_t{1} << 63;
}

void append_ordered(std::string& out, std::uint64_t bits, std::size_t size, bool big_endian) {
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t place = big_endian ? size - 1 - i : i;
    out.push_back(place < 8 ? static_cast<char>(bits >> (8 * place)) : '\0');
  }
}

// The lowest 64 bits of an integer of any size.
std::uint64_t read_ordered(std::string_view bytes, bool big_endian) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char byte = big_endian ? bytes[i] : bytes[bytes.size() - 1 - i];
    bits = bits << 8 | static_cast<unsigned char>(byte);
  }
  return bits;
}

template <class Bits, class Number>
Bits bits_of(Number number) {
  Bits bits;
  std::memcpy(&bits, &number, sizeof bits);
  return bits;
}

void pack_string(lua_State* lua, std::string& out, Part& part, int argument) {
  std::size_t length = 0;
  const char* bytes = luaL_checklstring(lua, argument, &length);
  if (part.size == 0) part.size = length;
  luaL_argcheck(lua, length >= part.size, argument + 1, "string too short");
  check_buffer(lua, out.size() + part.size);
  out.append(bytes, part.size);
  if (part.option == 's') out.push_back('\0');
}

int pack(lua_State* lua) {
  Layout layout(lua, luaL_checkstring(lua, 1));
  std::string out;
  int argument = 2;
  for (Part part = layout.next(0); part.option != '\0'; part = layout.next(out.size())) {
    check_buffer(lua, out.size());
    out.append(part.padding, '\0');
    if (is_integer(part.option)) {
      append_ordered(out, to_bits(luaL_checknumber(lua, argument++)), part.size, layout.big_endian());
    } else if (part.option == 'x') {
      out.push_back('\0');
    } else if (part.option == 'f') {
      const auto number = static_cast<float>(luaL_checknumber(lua, argument++));
      append_ordered(out, bits_of<std::uint32_t>(number), 4, layout.big_endian());
    } else if (part.option == 'd') {
      append_ordered(out, bits_of<std::uint64_t>(luaL_checknumber(lua, argument++)), 8, layout.big_endian());
    } else {
      pack_string(lua, out, part, argument++);
    }
  }
  lua_pushlstring(lua, out.data(), out.size());
  return 1;
}

void push_integer(lua_State* lua, char option, std::string_view bytes, bool big_endian) {
  std::uint64_t bits = read_ordered(bytes, big_endian);
  if (std::isupper(static_cast<unsigned char>(option)) != 0) {
    return lua_pushnumber(lua, static_cast<lua_Number>(bits));
  }
  if (!bytes.empty() && bytes.size() < 8 && (bits >> (bytes.size() * 8 - 1) & 1) != 0) {
    bits |= ~std::uint64_t{0} << (bytes.size() * 8);
  }
  lua_pushnumber(lua, static_cast<lua_Number>(static_cast<std::int64_t>(bits)));
}

// Takes the number that was read before: the length of the string.
std::size_t take_length(lua_State* lua, int& count, std::size_t left) {
  if (count == 0 || lua_isnumber(lua, -1) == 0) luaL_error(lua, "format 'c0' needs a previous size");
  const lua_Number length = lua_tonumber(lua, -1);
  lua_pop(lua, 1);
  --count;
  luaL_argcheck(lua, length >= 0 && length <= static_cast<lua_Number>(left), 2, "data string too short");
  return static_cast<std::size_t>(length);
}

// Pushes what `part` is at the beginning of `data`, and tells how many bytes it took.
std::size_t unpack_part(lua_State* lua, const Part& part, std::string_view data, bool big_endian, int& count) {
  std::string_view bytes = data.substr(0, part.size);
  if (part.option == 'x') return 1;
  if (is_integer(part.option)) {
    push_integer(lua, part.option, bytes, big_endian);
  } else if (part.option == 'f') {
    lua_pushnumber(lua, bits_of<float>(static_cast<std::uint32_t>(read_ordered(bytes, big_endian))));
  } else if (part.option == 'd') {
    lua_pushnumber(lua, bits_of<double>(read_ordered(bytes, big_endian)));
  } else if (part.option == 'c') {
    if (part.size == 0) bytes = data.substr(0, take_length(lua, count, data.size()));
    lua_pushlstring(lua, bytes.data(), bytes.size());
  } else {
    const std::size_t end = data.find('\0');
    if (end == data.npos) luaL_error(lua, "unfinished string in data");
    lua_pushlstring(lua, data.data(), end);
    bytes = data.substr(0, end + 1);
  }
  ++count;
  return bytes.size();
}

int unpack(lua_State* lua) {
  Layout layout(lua, luaL_checkstring(lua, 1));
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 2, &size);
  const std::string_view data(bytes, size);
  const lua_Number first = luaL_optnumber(lua, 3, 1);
  luaL_argcheck(lua, first >= 1, 3, "offset must be 1 or greater");
  std::size_t position = first > static_cast<lua_Number>(size) ? size : static_cast<std::size_t>(first) - 1;
  if (first > static_cast<lua_Number>(size) + 1) luaL_argerror(lua, 2, "data string too short");
  int count = 0;
  for (Part part = layout.next(position); part.option != '\0'; part = layout.next(position)) {
    luaL_argcheck(lua, part.padding + part.size <= size - position, 2, "data string too short");
    luaL_checkstack(lua, 2, "too many results");
    position += part.padding;
    position += unpack_part(lua, part, data.substr(position), layout.big_endian(), count);
  }
  lua_pushnumber(lua, static_cast<lua_Number>(position + 1));
  return count + 1;
}

int size(lua_State* lua) {
  Layout layout(lua, luaL_checkstring(lua, 1));
  std::size_t position = 0;
  for (Part part = layout.next(0); part.option != '\0'; part = layout.next(position)) {
    if (part.option == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
    if (part.option == 'c' && part.size == 0) luaL_argerror(lua, 1, "option 'c0' has no fixed size");
    position += part.padding + part.size;
  }
  lua_pushnumber(lua, static_cast<lua_Number>(position));
  return 1;
}

}  // namespace

void push_struct(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcfunction(lua, pack);
  lua_setfield(lua, -2, "pack");
  lua_pushcfunction(lua, unpack);
  lua_setfield(lua, -2, "unpack");
  lua_pushcfunction(lua, size);
  lua_setfield(lua, -2, "size");
}

}  // namespace millrace::store
