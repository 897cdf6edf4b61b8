#pragma once

// The first line of a script or a library of functions, "#!lua name=… flags=…": who runs it, how it is called, what it
// promises. Pure. The rules and the texts of errors are those of Redis 7.2; the flag allow-key-locking is Upstash's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::store {

enum ScriptFlag : std::uint8_t {
  no_writes = 1,
  allow_oom = 2,
  allow_stale = 4,
  no_cluster = 8,
  allow_cross_slot_keys = 16,
  allow_key_locking = 32,  // reaches only the keys that its caller names
};

struct ScriptFlagName {
  std::string_view name;
  ScriptFlag flag;
};

std::span<const ScriptFlagName> script_flag_names();  // in the order in which FUNCTION LIST tells them
std::optional<ScriptFlag> find_script_flag(std::string_view name);

struct ScriptHeader {
  bool present = false;    // without one, what the script may do depends on how it is called
  std::uint8_t flags = 0;  // ScriptFlag
  std::size_t size = 0;    // of the line without its end: what follows keeps its line numbers
};

// Fails with `invalid`, with the text that the client sees.
Result<ScriptHeader> read_script_header(std::string_view body);

struct LibraryHeader {
  std::string name{};
  std::size_t size = 0;
};

Result<LibraryHeader> read_library_header(std::string_view code);

// What both libraries and functions may be called: letters, digits and underscores.
Result<void> check_function_name(std::string_view name);

}  // namespace millrace::store
