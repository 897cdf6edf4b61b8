#pragma once

// What the parts of the library cjson share.

#include <string>
#include <string_view>

struct lua_State;

namespace millrace::store {

// The options, with what they are at first.
struct JsonOptions {
  bool sparse_convert = false;  // a sparse array becomes an object instead of an error
  int sparse_ratio = 2;         // sparse: more than so many times as many places as items; 0: never
  int sparse_safe = 10;         // an array of so many places is never sparse
  int encode_depth_max = 1000;
  int decode_depth_max = 1000;
  int precision = 14;                                                          // significant digits of numbers
  enum class Invalid { off, on, null } encode_invalid_numbers = Invalid::off;  // nan and infinity
  bool decode_invalid_numbers = true;                                          // these and hexadecimal ones
  bool keep_buffer = true;                                                     // told, and of no consequence
  bool mark_arrays = false;  // decoded arrays stay arrays, empty or not
};

// The value on top of the stack, which stays, as JSON. Raises an error for what JSON does not have.
std::string encode_json(lua_State* lua, const JsonOptions& options);

// Pushes the value of `text`, behind which stands a NUL, as behind all strings of Lua. Raises an error where it is no
// JSON.
void decode_json(lua_State* lua, const JsonOptions& options, std::string_view text);

// Pushes the metatable of arrays that stay arrays.
void push_array_mark(lua_State* lua);

}  // namespace millrace::store
