#pragma once

// The homes of one reactor (base/unit.h) on an engine, with group commit.
//
// Units commit into the pending batch. At the end of each tick the reactor writes that batch for all its homes as one
// engine batch, and asks for a sync; commits return when it is done. While it runs, further ticks are written, and the
// next sync covers them. Units that commit in one tick are therefore written together or not at all.
//
// Most reads are answered from memory: by the rows that were read or written lately, and by small ranges that were
// scanned.
//
// Confined to the reactor, but for `HomesOptions::post`, which is called on the sync thread. The engine and the syncer
// outlive it; it outlives the homes and units it made.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/unit.h"
#include "kv/engine.h"
#include "kv/syncer.h"

namespace millrace::kv {

// When a commit returns: `always` when it is synced to disk, otherwise when it was handed to the operating system,
// where it survives the end of the process but not a power loss. With `interval` the syncer, told to by
// Syncer::every, follows soon.
enum class Durability { always, interval, os };

enum class Ticks {
  ended_by_reactor,  // by calls of Homes::end_tick
  each_commit,       // every commit is a tick of its own and is written, and synced, before it returns
};

struct HomesOptions {
  Durability durability = Durability::always;
  Ticks ticks = Ticks::ended_by_reactor;
  std::size_t row_cache_bytes = 64 << 20;
  std::size_t range_cache_bytes = 16 << 20;

  // Runs a call on the reactor, after which the reactor ends its tick as always. Needed with Durability::always and
  // ended_by_reactor. Calls may be dropped once the reactor has stopped.
  std::function<void(std::function<void()>)> post{};

  // Runs work that may wait for a disk, on a thread beside the reactor. Without it such work runs at once.
  std::function<void(std::function<void()>)> on_background{};
};

struct HomesStats {
  std::uint64_t commits = 0;       // of units with writes
  std::uint64_t batches = 0;       // written to the engine
  std::uint64_t rows_written = 0;  // after several writes of one row in a tick became one
  std::uint64_t batches_failed = 0;
  std::uint64_t syncs = 0;         // that this reactor asked for and saw completed
  std::uint64_t syncs_inline = 0;  // of those, on the reactor itself because nobody else was there
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;    // asked the engine
  std::uint64_t ceiling_hits = 0;  // known to be absent without asking
  std::uint64_t range_hits = 0;
  std::uint64_t range_misses = 0;
  std::uint64_t fetches = 0;  // reads that had to go to the disk
  std::uint64_t row_cache_bytes = 0;
  std::uint64_t range_cache_bytes = 0;
};

class Homes {
 public:
  // Without a syncer the reactor syncs itself.
  Homes(Engine& engine, Syncer* syncer, HomesOptions options);
  ~Homes();

  // A home owns no keys by itself: who writes which keys is for its users to agree on.
  std::unique_ptr<Home> make_home();

  // Writes what was committed since the last tick, and sees to its sync. The reactor calls it after each round of
  // handlers. Cheap when there is nothing to do.
  void end_tick();

  // Whether no commit waits for anything.
  bool idle() const;

  HomesStats stats() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::kv
