#include "store/scripting/sandbox.h"

#include <climits>
#include <cstring>
#include <ctime>
#include <lua.hpp>

#include "store/scripting/machine.h"

extern "C" {
#include <lua-bitop.h>
}

namespace millrace::store {
namespace {

// Keys of the registry and of metatables: their addresses count.
char viewed_key;
char closed_key;
char globals_key;
char scripts_key;
char functions_key;
char load_api_key;

constexpr int results_max = 8000;  // LUAI_MAXCSTACK, as deep as the stack of a function may be

void get_registered(lua_State* lua, char* key) {
  lua_pushlightuserdata(lua, key);
  lua_rawget(lua, LUA_REGISTRYINDEX);
}

// Pops the value on top.
void set_registered(lua_State* lua, char* key) {
  lua_pushlightuserdata(lua, key);
  lua_insert(lua, -2);
  lua_rawset(lua, LUA_REGISTRYINDEX);
}

int refuse_write(lua_State* lua) {
  return luaL_error(lua, "Attempt to modify a readonly table");
}

// The same from a function of C, of which Redis names no line.
void refuse_views(lua_State* lua, int index) {
  if (!push_viewed(lua, index)) return;
  lua_pushliteral(lua, "Attempt to modify a readonly table");
  lua_error(lua);
}

int refuse_unknown_global(lua_State* lua) {
  if (lua_isstring(lua, 2) == 0) {
    return luaL_error(lua, "Second argument to luaProtectedTableError must be a string or number");
  }
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", lua_tostring(lua, 2));
}

// Gives the table on top a metatable by which reading what it does not have is an error.
void refuse_unknown(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcfunction(lua, refuse_unknown_global);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
}

// --- functions in place of Lua's

// pcall as Redis has it: the error of a command reaches the script as its text. What stopped the script goes on.
int protected_call(lua_State* lua) {
  luaL_checkany(lua, 1);
  lua_pushboolean(lua, 1);
  lua_insert(lua, 1);
  if (lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0) == 0) return lua_gettop(lua);
  stay_stopped(lua);
  lua_remove(lua, 1);
  if (lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    if (lua_isstring(lua, -1) != 0) {
      lua_replace(lua, -2);
    } else {
      lua_pop(lua, 1);
    }
  }
  lua_pushboolean(lua, 0);
  lua_insert(lua, -2);
  return 2;
}

// Calls the script's handler, in upvalue 1, unless the script was stopped: no clock would stop that handler.
int handle_error(lua_State* lua) {
  if (machine_of(lua).stopped) return 1;
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, 1, 1);
  return 1;
}

int protected_call_with_handler(lua_State* lua) {
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  lua_pushcclosure(lua, handle_error, 1);
  lua_insert(lua, 1);  // the handler below the function
  const int status = lua_pcall(lua, 0, LUA_MULTRET, 1);
  if (status != 0) stay_stopped(lua);
  lua_pushboolean(lua, status == 0 ? 1 : 0);
  lua_replace(lua, 1);
  return lua_gettop(lua);
}

// The function of Lua that stands in upvalue 1, called as if it were the running one.
int call_original(lua_State* lua) {
  lua_CFunction original = lua_tocfunction(lua, lua_upvalueindex(1));
  return original(lua);
}

int resume(lua_State* lua) {
  const int results = call_original(lua);
  stay_stopped(lua);
  return results;
}

int write_table(lua_State* lua) {
  refuse_views(lua, 1);
  return call_original(lua);
}

// The same for what takes time in proportion to the table.
int change_table(lua_State* lua) {
  check_time(lua);
  return write_table(lua);
}

int read_table(lua_State* lua) {
  if (push_viewed(lua, 1)) lua_replace(lua, 1);
  return call_original(lua);
}

// Whether what is on top belongs before what is below it, by the function in argument 2 or by Lua; both stay.
bool is_before(lua_State* lua) {
  if (lua_isnil(lua, 2)) return lua_lessthan(lua, -1, -2) != 0;
  lua_pushvalue(lua, 2);
  lua_pushvalue(lua, -2);
  lua_pushvalue(lua, -4);
  lua_call(lua, 2, 1);
  const bool before = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  return before;
}

