#include "eventlog/embedded/checkpoints.h"

#include <fmt/format.h>

#include "eventlog/embedded/rows.h"
#include "eventlog/embedded/topic_rows.h"

namespace millrace::eventlog {
namespace {

constexpr std::size_t name_bytes_max = 249;       // as the name of a topic
constexpr std::size_t checkpoints_max = 100'000;  // they are listed in one answer

Error damaged(std::string_view name) {
  return {ErrorCode::corrupt, fmt::format("checkpoint '{}' cannot be read", name)};
}

bool is_as_expected(const std::optional<Checkpoint>& current, CheckpointExpected expected) {
  switch (expected.kind) {
    case CheckpointExpected::Kind::any: return true;
    case CheckpointExpected::Kind::none: return !current;
    case CheckpointExpected::Kind::exactly: return current && current->offset == expected.offset;
  }
  return false;
}

Result<void> drop_hold(Unit& unit, const Checkpoint& checkpoint) {
  if (!checkpoint.of) return {};
  auto topic = look_up_topic(unit, checkpoint.of->topic);
  if (!topic) return topic.error();
  if (*topic) unit.erase(checkpoint_hold_key((*topic)->number, checkpoint.of->partition, checkpoint.name));
  return {};
}

Result<void> put_hold(Unit& unit, const Checkpoint& checkpoint) {
  if (!checkpoint.of) return {};
  auto topic = find_topic(unit, checkpoint.of->topic);
  if (!topic) return topic.error();
  if (checkpoint.of->partition >= topic->topic.settings.partitions) {
    return Error{ErrorCode::not_found,
                 fmt::format("topic '{}' has no partition {}", checkpoint.of->topic, checkpoint.of->partition)};
  }
  unit.put(checkpoint_hold_key(topic->number, checkpoint.of->partition, checkpoint.name),
           encode_offset(checkpoint.offset));
  return {};
}

Result<void> check_room(Unit& unit) {
  std::size_t count = 0;
  auto done = unit.scan(checkpoint_rows(), Direction::ascending,
                        [&](auto, auto) { return ++count < checkpoints_max ? Visit::more : Visit::stop; });
  if (!done) return done.error();
  if (count < checkpoints_max) return {};
  return Error{ErrorCode::over_limit, fmt::format("there are {} checkpoints, and no more can be", checkpoints_max)};
}

}  // namespace

Result<std::optional<Checkpoint>> read_checkpoint(Unit& unit, std::string_view name) {
  auto row = unit.get(checkpoint_key(name));
  if (!row) return row.error();
  if (!*row) return std::optional<Checkpoint>{};
  auto known = decode_checkpoint(**row);
  if (!known) return damaged(name);
  return std::optional(Checkpoint{std::string(name), known->offset, std::move(known->of)});
}

Result<std::vector<Checkpoint>> read_checkpoints(Unit& unit) {
  std::vector<Checkpoint> all;
  std::optional<Error> fault;
  auto done = unit.scan(checkpoint_rows(), Direction::ascending, [&](std::string_view key, std::string_view value) {
    std::string_view name = name_of_checkpoint_row(key);
    auto known = decode_checkpoint(value);
    if (!known) {
      fault = damaged(name);
      return Visit::stop;
    }
    all.push_back({std::string(name), known->offset, std::move(known->of)});
    return Visit::more;
  });
  if (!done) return done.error();
  if (fault) return *fault;
  return all;
}

Result<CheckpointAnswer> stage_checkpoint(Unit& unit, const Checkpoint& checkpoint, CheckpointExpected expected) {
  if (checkpoint.name.empty() || checkpoint.name.size() > name_bytes_max) {
    return Error{ErrorCode::invalid, fmt::format("the name of a checkpoint has 1 to {} bytes", name_bytes_max)};
  }
  auto current = read_checkpoint(unit, checkpoint.name);
  if (!current) return current.error();
  if (!is_as_expected(*current, expected)) return CheckpointAnswer{false, std::move(*current)};
  if (!*current) {
    if (auto room = check_room(unit); !room) return room.error();
  } else if (auto dropped = drop_hold(unit, **current); !dropped) {
    return dropped.error();
  }
  if (auto held = put_hold(unit, checkpoint); !held) return held.error();
  unit.put(checkpoint_key(checkpoint.name), encode(CheckpointRow{checkpoint.offset, checkpoint.of}));
  return CheckpointAnswer{true, checkpoint};
}

Result<CheckpointAnswer> stage_checkpoint_removal(Unit& unit, std::string_view name, CheckpointExpected expected) {
  auto current = read_checkpoint(unit, name);
  if (!current) return current.error();
  if (!*current) return Error{ErrorCode::not_found, fmt::format("there is no checkpoint '{}'", name)};
  if (!is_as_expected(*current, expected)) return CheckpointAnswer{false, std::move(*current)};
  if (auto dropped = drop_hold(unit, **current); !dropped) return dropped.error();
  unit.erase(checkpoint_key(name));
  return CheckpointAnswer{true, std::nullopt};
}

}  // namespace millrace::eventlog
