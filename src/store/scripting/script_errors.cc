#include "store/scripting/script_errors.h"

#include <charconv>
#include <fmt/format.h>
#include <lua.hpp>

#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"

namespace millrace::store {
namespace {

constexpr int traceback_levels_max = 20;
constexpr std::size_t message_bytes_max = 64u << 10;  // of an error; a script may raise any text

// Where the innermost function runs that is none of C, or the second one: what raised the error may be of C.
bool find_place(lua_State* lua, lua_Debug& place) {
  if (lua_getstack(lua, 1, &place) == 0) return false;
  lua_getinfo(lua, "Sl", &place);
  if (std::string_view(place.what) != "C") return true;
  if (lua_getstack(lua, 2, &place) == 0) return false;
  return lua_getinfo(lua, "Sl", &place) != 0;
}

std::string traceback(lua_State* lua) {
  std::string out;
  lua_Debug level;
  for (int i = 1; i <= traceback_levels_max && lua_getstack(lua, i, &level) != 0; ++i) {
    lua_getinfo(lua, "Snl", &level);
    if (level.currentline > 0) {
      out.append(fmt::format("\n\t{}:{}:", level.source, level.currentline));
    } else {
      out.append("\n\t[C]:");
    }
    if (level.namewhat[0] != '\0') {
      out.append(fmt::format(" in function '{}'", level.name));
    } else if (std::string_view(level.what) == "main") {
      out.append(" in main chunk");
    } else if (level.linedefined > 0) {
      out.append(fmt::format(" in function <{}:{}>", level.source, level.linedefined));
    } else {
      out.append(" ?");
    }
  }
  return out;
}

// The text of an error that is no table, as Lua's tostring has it.
std::string text_of(lua_State* lua, int index) {
  switch (lua_type(lua, index)) {
    case LUA_TNUMBER:
    case LUA_TSTRING: {
      lua_pushvalue(lua, index);
      std::size_t size = 0;
      const char* bytes = lua_tolstring(lua, -1, &size);
      std::string text(bytes, std::min(size, message_bytes_max));
      lua_pop(lua, 1);
      return text;
    }
    case LUA_TBOOLEAN: return lua_toboolean(lua, index) != 0 ? "true" : "false";
    case LUA_TNIL:
    case LUA_TNONE: return "nil";
    default: return fmt::format("{}: {}", luaL_typename(lua, index), lua_topointer(lua, index));
  }
}

std::string take_field(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  std::string text = lua_isstring(lua, -1) != 0 ? text_of(lua, -1) : std::string();
  lua_pop(lua, 1);
  return text;
}

std::string on_one_line(std::string text) {
  for (char& c : text) c = c == '\r' || c == '\n' ? ' ' : c;
  return text;
}

std::string redis_text(std::string message, std::string_view name, std::string_view source, std::string_view line) {
  if (!source.empty() && !line.empty()) message.append(fmt::format(" script: {}, on {}:{}.", name, source, line));
  return on_one_line(std::move(message));
}

// Takes "user_script:7: " off the beginning.
void strip_place(std::string_view& message, std::string_view source) {
  if (source.starts_with('@')) source.remove_prefix(1);
  std::string_view rest = message;
  if (!rest.starts_with(source)) return;
  rest.remove_prefix(source.size());
  int line = 0;
  if (!rest.starts_with(':')) return;
  const auto [end, failure] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), line);
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (failure == std::errc{} && rest.starts_with(": ")) message = rest.substr(2);
}

std::string rest_text(std::string_view message, std::string_view source, std::string_view line,
                      std::string_view traceback) {
  if (message.starts_with("ERR ")) message.remove_prefix(4);
  std::string out = "ERR Error running script: ";
  if (!source.empty() && !line.empty()) {
    strip_place(message, source);
    out.append(source).append(":").append(line).append(": ");
  }
  return out.append(message).append("\nstack traceback:").append(traceback);
}

}  // namespace

int describe_error(lua_State* lua) {
  Machine& machine = machine_of(lua);
  if (machine.stopped) return 1;
  lua_settop(lua, 1);
  if (!lua_istable(lua, 1)) {
    const std::string text = "ERR " + text_of(lua, 1);
    lua_newtable(lua);
    lua_pushlstring(lua, text.data(), text.size());
    lua_setfield(lua, -2, "err");
    lua_replace(lua, 1);
  }
  lua_Debug place;
  if (find_place(lua, place) && !push_viewed(lua, 1)) {
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, place.source);
    lua_rawset(lua, 1);
    lua_pushliteral(lua, "line");
    lua_pushinteger(lua, place.currentline);
    lua_rawset(lua, 1);
  }
  lua_settop(lua, 1);
  if (machine.call != nullptr && machine.call->form == ErrorForm::rest) machine.traceback = traceback(lua);
  return 1;
}

Error error_of_run(lua_State* lua, std::string_view name, ErrorForm form) {
  if (!lua_istable(lua, -1)) {
    return {ErrorCode::invalid,
            on_one_line(fmt::format("ERR Error running script {}, {:.100}", name, text_of(lua, -1)))};
  }
  std::string message = take_field(lua, "err");
  if (message.empty()) message = "ERR unknown error";
  const std::string source = take_field(lua, "source");
  const std::string line = take_field(lua, "line");
  if (form == ErrorForm::redis) return {ErrorCode::invalid, redis_text(std::move(message), name, source, line)};
  return {ErrorCode::invalid, rest_text(message, source, line, machine_of(lua).traceback)};
}

}  // namespace millrace::store