// Lets the value on top sink into the heap of the first `count` places of the table in argument 1, from `place` on;
// takes it off the stack.
void sink(lua_State* lua, int place, int count) {
  while (2 * place <= count) {
    int child = 2 * place;
    lua_rawgeti(lua, 1, child);
    if (child < count) {
      lua_rawgeti(lua, 1, child + 1);
      lua_insert(lua, -2);
      if (is_before(lua)) {  // the left one is before the right one, which goes up then
        lua_pop(lua, 1);
        ++child;
      } else {
        lua_remove(lua, -2);
      }
    }
    lua_insert(lua, -2);
    if (!is_before(lua)) {  // it is not before its child: here it stays
      lua_remove(lua, -2);
      break;
    }
    lua_insert(lua, -2);
    lua_rawseti(lua, 1, place);
    place = child;
  }
  lua_rawseti(lua, 1, place);
}

// A heap sort: whatever the values and their order are, its time grows little faster than their number. Lua's own can
// be led into the square of it.
int sort_table(lua_State* lua) {
  constexpr int steps_between_checks = 1024;
  luaL_checktype(lua, 1, LUA_TTABLE);
  refuse_views(lua, 1);
  if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_settop(lua, 2);
  luaL_checkstack(lua, 8, "");
  const int count = static_cast<int>(lua_objlen(lua, 1));
  for (int place = count / 2; place >= 1; --place) {
    if (place % steps_between_checks == 0) check_time(lua);
    lua_rawgeti(lua, 1, place);
    sink(lua, place, count);
  }
  for (int last = count; last > 1; --last) {
    if (last % steps_between_checks == 0) check_time(lua);
    lua_rawgeti(lua, 1, last);
    lua_rawgeti(lua, 1, 1);
    lua_rawseti(lua, 1, last);
    sink(lua, 1, last - 1);
  }
  return 0;
}

int pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int unpack(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const lua_Number first = luaL_optnumber(lua, 2, 1);
  const lua_Number last =
      lua_isnoneornil(lua, 3) ? static_cast<lua_Number>(lua_objlen(lua, 1)) : luaL_checknumber(lua, 3);
  if (!(first >= INT_MIN && last <= INT_MAX && last - first < results_max)) {
    return luaL_error(lua, "too many results to unpack");
  }
  const int from = static_cast<int>(first);
  const int to = static_cast<int>(last);
  if (from > to) return 0;
  if (lua_checkstack(lua, to - from + 1) == 0) return luaL_error(lua, "too many results to unpack");
  for (int index = from; index < to; ++index) lua_rawgeti(lua, 1, index);
  lua_rawgeti(lua, 1, to);
  return to - from + 1;
}

int compiled(lua_State* lua, int status) {
  if (status == 0) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

int load_string(lua_State* lua) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(lua, 1, &size);
  const char* name = luaL_optstring(lua, 2, text);
  return compiled(lua, compile(lua, {text, size}, name));
}

int load_pieces(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  const char* name = luaL_optstring(lua, 2, "=(load)");
  lua_settop(lua, 2);
  std::string text;
  while (true) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) break;
    if (lua_isstring(lua, -1) == 0) return luaL_error(lua, "reader function must return a string");
    std::size_t size = 0;
    const char* piece = lua_tolstring(lua, -1, &size);
    if (size == 0) break;
    check_buffer(lua, text.size() + size);
    text.append(piece, size);
    lua_settop(lua, 2);
  }
  return compiled(lua, compile(lua, text, name));
}

// Counts and collects; how the collector works is not for scripts to set.
int collect_garbage(lua_State* lua) {
  static const char* const options[] = {"collect", "count",    "step",       "stop",
                                        "restart", "setpause", "setstepmul", nullptr};
  switch (luaL_checkoption(lua, 1, "collect", options)) {
    case 1: lua_pushnumber(lua, static_cast<lua_Number>(machine_of(lua).memory) / 1024); return 1;
    case 0:
    case 2: lua_gc(lua, LUA_GCCOLLECT, 0); break;
    default: break;
  }
  lua_pushinteger(lua, 0);
  return 1;
}

