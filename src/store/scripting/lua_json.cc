// The library cjson of scripts: JSON as Lua values and back, by the rules of Lua CJSON 2.1 as Redis has it. Debian's
// lua-cjson would do, but that it ends the process when memory runs out and keeps its buffers where no limit sees them.
//
// A table is an array when all its keys are positive integers, and there is one; {} is an object. null is a light
// userdata. Strings are bytes: what is no UTF-8 passes as it is.

#include "store/scripting/lua_json.h"

#include <climits>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"

namespace millrace::store {
namespace {

char array_mark_key;  // of the registry: the metatable of marked arrays

JsonOptions& options_of(lua_State* lua) {
  return *static_cast<JsonOptions*>(lua_touserdata(lua, lua_upvalueindex(1)));
}

int encode(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  const std::string text = encode_json(lua, options_of(lua));
  lua_pushlstring(lua, text.data(), text.size());
  return 1;
}

int decode(lua_State* lua) {
  luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
  std::size_t size = 0;
  const char* bytes = luaL_checklstring(lua, 1, &size);
  if (size >= 2 && (bytes[0] == '\0' || bytes[1] == '\0')) {
    return luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
  }
  decode_json(lua, options_of(lua), {bytes, size});
  return 1;
}

// --- options: each function sets what it is given and returns what holds then

void check_count(lua_State* lua, int count_max) {
  luaL_argcheck(lua, lua_gettop(lua) <= count_max, count_max + 1, "found too many arguments");
  lua_settop(lua, count_max);
}

void set_integer(lua_State* lua, int index, int& option, int least, int most) {
  if (lua_isnil(lua, index)) return;
  const lua_Number number = luaL_checknumber(lua, index);
  if (!(number >= least && number <= most)) {
    luaL_argerror(lua, index, lua_pushfstring(lua, "expected integer between %d and %d", least, most));
  }
  option = static_cast<int>(number);
}

int choose_integer(lua_State* lua, int& option, int least, int most) {
  check_count(lua, 1);
  set_integer(lua, 1, option, least, most);
  lua_pushinteger(lua, option);
  return 1;
}

void set_boolean(lua_State* lua, int index, bool& option) {
  if (lua_isnil(lua, index)) return;
  static const char* const words[] = {"off", "on", nullptr};
  option =
      lua_isboolean(lua, index) ? lua_toboolean(lua, index) != 0 : luaL_checkoption(lua, index, nullptr, words) == 1;
}

int choose_boolean(lua_State* lua, bool& option) {
  check_count(lua, 1);
  set_boolean(lua, 1, option);
  lua_pushboolean(lua, option ? 1 : 0);
  return 1;
}

int encode_sparse_array(lua_State* lua) {
  JsonOptions& options = options_of(lua);
  check_count(lua, 3);
  set_boolean(lua, 1, options.sparse_convert);
  set_integer(lua, 2, options.sparse_ratio, 0, INT_MAX);
  set_integer(lua, 3, options.sparse_safe, 0, INT_MAX);
  lua_pushboolean(lua, options.sparse_convert ? 1 : 0);
  lua_pushinteger(lua, options.sparse_ratio);
  lua_pushinteger(lua, options.sparse_safe);
  return 3;
}

int encode_max_depth(lua_State* lua) {
  return choose_integer(lua, options_of(lua).encode_depth_max, 1, INT_MAX);
}

int decode_max_depth(lua_State* lua) {
  return choose_integer(lua, options_of(lua).decode_depth_max, 1, INT_MAX);
}

int encode_number_precision(lua_State* lua) {
  return choose_integer(lua, options_of(lua).precision, 1, 14);
}

int encode_keep_buffer(lua_State* lua) {
  return choose_boolean(lua, options_of(lua).keep_buffer);
}

int decode_invalid_numbers(lua_State* lua) {
  return choose_boolean(lua, options_of(lua).decode_invalid_numbers);
}

int decode_array_with_array_mt(lua_State* lua) {
  return choose_boolean(lua, options_of(lua).mark_arrays);
}

int encode_invalid_numbers(lua_State* lua) {
  using Invalid = JsonOptions::Invalid;
  JsonOptions& options = options_of(lua);
  check_count(lua, 1);
  static const char* const words[] = {"off", "on", "null", nullptr};
  if (lua_isboolean(lua, 1)) {
    options.encode_invalid_numbers = lua_toboolean(lua, 1) != 0 ? Invalid::on : Invalid::off;
  } else if (!lua_isnil(lua, 1)) {
    options.encode_invalid_numbers = static_cast<Invalid>(luaL_checkoption(lua, 1, nullptr, words));
  }
  if (options.encode_invalid_numbers == Invalid::null) {
    lua_pushliteral(lua, "null");
  } else {
    lua_pushboolean(lua, options.encode_invalid_numbers == Invalid::on ? 1 : 0);
  }
  return 1;
}

JsonOptions* push_library(lua_State* lua);

int make_new(lua_State* lua) {
  push_library(lua);
  return 1;
}

constexpr luaL_Reg functions[] = {
    {"encode", encode},
    {"decode", decode},
    {"encode_sparse_array", encode_sparse_array},
    {"encode_max_depth", encode_max_depth},
    {"decode_max_depth", decode_max_depth},
    {"encode_number_precision", encode_number_precision},
    {"encode_keep_buffer", encode_keep_buffer},
    {"encode_invalid_numbers", encode_invalid_numbers},
    {"decode_invalid_numbers", decode_invalid_numbers},
    {"decode_array_with_array_mt", decode_array_with_array_mt},
    {"new", make_new},
};

// Pushes the library with options of its own, which its functions hold.
JsonOptions* push_library(lua_State* lua) {
  lua_newtable(lua);
  auto* options = new (lua_newuserdata(lua, sizeof(JsonOptions))) JsonOptions;
  for (const luaL_Reg& each : functions) {
    lua_pushvalue(lua, -1);
    lua_pushcclosure(lua, each.func, 1);
    lua_setfield(lua, -3, each.name);
  }
  lua_pop(lua, 1);
  lua_pushlightuserdata(lua, nullptr);
  lua_setfield(lua, -2, "null");
  lua_pushliteral(lua, "cjson");
  lua_setfield(lua, -2, "_NAME");
  lua_pushliteral(lua, "2.1.0");
  lua_setfield(lua, -2, "_VERSION");
  return options;
}

}  // namespace

void push_array_mark(lua_State* lua) {
  lua_pushlightuserdata(lua, &array_mark_key);
  lua_rawget(lua, LUA_REGISTRYINDEX);
}

void push_json(lua_State* lua) {
  lua_pushlightuserdata(lua, &array_mark_key);
  lua_newtable(lua);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");  // what scripts see of it
  lua_rawset(lua, LUA_REGISTRYINDEX);
  machine_of(lua).json = push_library(lua);
}

void reset_json(lua_State* lua) {
  *machine_of(lua).json = JsonOptions{};
}

}  // namespace millrace::store
