#pragma once

// The log in the kv engine. Everything it knows stands in rows (docs/formats/event-log.md) that it reads and writes
// through the unit of the command, so that a dropped unit or a failed write leaves nothing behind. In memory it keeps
// only who waits for which offset, up to where a partition is known to be durable, and who uses which topic.
//
// Confined to the reactor that owns `home`; serves the topics that live in that home. It must outlive everything staged
// into the home's units.

#include <functional>
#include <map>
#include <memory>
#include <span>

#include "eventlog/embedded/tails.h"
#include "eventlog/embedded/tidying.h"
#include "eventlog/event_log.h"

namespace millrace::eventlog {

// The clock, the window in which an idempotency key is known, and how old records are removed.
using EmbeddedLogOptions = TidyingOptions;

class EmbeddedLog final : public EventLog {
 public:
  explicit EmbeddedLog(Home& home, EmbeddedLogOptions options = {});
  ~EmbeddedLog() override;

  // The calls of the seam, at once and in a unit: they see its writes and leave with it. Errors as in the seam; after
  // one the unit holds none of this call's writes and may go on.
  Result<Topic> stage_create(Unit& unit, std::string_view name, const TopicSettings& settings);
  Result<Topic> show(Unit& unit, std::string_view name);
  Result<std::vector<Topic>> topics(Unit& unit);
  Result<Topic> stage_alter(Unit& unit, std::string_view name, const TopicSettings& settings);
  Result<void> stage_remove(Unit& unit, std::string_view name, InUse in_use);
  Result<TopicStatus> status(Unit& unit, std::string_view name);
  Result<std::vector<Appended>> stage(Unit& unit, std::string_view topic, std::span<const NewRecord> records);
  Result<std::vector<Appended>> stage(Unit& unit, std::span<const Addressed> records);
  Result<Appended> stage(Unit& unit, std::string_view topic, const NewRecord& record);
  Result<Batch> read(Unit& unit, std::string_view topic, PartitionNumber partition, Offset from, ReadLimits limits);
  Result<std::vector<Record>> read_key(Unit& unit, std::string_view topic, std::string_view key, Version from,
                                       Direction direction, ReadLimits limits);
  Result<Version> key_version(Unit& unit, std::string_view topic, std::string_view key);
  Result<Bounds> bounds(Unit& unit, std::string_view topic, PartitionNumber partition);
  Result<Offset> offset_at(Unit& unit, std::string_view topic, PartitionNumber partition, Timestamp time);
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

  // Says that `owner`, an app, uses the topic; its removal is refused then unless it is told to go.
  void claim(std::string topic, std::string owner) { owners_[std::move(topic)] = std::move(owner); }

  // Asked before records are removed that somebody outside the log may have yet to read.
  void add_hold(Hold hold) { tidying_.add_hold(std::move(hold)); }

  // Called when a topic was made, changed or removed, once that is durable.
  void on_topics_changed(std::function<void()> call) { topics_changed_.push_back(std::move(call)); }

  // Removes some of what is due to go: expired, compacted, forgotten. True when there is more to do at once.
  Async<Result<bool>> tidy() { return tidying_.slice(); }

  Home& home() { return home_; }

 private:
  void tell_topics_changed(Unit& unit);
  void wake_followers(Unit& unit, TopicNumber topic, const class Appending& appending);

  // Where `position` stands. Sets `reached` when the unit sees a record at or after it.
  Result<Tails::Target> target(Unit& unit, const Position& position, bool& reached);

  Home& home_;
  EmbeddedLogOptions options_;
  std::unique_ptr<Tails> tails_;
  Tidying tidying_;
  std::map<std::string, std::string> owners_{};  // of topics in use, by topic
  std::vector<std::function<void()>> topics_changed_{};
  PartitionNumber next_partition_ = 0;  // where the next append puts its records without key
};

}  // namespace millrace::eventlog
