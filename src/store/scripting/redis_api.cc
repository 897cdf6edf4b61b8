// The table `redis`: commands, replies and what else scripts ask of the server.

#include <cstring>
#include <fmt/format.h>
#include <lua.hpp>

#include "base/crypto.h"
#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"
#include "store/scripting/script_header.h"
#include "store/scripting/values.h"

namespace millrace::store {
namespace {

constexpr int log_level_max = 3;
constexpr const char* version = "7.2.4";  // as INFO tells it
constexpr int version_number = 7 << 16 | 2 << 8 | 4;

[[noreturn]] void raise(lua_State* lua, std::string_view text) {
  push_error(lua, text);
  lua_error(lua);
  __builtin_unreachable();
}

int answer_error(lua_State* lua, std::string_view text, bool raises) {
  push_error(lua, text);
  return raises ? lua_error(lua) : 1;
}

int call_command(lua_State* lua, bool raises) {
  check_time(lua);
  auto command = take_command(lua);
  if (!command) return answer_error(lua, command.error().message, raises);
  lua_settop(lua, 0);
  Machine& machine = machine_of(lua);
  if (machine.call == nullptr) raise(lua, "ERR redis.call can only be called inside a script invocation");
  auto reply = machine.call->execute(std::move(*command), machine.protocol);
  if (!reply) {
    if (reply.error().code != ErrorCode::invalid) stop_script(lua, reply.error());
    return answer_error(lua, reply.error().message, raises);
  }
  push_reply(lua, *reply, machine.protocol);
  return raises && reply->is_error() ? lua_error(lua) : 1;
}

int call(lua_State* lua) {
  return call_command(lua, true);
}

int pcall(lua_State* lua) {
  return call_command(lua, false);
}

int error_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    return answer_error(lua, "ERR wrong number or type of arguments", false);
  }
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, 1, &size);
  std::string_view text(bytes, size);
  if (text.starts_with('-')) text.remove_prefix(1);
  push_error(lua, text.find(' ') == text.npos ? "ERR " + std::string(text) : std::string(text));
  return 1;
}

int status_reply(lua_State* lua) {
  if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
    return answer_error(lua, "ERR wrong number or type of arguments", false);
  }
  lua_newtable(lua);
  lua_pushvalue(lua, 1);
  lua_setfield(lua, -2, "ok");
  return 1;
}

int sha1hex(lua_State* lua) {
  if (lua_gettop(lua) != 1) raise(lua, "ERR wrong number of arguments");
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, 1, &size);
  const std::string digest = to_hex(sha1({bytes == nullptr ? "" : bytes, size}));
  lua_pushlstring(lua, digest.data(), digest.size());
  return 1;
}

int log(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count < 2) raise(lua, "ERR redis.log() requires two arguments or more.");
  if (lua_isnumber(lua, 1) == 0) raise(lua, "ERR First argument must be a number (log level).");
  const lua_Number level = lua_tonumber(lua, 1);
  if (!(level >= 0 && level <= log_level_max)) raise(lua, "ERR Invalid debug level.");
  Machine& machine = machine_of(lua);
  if (machine.call == nullptr || !machine.call->log) return 0;
  std::string line;
  for (int i = 2; i <= count; ++i) {
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, i, &size);
    if (text == nullptr) continue;
    check_buffer(lua, line.size() + size);
    if (i > 2) line.push_back(' ');
    line.append(text, size);
  }
  machine.call->log(static_cast<int>(level), line);
  return 0;
}

int set_protocol(lua_State* lua) {
  if (lua_gettop(lua) != 1) raise(lua, "ERR redis.setresp() requires one argument.");
  const lua_Number protocol = lua_tonumber(lua, 1);
  if (protocol != 2 && protocol != 3) raise(lua, "ERR RESP version must be 2 or 3.");
  machine_of(lua).protocol = static_cast<int>(protocol);
  return 0;
}

