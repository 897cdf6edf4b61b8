#pragma once

// What one transaction (a command, MULTI, a script) runs with, beside its unit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/caller.h"
#include "store/live/live_state.h"

namespace millrace::store {

// What a command that found nothing waits for, where its caller can wait.
struct Blocking {
  std::vector<std::string> keys{};
  std::int64_t until = 0;  // milliseconds since 1970; 0: for ever
};

struct Context {
  Context(LiveState& state, Caller who) : live(state), caller(std::move(who)), now(now_of(state)) {}

  LiveState& live;
  Caller caller;
  std::int64_t now;  // milliseconds since 1970, the same for the whole transaction

  bool in_transaction = false;  // MULTI or a pipeline's /multi-exec: nothing in it blocks
  bool in_script = false;
  bool read_only_script = false;  // writes are refused
  bool writing = false;           // the command that runs may write
  std::optional<Blocking>
      blocking{};  // set by a command that answers nothing yet; its reply is for the time being over

  bool may_block() const { return caller.door == Door::redis && !in_transaction && !in_script; }

  static std::int64_t now_of(LiveState& state) { return state.clock().time_since_epoch().count(); }
};

}  // namespace millrace::store
