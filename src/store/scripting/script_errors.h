#pragma once

// From an error in a script to the text that its client sees.

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/scripting/interpreter.h"

struct lua_State;

namespace millrace::store {

// The handler of errors, for lua_pcall: makes of any error a table of its text, its chunk and its line, and keeps the
// traceback where the form of the call wants one.
int describe_error(lua_State* lua);

// The error for what a protected call left on top of the stack. `name` is the script's digest or the function's name.
Error error_of_run(lua_State* lua, std::string_view name, ErrorForm form);

}  // namespace millrace::store
