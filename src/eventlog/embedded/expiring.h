#pragma once

// One slice of retention or of compaction in one partition: reads and writes of a unit. What is due is decided from
// rows alone.

#include <chrono>
#include <functional>
#include <optional>

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

struct SliceRequest {
  const TopicRow& topic;
  PartitionNumber partition = 0;
  Timestamp now{};
  std::function<Result<Offset>(PartitionNumber)> held{};  // from there on somebody has yet to read
  std::chrono::milliseconds compaction_delay{};           // of the last segment
  std::chrono::milliseconds tombstones_kept{};
};

struct SliceDone {
  bool more = false;
  bool wrote = false;
  std::optional<KeyRange> unlinked{};  // rows that nobody reaches any more once the unit is committed
};

// Moves the partition's first offset over what has expired.
Result<SliceDone> stage_expiry(Unit& unit, const SliceRequest& request);

// Removes records that a later one of their key follows, and tombstones whose time is over.
Result<SliceDone> stage_compaction(Unit& unit, const SliceRequest& request);

}  // namespace millrace::eventlog
