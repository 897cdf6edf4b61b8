#pragma once

// What the store keeps in memory only, for all its databases: listeners, watchers, blocked clients, cursors, settings,
// counts. A restart forgets it, as a restart of Redis does. Confined to the reactor.

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/time.h"
#include "store/live/access_times.h"
#include "store/live/blocked_clients.h"
#include "store/live/command_statistics.h"
#include "store/live/monitors.h"
#include "store/live/notifications.h"
#include "store/live/pubsub.h"
#include "store/live/scan_cursors.h"
#include "store/live/slow_log.h"
#include "store/live/throttle.h"
#include "store/live/tracked_keys.h"
#include "store/live/watched_keys.h"

namespace millrace::store {

// The scripts and libraries that are loaded; scripting/ knows what it is.
struct ScriptingState {
  virtual ~ScriptingState() = default;
};

struct Counts {
  std::uint64_t commands = 0;
  std::uint64_t connections = 0;  // accepted since the start
  std::uint64_t clients = 0;      // connected now
  std::uint64_t expired_keys = 0;
  std::uint64_t keyspace_hits = 0;
  std::uint64_t keyspace_misses = 0;
  std::uint64_t errors = 0;
  std::uint64_t changes = 0;  // of keys since the last SAVE

  // What CONFIG RESETSTAT forgets.
  void reset() { *this = {.clients = clients, .changes = changes}; }
};

// How many commands run in a second, between one who asks and the next.
struct Pace {
  std::int64_t at = 0;
  std::uint64_t commands = 0;
  std::uint64_t per_second = 0;

  void measure(std::int64_t now, std::uint64_t commands_now) {
    if (now - at < 1000) return;
    per_second = commands_now < commands ? 0 : (commands_now - commands) * 1000 / static_cast<std::uint64_t>(now - at);
    at = now;
    commands = commands_now;
  }
};

struct LiveState {
  explicit LiveState(Clock chosen)
      : clock(std::move(chosen)), started(clock()), accesses(started.time_since_epoch().count()) {}

  Clock clock;
  ScanCursors cursors{};
  PubSub pubsub{};
  WatchedKeys watched{};
  TrackedKeys tracked{};
  BlockedClients blocked{};
  Monitors monitors{};
  Notifications notifications{};
  Throttle throttle{};
  Counts counts{};
  Pace pace{};
  CommandStatistics statistics{};
  SlowLog slow_log{};
  Timestamp started;
  AccessTimes accesses;

  // What CONFIG SET was told, by parameter, per database; see commands/config.cc.
  std::map<std::pair<DatabaseId, std::string>, std::string> settings{};

  std::mt19937_64 dice{std::random_device{}()};  // for commands that choose at random

  // No key and no field expires before this; moved by whoever writes an earlier time.
  std::int64_t expires_next = 0;

  std::unique_ptr<ScriptingState> scripting{};  // made when the first script comes
};

}  // namespace millrace::store
