// The library cmsgpack of scripts: Lua values as MessagePack and back. A table whose keys are 1 to n is an array, any
// other a map; what is nested deeper than 16 tables is nil.

#include <climits>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"

namespace millrace::store {
namespace {

constexpr int depth_max = 16;

class Packer {
 public:
  explicit Packer(lua_State* lua) : lua_(lua) {}

  const std::string& bytes() const { return out_; }

  // The value on top of the stack, which stays.
  void append(int depth) {
    check_buffer(lua_, out_.size());
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING: return append_string();
      case LUA_TBOOLEAN: return append_byte(lua_toboolean(lua_, -1) != 0 ? 0xc3 : 0xc2);
      case LUA_TNUMBER: return append_number(lua_tonumber(lua_, -1));
      case LUA_TTABLE:
        if (depth < depth_max) return append_table(depth);
        break;
      default: break;
    }
    append_byte(0xc0);
  }

 private:
  void append_byte(int byte) { out_.push_back(static_cast<char>(byte)); }

  template <class Number>
  void append_marked(int mark, Number number) {
    append_byte(mark);
    append_big_endian(out_, number);
  }

  void append_string() {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua_, -1, &size);
    check_buffer(lua_, out_.size() + size);
    if (size < 32) {
      append_byte(0xa0 | static_cast<int>(size));
    } else if (size <= 0xff) {
      append_marked(0xd9, static_cast<std::uint8_t>(size));
    } else if (size <= 0xffff) {
      append_marked(0xda, static_cast<std::uint16_t>(size));
    } else {
      append_marked(0xdb, static_cast<std::uint32_t>(size));
    }
    out_.append(bytes, size);
  }

  void append_number(double number) {
    constexpr double limit = 9223372036854775808.0;
    if (number >= -limit && number < limit && number == std::trunc(number)) {
      return append_integer(static_cast<std::int64_t>(number));
    }
    const auto single = static_cast<float>(number);
    if (static_cast<double>(single) == number) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &single, sizeof bits);
      return append_marked(0xca, bits);
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, &number, sizeof bits);
    append_marked(0xcb, bits);
  }

  void append_integer(std::int64_t number) {
    if (number >= 0) {
      if (number <= 127) return append_byte(static_cast<int>(number));
      if (number <= 0xff) return append_marked(0xcc, static_cast<std::uint8_t>(number));
      if (number <= 0xffff) return append_marked(0xcd, static_cast<std::uint16_t>(number));
      if (number <= 0xffffffffLL) return append_marked(0xce, static_cast<std::uint32_t>(number));
      return append_marked(0xcf, static_cast<std::uint64_t>(number));
    }
    if (number >= -32) return append_byte(static_cast<int>(number) & 0xff);
    if (number >= INT8_MIN) return append_marked(0xd0, static_cast<std::uint8_t>(number));
    if (number >= INT16_MIN) return append_marked(0xd1, static_cast<std::uint16_t>(number));
    if (number >= INT32_MIN) return append_marked(0xd2, static_cast<std::uint32_t>(number));
    append_marked(0xd3, static_cast<std::uint64_t>(number));
  }

  void append_count(std::size_t count, int short_mark, int mark) {
    if (count <= 15) return append_byte(short_mark | static_cast<int>(count));
    if (count <= 0xffff) return append_marked(mark, static_cast<std::uint16_t>(count));
    append_marked(mark + 1, static_cast<std::uint32_t>(count));
  }

  // How many entries there are, and whether their keys are 1 to that number.
  std::size_t count_entries(bool& is_array) {
    std::size_t count = 0;
    double highest = 0;
    is_array = true;
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      lua_pop(lua_, 1);
      ++count;
      const double key = lua_type(lua_, -1) == LUA_TNUMBER ? lua_tonumber(lua_, -1) : 0;
      is_array = is_array && key >= 1 && key <= INT_MAX && key == std::trunc(key);
      highest = std::max(highest, key);
    }
    is_array = is_array && highest == static_cast<double>(count);
    return count;
  }

  void append_table(int depth) {
    luaL_checkstack(lua_, 4, "in function cmsgpack.pack");
    check_time(lua_);
    bool is_array = false;
    const std::size_t count = count_entries(is_array);
    if (is_array) {
      append_count(count, 0x90, 0xdc);
      for (std::size_t i = 1; i <= count; ++i) {
        lua_rawgeti(lua_, -1, static_cast<int>(i));
        append(depth + 1);
        lua_pop(lua_, 1);
      }
      return;
    }
    append_count(count, 0x80, 0xde);
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      lua_pushvalue(lua_, -2);
      append(depth + 1);
      lua_pop(lua_, 1);
      append(depth + 1);
      lua_pop(lua_, 1);
    }
  }

  lua_State* lua_;
  std::string out_{};
};

class Unpacker {
 public:
  Unpacker(lua_State* lua, std::string_view bytes) : lua_(lua), reader_(bytes) {}

  std::string_view rest() const { return reader_.rest(); }

  // Pushes the next value.
  void push() {
    luaL_checkstack(lua_, 4, "too many return values at once; use unpack_one or unpack_limit instead.");
    const std::uint8_t mark = reader_.byte();
    check();
    if (mark < 0x80) return lua_pushinteger(lua_, mark);
    if (mark >= 0xe0) return lua_pushinteger(lua_, static_cast<std::int8_t>(mark));
    if (mark < 0x90) return push_map(mark & 15);
    if (mark < 0xa0) return push_array(mark & 15);
    if (mark < 0xc0) return push_string(mark & 31);
    push_marked(mark);
  }

