#pragma once

// The log in the kv engine. Everything it knows stands in rows (docs/formats/event-log.md) that it reads and writes
// through the unit of the command, so that a dropped unit or a failed write leaves nothing behind. In memory it keeps
// only who waits for which offset, and up to where a partition is known to be durable.
//
// Confined to the reactor that owns `home`; serves the topics that live in that home. It must outlive everything staged
// into the home's units.

#include <functional>
#include <memory>
#include <span>

#include "eventlog/embedded/tails.h"
#include "eventlog/event_log.h"

namespace millrace::eventlog {

struct EmbeddedLogOptions {
  Clock clock = system_now;
  std::chrono::milliseconds idempotency_window = std::chrono::days{7};  // a repeat after it is a new record
};

class EmbeddedLog final : public EventLog {
 public:
  explicit EmbeddedLog(Home& home, EmbeddedLogOptions options = {});
  ~EmbeddedLog() override;

  // The calls of the seam, at once and in a unit: they see its writes and leave with it. Errors as in the seam; after
  // one the unit holds none of this call's writes and may go on.
  Result<Topic> stage_create(Unit& unit, std::string_view name, const TopicSettings& settings);
  Result<Topic> show(Unit& unit, std::string_view name);
  Result<std::vector<Topic>> topics(Unit& unit);
  Result<std::vector<Appended>> stage(Unit& unit, std::string_view topic, std::span<const NewRecord> records);
  Result<Appended> stage(Unit& unit, std::string_view topic, const NewRecord& record);
  Result<Batch> read(Unit& unit, std::string_view topic, PartitionNumber partition, Offset from, ReadLimits limits);
  Result<std::vector<Record>> read_key(Unit& unit, std::string_view topic, std::string_view key, Version from,
                                       Direction direction, ReadLimits limits);
  Result<Version> key_version(Unit& unit, std::string_view topic, std::string_view key);
  Result<Bounds> bounds(Unit& unit, std::string_view topic, PartitionNumber partition);
  // Where the record with this idempotency key stands, if there is one within the window.
  Result<std::optional<Appended>> find_repeated(Unit& unit, std::string_view topic, std::string_view idempotency_key);

  Async<Result<Topic>> create(std::string name, TopicSettings settings) override;
  Async<Result<Topic>> show(std::string name) override;
  Async<Result<std::vector<Topic>>> topics() override;
  Async<Result<Topic>> alter(std::string name, TopicSettings settings) override;
  Async<Result<void>> remove(std::string name, InUse in_use) override;
  Async<Result<TopicStatus>> status(std::string name) override;
  Async<Result<std::vector<Appended>>> append(std::string topic, std::vector<NewRecord> records) override;
  Async<Result<std::vector<Appended>>> append(std::vector<Addressed> records) override;
  Async<Result<Batch>> read(std::string topic, PartitionNumber partition, Offset from, ReadLimits limits) override;
  Async<Result<std::vector<Record>>> read_key(std::string topic, std::string key, Version from, Direction direction,
                                              ReadLimits limits) override;
  Async<Result<Version>> key_version(std::string topic, std::string key) override;
  Async<Result<Bounds>> bounds(std::string topic, PartitionNumber partition) override;
  Async<Result<Offset>> offset_at(std::string topic, PartitionNumber partition, Timestamp time) override;
  Async<Result<bool>> wait(std::vector<Position> positions, std::stop_token cancel) override;
  Async<Result<Checkpoint>> checkpoint(std::string name) override;
  Async<Result<std::vector<Checkpoint>>> checkpoints() override;
  Async<Result<CheckpointAnswer>> set_checkpoint(Checkpoint checkpoint, CheckpointExpected expected) override;
  Async<Result<CheckpointAnswer>> remove_checkpoint(std::string name, CheckpointExpected expected) override;

 private:
  // Where `position` stands. Sets `reached` when the unit sees a record at or after it.
  Result<Tails::Target> target(Unit& unit, const Position& position, bool& reached);

  Home& home_;
  EmbeddedLogOptions options_;
  std::unique_ptr<Tails> tails_;
  PartitionNumber next_partition_ = 0;  // where the next append puts its records without key
};

}  // namespace millrace::eventlog
