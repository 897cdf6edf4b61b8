#pragma once

// Passing the records of a partition to remove some: what expiring.cc and compacting.cc share.

#include <string>
#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

struct Passed {
  Offset offset = 0;
  std::uint64_t bytes = 0;
  std::string key{};
  Version version = 0;
  Place previous{};
  bool tombstone = false;
};

// Up to `count` records, or 1 MiB, of the offsets from `from` up to, and without, `to`.
Result<std::vector<Passed>> pass_records(Unit& unit, TopicNumber topic, PartitionNumber partition, Offset from,
                                         Offset to, std::size_t count);
Result<std::optional<Passed>> pass_record(Unit& unit, TopicNumber topic, Place place);

// Forgets what the rows of its key tell of a record that goes.
Result<void> forget_version(Unit& unit, TopicNumber topic, Place place, const Passed& record);

}  // namespace millrace::eventlog