 private:
  void check() {
    if (!reader_.ok()) luaL_error(lua_, "Missing bytes in input.");
  }

  template <class Number>
  Number number() {
    const auto value = reader_.big_endian<Number>();
    check();
    return value;
  }

  template <class Wire, class Number>
  void push_number() {
    lua_pushnumber(lua_, static_cast<lua_Number>(static_cast<Number>(number<Wire>())));
  }

  template <class Wire, class Number>
  void push_real() {
    const Wire bits = number<Wire>();
    Number value = 0;
    std::memcpy(&value, &bits, sizeof value);
    lua_pushnumber(lua_, value);
  }

  void push_marked(std::uint8_t mark) {
    switch (mark) {
      case 0xc0: return lua_pushnil(lua_);
      case 0xc2: return lua_pushboolean(lua_, 0);
      case 0xc3: return lua_pushboolean(lua_, 1);
      case 0xca: return push_real<std::uint32_t, float>();
      case 0xcb: return push_real<std::uint64_t, double>();
      case 0xcc: return push_number<std::uint8_t, std::uint8_t>();
      case 0xcd: return push_number<std::uint16_t, std::uint16_t>();
      case 0xce: return push_number<std::uint32_t, std::uint32_t>();
      case 0xcf: return push_number<std::uint64_t, std::uint64_t>();
      case 0xd0: return push_number<std::uint8_t, std::int8_t>();
      case 0xd1: return push_number<std::uint16_t, std::int16_t>();
      case 0xd2: return push_number<std::uint32_t, std::int32_t>();
      case 0xd3: return push_number<std::uint64_t, std::int64_t>();
      case 0xd9: return push_string(number<std::uint8_t>());
      case 0xda: return push_string(number<std::uint16_t>());
      case 0xdb: return push_string(number<std::uint32_t>());
      case 0xdc: return push_array(number<std::uint16_t>());
      case 0xdd: return push_array(number<std::uint32_t>());
      case 0xde: return push_map(number<std::uint16_t>());
      case 0xdf: return push_map(number<std::uint32_t>());
      default: luaL_error(lua_, "Bad data format in input.");
    }
  }

  void push_string(std::size_t size) {
    const std::string_view text = reader_.take(size);
    check();
    lua_pushlstring(lua_, text.data(), text.size());
  }

  void push_array(std::size_t count) {
    lua_newtable(lua_);
    for (std::size_t i = 1; i <= count; ++i) {
      push();
      lua_rawseti(lua_, -2, static_cast<int>(i));
    }
  }

  void push_map(std::size_t count) {
    lua_newtable(lua_);
    for (std::size_t i = 0; i < count; ++i) {
      push();
      push();
      lua_settable(lua_, -3);  // raises for a key that is nil or no number
    }
  }

  lua_State* lua_;
  ByteReader reader_;
};

int pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  Packer packer(lua);
  luaL_checkstack(lua, 1, "Too many arguments for MessagePack pack.");
  for (int i = 1; i <= count; ++i) {
    lua_pushvalue(lua, i);
    packer.append(0);
    lua_pop(lua, 1);
  }
  lua_pushlstring(lua, packer.bytes().data(), packer.bytes().size());
  return 1;
}

// Up to `limit` values from `offset` on; 0 and 0: all there are, without telling where they end.
int unpack_from(lua_State* lua, lua_Number limit, lua_Number offset) {
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 1, &size);
  const bool all = limit == 0 && offset == 0;
  if (!(offset >= 0 && limit >= 0)) {
    return luaL_error(lua, "Invalid request to unpack with offset of %f and limit of %f.", offset, limit);
  }
  if (offset > static_cast<lua_Number>(size)) {
    return luaL_error(lua, "Start offset %f greater than input length %f.", offset, static_cast<lua_Number>(size));
  }
  Unpacker unpacker(lua, std::string_view(bytes, size).substr(static_cast<std::size_t>(offset)));
  int count = 0;
  while (!unpacker.rest().empty() && (all || count < limit)) {
    unpacker.push();
    ++count;
  }
  if (all) return count;
  const std::size_t end = size - unpacker.rest().size();
  luaL_checkstack(lua, 1, "too many return values at once");
  lua_pushnumber(lua, unpacker.rest().empty() ? -1 : static_cast<lua_Number>(end));
  lua_insert(lua, 2);
  return count + 1;
}

int unpack(lua_State* lua) {
  lua_settop(lua, 1);
  return unpack_from(lua, 0, 0);
}

int unpack_one(lua_State* lua) {
  const lua_Number offset = luaL_optnumber(lua, 2, 0);
  lua_settop(lua, 1);
  return unpack_from(lua, 1, offset);
}

int unpack_limit(lua_State* lua) {
  const lua_Number limit = luaL_checknumber(lua, 2);
  const lua_Number offset = luaL_optnumber(lua, 3, 0);
  lua_settop(lua, 1);
  return unpack_from(lua, limit, offset);
}

constexpr luaL_Reg functions[] = {
    {"pack", pack},
    {"unpack", unpack},
    {"unpack_one", unpack_one},
    {"unpack_limit", unpack_limit},
};

}  // namespace

void push_msgpack(lua_State* lua) {
  lua_newtable(lua);
  for (const luaL_Reg& each : functions) {
    lua_pushcfunction(lua, each.func);
    lua_setfield(lua, -2, each.name);
  }
  lua_pushliteral(lua, "cmsgpack");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "lua-cmsgpack 0.4.0");
  lua_setfield(lua, -2, "_VERSION");
}

}  // namespace millrace::store
