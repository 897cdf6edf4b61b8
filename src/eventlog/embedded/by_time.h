#pragma once

// Offsets by time: a search over the segments of a partition, and within the one that has it.

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

// The smallest offset whose timestamp is at or after `time`; the end when there is none. The first segment whose
// largest timestamp is not below `time` holds it, also where timestamps do not ascend. Passes one segment's records,
// and more only where compaction removed those that a segment was found by.
Result<Offset> find_offset_at(Unit& unit, const TopicRow& topic, PartitionNumber partition, Timestamp time);

}  // namespace millrace::eventlog
