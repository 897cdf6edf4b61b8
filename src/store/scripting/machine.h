#pragma once

// What the C functions of the interpreter share: reached from any Lua state of one interpreter.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/scripting/interpreter.h"

struct lua_State;

namespace millrace::store {

struct JsonOptions;

// The 48-bit linear congruential generator of POSIX's lrand48: the same numbers everywhere for one seed.
class Random48 {
 public:
  void seed(std::uint32_t number) { state_ = std::uint64_t{number} << 16 | 0x330E; }
  std::uint32_t next() {
    state_ = (state_ * 0x5DEECE66D + 0xB) & ((std::uint64_t{1} << 48) - 1);
    return static_cast<std::uint32_t>(state_ >> 17);  // 31 bits
  }

 private:
  std::uint64_t state_ = 0x330E;
};

struct Machine {
  ScriptLimits limits{};
  lua_State* lua = nullptr;  // the first state; scripts run in others
  std::size_t memory = 0;
  Random48 random{};
  JsonOptions* json = nullptr;  // of the global cjson; owned by the Lua state

  // Of the run under way.
  ScriptCall* call = nullptr;
  Library* loading = nullptr;
  std::chrono::steady_clock::time_point deadline{};
  std::chrono::steady_clock::time_point slow_next{};  // when others have a turn
  std::optional<Error> stopped{};                     // ends the run; no script can catch it
  int protocol = 2;                                   // of redis.setresp
  std::size_t bytes_given = 0;                        // to commands
  std::string traceback{};                            // of the last error, where the form of errors wants one
};

Machine& machine_of(lua_State* lua);

// Raise an error that the script cannot catch. Where a script was stopped, whatever catches errors raises it again.
[[noreturn]] void stop_script(lua_State* lua, Error error);
void stay_stopped(lua_State* lua);
// Stops the script when its time is over.
void check_time(lua_State* lua);
// Raises "not enough memory" when a buffer outside of Lua's own memory would grow too large.
void check_buffer(lua_State* lua, std::size_t bytes);

}  // namespace millrace::store
