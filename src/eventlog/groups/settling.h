#pragma once

// What a group has to do with rows: storing what is pending, and finding where partitions begin that were assigned to
// its instances. Reads and writes of a unit; what it found is applied when that is durable.

#include <memory>
#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/embedded_log.h"
#include "eventlog/groups/group.h"

namespace millrace::eventlog {

struct FoundPartition {
  std::shared_ptr<Instance> instance{};
  TopicPartition partition{};
  std::uint64_t generation = 0;
  Offset position = 0;
  std::optional<Offset> committed{};
};

struct Settled {
  std::map<TopicPartition, Offset> stored{};
  std::vector<FoundPartition> found{};  // without those that OffsetReset::none leaves without a beginning
};

Result<Settled> stage_settling(Unit& unit, EmbeddedLog& log, const Group& group);

// Takes into the group what is durable now. What changed meanwhile stays as it is.
void apply(const Settled& settled, Group& group);

// Where `reset` has a reader begin; nothing for OffsetReset::none.
std::optional<Offset> begin_at(OffsetReset reset, const Bounds& bounds);

}  // namespace millrace::eventlog
