#pragma once

// Replies of commands as Lua values, and what scripts give back as replies, by the rules of Redis 7.2. All may raise
// Lua errors, so they run where those are caught.

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/reply.h"
#include "store/store.h"

struct lua_State;

namespace millrace::store {

// Pushes the value of `reply`. In protocol 2 maps and sets are flat arrays, other shapes what version 2 of the Redis
// protocol shows, and nil is false; in protocol 3 they are tables such as {map={…}}, and nil is nil.
void push_reply(lua_State* lua, const Reply& reply, int protocol);

// The reply for the value on top of the stack, which stays. What is nested deeper than 500 tables is an error inside
// the reply. Fails with `over_limit` when the reply would be larger than `bytes_max`: a small table that is in itself
// many times is a large reply.
Result<Reply> take_reply(lua_State* lua, int protocol, std::size_t bytes_max);

// All arguments of the running function as a command. Raises nothing; the error is the one for the script.
Result<Command> take_command(lua_State* lua);

// Pushes {err=text}; `text` begins with its code.
void push_error(lua_State* lua, std::string_view text);

}  // namespace millrace::store