int random(lua_State* lua) {
  constexpr std::uint32_t range = 2147483647;
  const lua_Number dice = static_cast<lua_Number>(machine_of(lua).random.next() % range) / range;
  const int count = lua_gettop(lua);
  if (count == 0) {
    lua_pushnumber(lua, dice);
    return 1;
  }
  if (count > 2) return luaL_error(lua, "wrong number of arguments");
  const std::int64_t low = count == 1 ? 1 : luaL_checkint(lua, 1);
  const std::int64_t high = luaL_checkint(lua, count);
  luaL_argcheck(lua, low <= high, count, "interval is empty");
  lua_pushnumber(lua,
                 static_cast<lua_Number>(static_cast<std::int64_t>(dice * static_cast<double>(high - low + 1)) + low));
  return 1;
}

int seed_random(lua_State* lua) {
  machine_of(lua).random.seed(static_cast<std::uint32_t>(luaL_checkint(lua, 1)));
  return 0;
}

int processor_time(lua_State* lua) {
  lua_pushnumber(lua, static_cast<lua_Number>(std::clock()) / CLOCKS_PER_SEC);
  return 1;
}

// --- putting it together

void open_library(lua_State* lua, const char* name, lua_CFunction open) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 0);
}

// Puts `function` into the table on top, with what stood there before as its upvalue.
void wrap(lua_State* lua, const char* name, lua_CFunction function) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

void replace(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

void remove(lua_State* lua, const char* name) {
  lua_pushnil(lua);
  lua_setfield(lua, -2, name);
}

void open_base(lua_State* lua) {
  open_library(lua, "", luaopen_base);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  for (const char* name : {"dofile", "loadfile", "print", "newproxy"}) remove(lua, name);
  replace(lua, "pcall", protected_call);
  replace(lua, "xpcall", protected_call_with_handler);
  replace(lua, "unpack", unpack);
  replace(lua, "loadstring", load_string);
  replace(lua, "load", load_pieces);
  replace(lua, "collectgarbage", collect_garbage);
  wrap(lua, "rawset", write_table);
  wrap(lua, "setmetatable", write_table);
  wrap(lua, "rawget", read_table);
  wrap(lua, "next", read_table);
  lua_getfield(lua, -1, "next");
  lua_pushcclosure(lua, pairs, 1);
  lua_setfield(lua, -2, "pairs");
  lua_getfield(lua, -1, "coroutine");
  wrap(lua, "resume", resume);
  lua_pop(lua, 2);
}

void open_libraries(lua_State* lua) {
  open_library(lua, LUA_TABLIBNAME, luaopen_table);
  lua_getglobal(lua, "table");
  for (const char* name : {"insert", "remove"}) wrap(lua, name, change_table);
  replace(lua, "sort", sort_table);
  open_library(lua, LUA_STRLIBNAME, luaopen_string);
  lua_getglobal(lua, "string");
  set_pattern_functions(lua);
  open_library(lua, LUA_MATHLIBNAME, luaopen_math);
  lua_getglobal(lua, "math");
  replace(lua, "random", random);
  replace(lua, "randomseed", seed_random);
  open_library(lua, "bit", luaopen_bit);
  lua_newtable(lua);
  replace(lua, "clock", processor_time);
  lua_setglobal(lua, "os");
  push_json(lua);
  lua_setglobal(lua, "cjson");
  push_struct(lua);
  lua_setglobal(lua, "struct");
  push_msgpack(lua);
  lua_setglobal(lua, "cmsgpack");
  push_redis_api(lua);
  lua_setglobal(lua, "redis");
  lua_settop(lua, 0);
}

// The metatable that scripts see of every view, a view of nothing.
void make_closed(lua_State* lua) {
  lua_newtable(lua);  // what it shows
  lua_newtable(lua);  // the view, not yet with its own
  lua_newtable(lua);  // its metatable
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_write);
  lua_setfield(lua, -2, "__newindex");
  lua_pushvalue(lua, -2);
  lua_setfield(lua, -2, "__metatable");
  lua_pushlightuserdata(lua, &viewed_key);
  lua_pushvalue(lua, -4);
  lua_rawset(lua, -3);
  lua_setmetatable(lua, -2);
  set_registered(lua, &closed_key);
  lua_pop(lua, 1);
}

