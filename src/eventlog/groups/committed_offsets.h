#pragma once

// What groups have committed, as a unit sees it: a row for each partition and group, and one that names the group.

#include <optional>
#include <string>
#include <vector>

#include "base/unit.h"
#include "eventlog/consumer_groups.h"

namespace millrace::eventlog {

constexpr std::size_t groups_max = 10'000;  // they are listed in one answer, and retention asks each

// Each fails with `not_found` for a topic or partition that is not there.
Result<std::optional<Offset>> read_committed(Unit& unit, const std::string& group, const TopicPartition& partition);
Result<void> stage_commit(Unit& unit, const std::string& group, const TopicPartition& partition, Offset offset);

// Remembers the name of a group that commits. Fails with `over_limit` when it is one too many.
Result<void> stage_group(Unit& unit, const std::string& group);
Result<bool> is_group(Unit& unit, const std::string& group);
Result<std::vector<std::string>> read_groups(Unit& unit);

// All that the group has committed; `instance` is left empty.
Result<std::vector<GroupLag>> read_lag(Unit& unit, const std::string& group);
Result<void> stage_group_removal(Unit& unit, const std::string& group);

}  // namespace millrace::eventlog
