#pragma once

// What the commands share that run a script or a function.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "store/commands/command_table.h"
#include "store/scripting/scripting_state.h"

namespace millrace::store {

// The scripts of the call's database.
DatabaseScripts& scripts_of(const Call& call);

// What runs, one of both, and what it promised.
struct ScriptTarget {
  const Script* script = nullptr;
  const LibraryFunction* function = nullptr;
  bool promises = true;     // a script without a header promises nothing
  bool by_reading = false;  // the command is one of those that only read
};

// What a command is answered whose database runs a slow script; nothing when it may run.
std::optional<Reply> refuse_while_busy(const LiveState& live, DatabaseId database, const CommandSpec& spec);

// Whether a command promises to write nothing by what it runs: a script or a function with the flag no-writes.
bool promises_no_writes(LiveState& live, DatabaseId database, const Command& command, const CommandSpec& spec);

// SCRIPT KILL and FUNCTION KILL.
Result<Reply> kill_running(const Call& call, bool functions);

// How many of `arguments` are keys, which begin with their count. Fails with `text` when that is no number.
Result<std::size_t> take_key_count(std::span<const std::string> arguments, std::string_view text);

// Runs it with `arguments`, the first `keys` of which are keys. An error leaves nothing of its writes.
Result<Reply> run_target(const Call& call, const ScriptTarget& target, std::span<const std::string> arguments,
                         std::size_t keys);

}  // namespace millrace::store
