#pragma once

// What scripts find in Lua: the libraries of Redis 7.2 behind views that cannot be written, and functions in place of
// those of Lua that could break out, keep state between scripts or end the process.

#include <string_view>

struct lua_State;

namespace millrace::store {

// What an environment of scripts shows: `scripts` and, after open_functions, `functions`.
enum class Environment { scripts, functions };

// Builds both environments in a fresh state. Raises Lua errors.
void open_sandbox(lua_State* lua);

// Pushes the table that functions of the environment have as their globals.
void push_environment(lua_State* lua, Environment environment);
// What functions see: while a library loads, only what registers functions.
void show_load_api(lua_State* lua, bool loading);
// Pops a value, and makes it a global variable of scripts.
void set_global(lua_State* lua, const char* name);

// Pushes a table that shows what the table at `index` holds, but cannot be written.
void push_view(lua_State* lua, int index);
// Pushes the table behind a view; pushes nothing and returns false when the value at `index` is none.
bool push_viewed(lua_State* lua, int index);

// Compiles text as Lua does, without a byte of compiled code. What luaL_loadbuffer returns and pushes.
int compile(lua_State* lua, std::string_view text, const char* chunk_name);

// redis_api.cc: pushes the table `redis` of scripts, and the one of loading libraries.
void push_redis_api(lua_State* lua);
void push_load_api(lua_State* lua);

// The other libraries, each pushes its table.
void push_json(lua_State* lua);
void push_struct(lua_State* lua);
void push_msgpack(lua_State* lua);

// Replaces the functions on patterns in the table on top.
void set_pattern_functions(lua_State* lua);

// Puts the JSON library's options back to what every script begins with.
void reset_json(lua_State* lua);

}  // namespace millrace::store
