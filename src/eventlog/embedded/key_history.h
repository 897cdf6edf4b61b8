#pragma once

// The records of one key, newest to oldest along the places that each keeps of the one before it; sparse rows let a
// walk begin in the middle. Lives for one call.

#include <functional>
#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

Result<Record> read_record(Place place, std::string_view stored);

class KeyHistory {
 public:
  KeyHistory(Unit& unit, const TopicRow& topic, std::string_view key)
      : unit_(unit), row_(topic), topic_(topic.number), key_(key) {}

  Result<Version> version();
  Result<std::vector<Record>> ascending(Version from, ReadLimits limits);
  Result<std::vector<Record>> descending(Version from, ReadLimits limits);

 private:
  using Visitor = std::function<Visit(Record)>;

  Result<KeyRow> newest();

  // The place of version `from` or of the nearest one above it that can be found at once. Versions go from the oldest
  // on, so that what has no row where one should be is gone, with all before it.
  Result<KeyRow> near(Version from, const KeyRow& newest);

  // Visits `from`, from - 1, … down to `to`; ends early where records are no longer kept.
  Result<void> walk(Version from, Version to, const KeyRow& newest, const Visitor& visit);

  // Whether the partition still holds the place. What expired may have rows for a while.
  Result<bool> is_kept(Place place);

  Unit& unit_;
  const TopicRow& row_;
  TopicNumber topic_;
  std::string_view key_;
  std::vector<std::pair<PartitionNumber, Offset>> firsts_{};  // of the partitions seen
};

}  // namespace millrace::eventlog
