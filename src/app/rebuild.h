#pragma once

// Builds an app's projection again from the log, in a keyspace beside the current one, and switches to it in one batch.
// Commands and queries go on meanwhile; the switch waits for none of them. Keys of the database that are not the
// projection's own are carried over.
//
// Confined to the reactor that owns the app's home.

#include <functional>

#include "app/inline_runner.h"

namespace millrace::app {

struct RebuildProgress {
  std::uint64_t events = 0;        // projected so far
  std::uint64_t events_total = 0;  // in the log when it began
};

struct RebuildReport {
  std::uint64_t events = 0;
  std::uint64_t skipped = 0;       // records that no projection understands
  std::uint64_t keys_carried = 0;  // of the database that are not the projection's
};

// Told after each batch of some milliseconds; the work goes on when it returns.
using RebuildObserver = std::function<Async<void>(RebuildProgress)>;

// Whether the reactor serves others meanwhile. If not, reads may wait for the disk on it, which saves doing them twice.
enum class Company { others, none };

// When it fails, the old projection stays. One at a time.
Async<Result<RebuildReport>> rebuild(InlineRunner& runner, RebuildObserver observer, Company company = Company::others);

}  // namespace millrace::app