// There are no replicas that a script could leave out; what it says is checked all the same.
int set_repl(lua_State* lua) {
  if (lua_gettop(lua) != 1) raise(lua, "ERR redis.set_repl() requires one argument.");
  const lua_Number flags = lua_tonumber(lua, 1);
  if (!(flags >= 0 && flags < 4)) {
    raise(lua, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

int acl_check_cmd(lua_State* lua) {
  auto command = take_command(lua);
  if (!command) raise(lua, command.error().message);
  Machine& machine = machine_of(lua);
  std::optional<bool> permitted = true;
  if (machine.call != nullptr && machine.call->permits) permitted = machine.call->permits(*command);
  if (!permitted) raise(lua, "ERR Invalid command passed to redis.acl_check_cmd()");
  lua_pushboolean(lua, *permitted ? 1 : 0);
  return 1;
}

int answer_true(lua_State* lua) {
  lua_pushboolean(lua, 1);
  return 1;
}

// There is no debugger to stop in.
int breakpoint(lua_State* lua) {
  lua_pushboolean(lua, 0);
  return 1;
}

int debug(lua_State*) {
  return 0;
}

// --- redis.register_function

// The text on top of the stack; a number counts as one, as everywhere in Lua.
std::optional<std::string> take_text(lua_State* lua, int index) {
  if (lua_isstring(lua, index) == 0) return std::nullopt;
  lua_pushvalue(lua, index);  // converting it in place would confuse an iteration
  std::size_t size = 0;
  const char* bytes = lua_tolstring(lua, -1, &size);
  std::string text(bytes, size);
  lua_pop(lua, 1);
  return text;
}

std::uint8_t take_flags(lua_State* lua) {
  std::uint8_t flags = 0;
  for (int index = 1;; ++index) {
    lua_rawgeti(lua, -1, index);
    if (lua_isnil(lua, -1)) break;
    const auto name = take_text(lua, -1);
    const auto flag = name ? find_script_flag(*name) : std::nullopt;
    if (!flag) raise(lua, "ERR unknown flag given");
    flags |= *flag;
    lua_pop(lua, 1);
  }
  lua_pop(lua, 1);
  return flags;
}

// Takes one named argument, whose value is on top of the stack. A callback is copied to stack slot 2.
void take_named(lua_State* lua, std::string_view key, std::optional<std::string>& name, LibraryFunction& function) {
  if (key == "function_name") {
    name = take_text(lua, -1);
    if (!name) raise(lua, "ERR function_name argument given to redis.register_function must be a string");
  } else if (key == "description") {
    function.description = take_text(lua, -1);
    if (!function.description) {
      raise(lua, "ERR description argument given to redis.register_function must be a string");
    }
  } else if (key == "callback") {
    if (!lua_isfunction(lua, -1)) {
      raise(lua, "ERR callback argument given to redis.register_function must be a function");
    }
    lua_pushvalue(lua, -1);
    lua_replace(lua, 2);
  } else if (key == "flags") {
    if (!lua_istable(lua, -1)) {
      raise(lua, "ERR flags argument to redis.register_function must be a table representing function flags");
    }
    function.flags = take_flags(lua);
  } else {
    raise(lua, "ERR unknown argument given to redis.register_function");
  }
}

void take_named_arguments(lua_State* lua, LibraryFunction& function) {
  if (!lua_istable(lua, 1)) {
    raise(lua,
          "ERR calling redis.register_function with a single argument is only applicable to Lua table (representing "
          "named arguments).");
  }
  lua_settop(lua, 2);
  std::optional<std::string> name;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    auto key = take_text(lua, -2);
    if (!key) raise(lua, "ERR named argument key given to redis.register_function is not a string");
    for (char& c : *key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    take_named(lua, *key, name, function);
    lua_pop(lua, 1);
  }
  if (!name) raise(lua, "ERR redis.register_function must get a function name argument");
  if (lua_isnil(lua, 2)) raise(lua, "ERR redis.register_function must get a callback argument");
  function.name = std::move(*name);
}

void take_placed_arguments(lua_State* lua, LibraryFunction& function) {
  auto name = take_text(lua, 1);
  if (!name) raise(lua, "ERR first argument to redis.register_function must be a string");
  if (!lua_isfunction(lua, 2)) raise(lua, "ERR second argument to redis.register_function must be a function");
  function.name = std::move(*name);
}

int register_function(lua_State* lua) {
  Machine& machine = machine_of(lua);
  if (machine.loading == nullptr) {
    raise(lua, "ERR redis.register_function can only be called on FUNCTION LOAD command");
  }
  const int count = lua_gettop(lua);
  if (count < 1 || count > 2) raise(lua, "ERR wrong number of arguments to redis.register_function");
  LibraryFunction function;
  if (count == 1) {
    take_named_arguments(lua, function);
  } else {
    take_placed_arguments(lua, function);
  }
  lua_pushvalue(lua, 2);
  function.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
  const int reference = function.reference;
  if (auto added = machine.loading->add(std::move(function)); !added) {
    luaL_unref(lua, LUA_REGISTRYINDEX, reference);
    raise(lua, added.error().message);
  }
  return 0;
}

// --- the tables

void set_function(lua_State* lua, const char* name, lua_CFunction function) {
  lua_pushcfunction(lua, function);
  lua_setfield(lua, -2, name);
}

void set_number(lua_State* lua, const char* name, int number) {
  lua_pushinteger(lua, number);
  lua_setfield(lua, -2, name);
}

void set_shared(lua_State* lua) {
  set_function(lua, "log", log);
  set_number(lua, "LOG_DEBUG", 0);
  set_number(lua, "LOG_VERBOSE", 1);
  set_number(lua, "LOG_NOTICE", 2);
  set_number(lua, "LOG_WARNING", 3);
  set_number(lua, "REDIS_VERSION_NUM", version_number);
  lua_pushstring(lua, version);
  lua_setfield(lua, -2, "REDIS_VERSION");
}

}  // namespace

void push_redis_api(lua_State* lua) {
  lua_newtable(lua);
  set_shared(lua);
  set_function(lua, "call", call);
  set_function(lua, "pcall", pcall);
  set_function(lua, "error_reply", error_reply);
  set_function(lua, "status_reply", status_reply);
  set_function(lua, "sha1hex", sha1hex);
  set_function(lua, "setresp", set_protocol);
  set_function(lua, "set_repl", set_repl);
  set_function(lua, "acl_check_cmd", acl_check_cmd);
  set_function(lua, "replicate_commands", answer_true);
  set_function(lua, "breakpoint", breakpoint);
  set_function(lua, "debug", debug);
  set_number(lua, "REPL_NONE", 0);
  set_number(lua, "REPL_AOF", 1);
  set_number(lua, "REPL_SLAVE", 2);
  set_number(lua, "REPL_REPLICA", 2);
  set_number(lua, "REPL_ALL", 3);
}

void push_load_api(lua_State* lua) {
  lua_newtable(lua);
  set_shared(lua);
  set_function(lua, "register_function", register_function);
}

}  // namespace millrace::store
