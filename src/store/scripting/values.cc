#include "store/scripting/values.h"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <lua.hpp>

#include "store/commands/text.h"
#include "store/scripting/machine.h"

namespace millrace::store {
namespace {

constexpr int depth_max = 500;  // deeper than any reply of a command; shallow enough for recursion on any stack

void push_text(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

void set_field(lua_State* lua, const char* name, std::string_view text) {
  push_text(lua, text);
  lua_setfield(lua, -2, name);
}

void push_array(lua_State* lua, const Reply& reply, int protocol) {
  lua_createtable(lua, static_cast<int>(std::min<std::size_t>(reply.elements.size(), 1u << 20)), 0);
  int index = 0;
  for (const Reply& element : reply.elements) {
    push_reply(lua, element, protocol);
    lua_rawseti(lua, -2, ++index);
  }
}

void push_map(lua_State* lua, const Reply& reply) {
  lua_newtable(lua);
  lua_newtable(lua);
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    push_reply(lua, reply.elements[i], 3);
    push_reply(lua, reply.elements[i + 1], 3);
    if (lua_isnil(lua, -2)) {
      lua_pop(lua, 2);  // no table has it as a key
    } else {
      lua_rawset(lua, -3);
    }
  }
  lua_setfield(lua, -2, "map");
}

void push_set(lua_State* lua, const Reply& reply) {
  lua_newtable(lua);
  lua_newtable(lua);
  for (const Reply& element : reply.elements) {
    push_reply(lua, element, 3);
    if (lua_isnil(lua, -1)) {
      lua_pop(lua, 1);
    } else {
      lua_pushboolean(lua, 1);
      lua_rawset(lua, -3);
    }
  }
  lua_setfield(lua, -2, "set");
}

void push_real(lua_State* lua, double number, int protocol) {
  if (protocol == 2) {
    std::string text;
    append_real(text, number);
    return push_text(lua, text);
  }
  lua_newtable(lua);
  lua_pushnumber(lua, number);
  lua_setfield(lua, -2, "double");
}

void push_verbatim(lua_State* lua, std::string_view text, int protocol) {
  if (protocol == 2) return push_text(lua, text);
  lua_newtable(lua);
  lua_newtable(lua);
  set_field(lua, "string", text);
  set_field(lua, "format", "txt");
  lua_setfield(lua, -2, "verbatim_string");
}

void push_big_number(lua_State* lua, std::string_view digits, int protocol) {
  if (protocol == 2) return push_text(lua, digits);
  lua_newtable(lua);
  set_field(lua, "big_number", digits);
}

// Takes a value apart, with an eye on what the reply costs.
class ReplyTaker {
 public:
  ReplyTaker(lua_State* lua, int protocol, std::size_t bytes_max)
      : lua_(lua), protocol_(protocol), bytes_left_(bytes_max) {}

  bool too_large() const { return too_large_; }

  // Of the value on top of the stack, which stays.
  Reply take(int depth) {
    if (depth > depth_max || lua_checkstack(lua_, 6) == 0) return Reply::error("ERR reached lua stack limit");
    if (!spend(sizeof(Reply))) return {};
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING: return Reply::bulk(text());
      case LUA_TNUMBER: return Reply::of(to_integer(lua_tonumber(lua_, -1)));
      case LUA_TBOOLEAN: return boolean(lua_toboolean(lua_, -1) != 0);
      case LUA_TTABLE: return table(depth);
      default: return Reply::nil();
    }
  }

 private:
  bool spend(std::size_t bytes) {
    too_large_ = too_large_ || bytes > bytes_left_;
    if (!too_large_) bytes_left_ -= bytes;
    return !too_large_;
  }

  // Truncated; what no 64 bits hold becomes what processors make of it.
  static std::int64_t to_integer(double number) {
    constexpr double limit = 9223372036854775808.0;
    return number >= -limit && number < limit ? static_cast<std::int64_t>(number) : INT64_MIN;
  }

  Reply boolean(bool yes) const {
    if (protocol_ == 3) return Reply::of_boolean(yes);
    return yes ? Reply::of(1) : Reply::nil();
  }

  std::string text() {
    std::size_t size = 0;
    const char* bytes = lua_tolstring(lua_, -1, &size);
    return spend(size) ? std::string(bytes, size) : std::string();
  }

  std::string line() {
    std::string out = text();
    for (char& c : out) c = c == '\r' || c == '\n' ? ' ' : c;
    return out;
  }

  // Pushes the field when it has that type.
  bool push_field(const char* name, int type) {
    lua_pushstring(lua_, name);
    lua_rawget(lua_, -2);
    if (lua_type(lua_, -1) == type) return true;
    lua_pop(lua_, 1);
    return false;
  }

  Reply popped(Reply reply, int count = 1) {
    lua_pop(lua_, count);
    return reply;
  }

