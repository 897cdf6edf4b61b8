#pragma once

// Topics as a unit sees them. Pure but for the unit.

#include <optional>
#include <string_view>
#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

// Fails with `invalid` for a name or settings that cannot be.
Result<void> check_topic(std::string_view name, const TopicSettings& settings);

// The topic whose name is `name` or differs from it in '.' and '_' only.
Result<std::optional<TopicRow>> look_up_topic(Unit& unit, std::string_view name);

Result<TopicRow> find_topic(Unit& unit, std::string_view name);  // not_found
Result<std::vector<TopicRow>> read_topics(Unit& unit);           // by name
Result<TopicNumber> take_topic_number(Unit& unit);               // from 1 on; a number is never used again

}  // namespace millrace::eventlog
