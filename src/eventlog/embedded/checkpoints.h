#pragma once

// Named checkpoints as a unit sees them. One that tells of which partition it is has a second row there, by which
// retention finds it.

#include <optional>
#include <vector>

#include "base/unit.h"
#include "eventlog/event_log.h"

namespace millrace::eventlog {

Result<std::optional<Checkpoint>> read_checkpoint(Unit& unit, std::string_view name);
Result<std::vector<Checkpoint>> read_checkpoints(Unit& unit);
Result<CheckpointAnswer> stage_checkpoint(Unit& unit, const Checkpoint& checkpoint, CheckpointExpected expected);
Result<CheckpointAnswer> stage_checkpoint_removal(Unit& unit, std::string_view name, CheckpointExpected expected);

}  // namespace millrace::eventlog
