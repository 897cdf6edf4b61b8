#pragma once

// What one transaction (a command, MULTI, a script) runs with, beside its unit.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/caller.h"
#include "store/embedded/database_properties.h"
#include "store/live/live_state.h"
#include "store/store.h"

namespace millrace::store {

// What a command that found nothing waits for, where its caller can wait. Of a command that runs again and still finds
// nothing, what the first run said goes on to count.
struct Blocking {
  std::vector<std::string> keys{};
  std::int64_t until = 0;  // milliseconds since 1970; 0: for ever

  // What to run when one of the keys was written, where that is not the command as it came: in XREAD, `$` means the
  // last entry at the first run.
  std::optional<Command> again{};

  // It ends when one of the keys goes.
  bool needs_keys = false;
};

struct Context {
  Context(LiveState& state, Caller who) : live(state), caller(std::move(who)), now(now_of(state)) {}

  LiveState& live;
  Caller caller;
  std::int64_t now;  // milliseconds since 1970, the same for the whole transaction

  DatabaseLimits limits{};      // of the database it runs in
  bool in_transaction = false;  // MULTI or a pipeline's /multi-exec: nothing in it blocks
  bool in_script = false;
  bool trying_again = false;      // the client waits for these keys: one of another type is as good as none
  bool read_only_script = false;  // writes are refused
  bool writing = false;           // the command that runs may write
  bool touching = true;           // the keys that it looks at count as used
  bool counted = true;            // in the statistics: not so as a part of another command

  // Set by a command that answers nothing yet; its reply is for the time being over.
  std::optional<Blocking> blocking{};

  std::int64_t delay = 0;  // milliseconds that the answer waits: the database has a limit of commands per second

  bool may_block() const { return caller.door == Door::redis && !in_transaction && !in_script; }

  static std::int64_t now_of(LiveState& state) { return state.clock().time_since_epoch().count(); }
};

}  // namespace millrace::store