  Reply table(int depth) {
    if (push_field("err", LUA_TSTRING)) return popped(Reply::error(line()));
    if (push_field("ok", LUA_TSTRING)) return popped(Reply::simple(line()));
    if (push_field("double", LUA_TNUMBER)) return popped(Reply::of_real(lua_tonumber(lua_, -1)));
    if (push_field("big_number", LUA_TSTRING)) return popped({.kind = Reply::Kind::big_number, .text = line()});
    if (push_field("verbatim_string", LUA_TTABLE)) {
      if (push_field("format", LUA_TSTRING)) {
        lua_pop(lua_, 1);
        if (push_field("string", LUA_TSTRING)) return popped(Reply::verbatim(text()), 2);
      }
      lua_pop(lua_, 1);
    }
    if (push_field("map", LUA_TTABLE)) return popped(map(depth));
    if (push_field("set", LUA_TTABLE)) return popped(set(depth));
    return array(depth);
  }

  Reply map(int depth) {
    Reply reply = Reply::map({});
    lua_pushnil(lua_);
    while (!too_large_ && lua_next(lua_, -2) != 0) {
      lua_pushvalue(lua_, -2);
      reply.elements.push_back(take(depth + 1));
      lua_pop(lua_, 1);
      reply.elements.push_back(take(depth + 1));
      lua_pop(lua_, 1);
    }
    return reply;
  }

  Reply set(int depth) {
    Reply reply = Reply::set({});
    lua_pushnil(lua_);
    while (!too_large_ && lua_next(lua_, -2) != 0) {
      lua_pop(lua_, 1);
      lua_pushvalue(lua_, -1);
      reply.elements.push_back(take(depth + 1));
      lua_pop(lua_, 1);
    }
    return reply;
  }

  Reply array(int depth) {
    Reply reply = Reply::array({});
    for (int index = 1; !too_large_; ++index) {
      lua_rawgeti(lua_, -1, index);
      if (lua_isnil(lua_, -1)) {
        lua_pop(lua_, 1);
        break;
      }
      reply.elements.push_back(take(depth + 1));
      lua_pop(lua_, 1);
    }
    return reply;
  }

  lua_State* lua_;
  int protocol_;
  std::size_t bytes_left_;
  bool too_large_ = false;  // then the stack may hold more than before
};

}  // namespace

void push_reply(lua_State* lua, const Reply& reply, int protocol) {
  luaL_checkstack(lua, 6, "too deep a reply");
  switch (reply.kind) {
    case Reply::Kind::nil:
    case Reply::Kind::nil_array: return protocol == 2 ? lua_pushboolean(lua, 0) : lua_pushnil(lua);
    case Reply::Kind::integer: return lua_pushnumber(lua, static_cast<lua_Number>(reply.integer));
    case Reply::Kind::bulk: return push_text(lua, reply.text);
    case Reply::Kind::simple: lua_newtable(lua); return set_field(lua, "ok", reply.text);
    case Reply::Kind::error: return push_error(lua, reply.text);
    case Reply::Kind::real: return push_real(lua, reply.real, protocol);
    case Reply::Kind::boolean:
      return protocol == 2 ? lua_pushnumber(lua, static_cast<lua_Number>(reply.integer))
                           : lua_pushboolean(lua, reply.integer != 0);
    case Reply::Kind::verbatim: return push_verbatim(lua, reply.text, protocol);
    case Reply::Kind::big_number: return push_big_number(lua, reply.text, protocol);
    case Reply::Kind::map: return protocol == 2 ? push_array(lua, reply, protocol) : push_map(lua, reply);
    case Reply::Kind::set: return protocol == 2 ? push_array(lua, reply, protocol) : push_set(lua, reply);
    case Reply::Kind::array:
    case Reply::Kind::push: return push_array(lua, reply, protocol);
  }
}

Result<Reply> take_reply(lua_State* lua, int protocol, std::size_t bytes_max) {
  ReplyTaker taker(lua, protocol, bytes_max);
  const int top = lua_gettop(lua);
  Reply reply = taker.take(0);
  lua_settop(lua, top);
  if (taker.too_large()) {
    return Error{ErrorCode::over_limit, fmt::format("ERR the script's reply is larger than {} bytes", bytes_max)};
  }
  return reply;
}

Result<Command> take_command(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) {
    return Error{ErrorCode::invalid, "ERR Please specify at least one argument for this redis lib call"};
  }
  Machine& machine = machine_of(lua);
  Command command;
  command.reserve(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    std::string word;
    if (lua_type(lua, i) == LUA_TNUMBER) {
      append_real(word, lua_tonumber(lua, i));
    } else if (lua_type(lua, i) == LUA_TSTRING) {
      std::size_t size = 0;
      const char* bytes = lua_tolstring(lua, i, &size);
      machine.bytes_given += size;
      if (machine.bytes_given > machine.limits.memory_max) {
        return Error{ErrorCode::over_limit,
                     fmt::format("ERR the script hands commands more than {} bytes", machine.limits.memory_max)};
      }
      word.assign(bytes, size);
    } else {
      return Error{ErrorCode::invalid, "ERR Lua redis lib command arguments must be strings or integers"};
    }
    command.push_back(std::move(word));
  }
  return command;
}

void push_error(lua_State* lua, std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  lua_newtable(lua);
  set_field(lua, "err", text);
}

}  // namespace millrace::store