// Puts a view of each library in its place.
void close_libraries(lua_State* lua) {
  for (const char* name :
       {"string", "table", "math", "coroutine", "bit", "os", "cjson", "struct", "cmsgpack", "redis"}) {
    lua_getglobal(lua, name);
    push_view(lua, -1);
    lua_setglobal(lua, name);
    lua_pop(lua, 1);
  }
  // Strings have a metatable that they share: scripts see a view of it.
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_newtable(lua);
  lua_getglobal(lua, "string");
  lua_setfield(lua, -2, "__index");
  push_view(lua, -1);
  lua_setfield(lua, -3, "__metatable");
  lua_pop(lua, 3);
}

void make_environments(lua_State* lua) {
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  refuse_unknown(lua);
  push_view(lua, -1);
  lua_pushvalue(lua, -1);
  lua_setglobal(lua, "_G");
  set_registered(lua, &scripts_key);
  push_view(lua, -1);
  set_registered(lua, &functions_key);
  set_registered(lua, &globals_key);

  lua_newtable(lua);
  push_load_api(lua);
  refuse_unknown(lua);
  push_view(lua, -1);
  lua_setfield(lua, -3, "redis");
  lua_pop(lua, 1);
  refuse_unknown(lua);
  set_registered(lua, &load_api_key);
}

}  // namespace

void open_sandbox(lua_State* lua) {
  open_base(lua);
  open_libraries(lua);
  make_closed(lua);
  close_libraries(lua);
  make_environments(lua);
}

void push_environment(lua_State* lua, Environment environment) {
  get_registered(lua, environment == Environment::scripts ? &scripts_key : &functions_key);
}

void show_load_api(lua_State* lua, bool loading) {
  get_registered(lua, &functions_key);
  lua_getmetatable(lua, -1);
  get_registered(lua, loading ? &load_api_key : &globals_key);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, "__index");
  lua_pushlightuserdata(lua, &viewed_key);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
  lua_pop(lua, 2);
}

void set_global(lua_State* lua, const char* name) {
  get_registered(lua, &globals_key);
  lua_insert(lua, -2);
  lua_pushstring(lua, name);
  lua_insert(lua, -2);
  lua_rawset(lua, -3);
  lua_pop(lua, 1);
}

void push_view(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, refuse_write);
  lua_setfield(lua, -2, "__newindex");
  get_registered(lua, &closed_key);
  lua_setfield(lua, -2, "__metatable");
  lua_pushlightuserdata(lua, &viewed_key);
  lua_pushvalue(lua, -4);
  lua_rawset(lua, -3);
  lua_setmetatable(lua, -2);
  lua_remove(lua, -2);
}

bool push_viewed(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TTABLE || lua_getmetatable(lua, index) == 0) return false;
  lua_pushlightuserdata(lua, &viewed_key);
  lua_rawget(lua, -2);
  lua_remove(lua, -2);
  if (!lua_isnil(lua, -1)) return true;
  lua_pop(lua, 1);
  return false;
}

int compile(lua_State* lua, std::string_view text, const char* chunk_name) {
  if (text.starts_with(LUA_SIGNATURE[0])) {
    lua_pushliteral(lua, "attempt to load a compiled chunk");
    return LUA_ERRSYNTAX;
  }
  // The parser does not hold the chunk's name while it collects garbage: it stays on the stack as long.
  lua_pushstring(lua, chunk_name);
  const int status = luaL_loadbuffer(lua, text.data(), text.size(), chunk_name);
  lua_remove(lua, -2);
  return status;
}

}  // namespace millrace::store
