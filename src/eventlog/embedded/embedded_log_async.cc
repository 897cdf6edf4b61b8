// The log's seam: each call opens a unit, does in it what embedded_log.cc does, and waits as the seam promises.

#include "eventlog/embedded/checkpoints.h"
#include "eventlog/embedded/embedded_log.h"
#include "eventlog/embedded/look.h"
#include "eventlog/embedded/tails.h"

namespace millrace::eventlog {
namespace {

struct Seen {
  std::vector<Tails::Target> targets{};
  bool reached = false;  // one of them is, though perhaps not yet durable
};

}  // namespace

Async<Result<Topic>> EmbeddedLog::create(std::string name, TopicSettings settings) {
  co_return co_await run_command<Topic>(home_, [&](Unit& unit) { return stage_create(unit, name, settings); });
}

Async<Result<Topic>> EmbeddedLog::show(std::string name) {
  co_return co_await run_command<Topic>(home_, [&](Unit& unit) { return show(unit, name); });
}

Async<Result<std::vector<Topic>>> EmbeddedLog::topics() {
  co_return co_await run_command<std::vector<Topic>>(home_, [&](Unit& unit) { return topics(unit); });
}

Async<Result<std::vector<Appended>>> EmbeddedLog::append(std::string topic, std::vector<NewRecord> records) {
  co_return co_await run_command<std::vector<Appended>>(home_, [&](Unit& unit) { return stage(unit, topic, records); });
}

Async<Result<std::vector<Appended>>> EmbeddedLog::append(std::vector<Addressed> records) {
  co_return co_await run_command<std::vector<Appended>>(home_, [&](Unit& unit) { return stage(unit, records); });
}

// Old records are durable for long and answered at once; only who reads the newest waits for their sync.
Async<Result<Batch>> EmbeddedLog::read(std::string topic, PartitionNumber partition, Offset from, ReadLimits limits) {
  Tails::PartitionId id;
  auto batch = co_await look<Batch>(home_, [&](Unit& unit) -> Result<Batch> {
    bool reached = false;
    auto where = target(unit, {topic, partition, from}, reached);
    if (!where) return where.error();
    id = where->partition;
    return read(unit, topic, partition, from, limits);
  });
  if (!batch || batch->bounds.next <= tails_->durable(id)) co_return batch;
  if (!batch->records.empty() && batch->records.back().offset < tails_->durable(id)) {
    batch->bounds.next = tails_->durable(id);
    co_return batch;
  }
  Offset next = batch->bounds.next;
  if (auto synced = co_await home_.synced(); !synced) co_return synced.error();
  tails_->advance(id, next);
  co_return batch;
}

Async<Result<std::vector<Record>>> EmbeddedLog::read_key(std::string topic, std::string key, Version from,
                                                         Direction direction, ReadLimits limits) {
  co_return co_await run_command<std::vector<Record>>(
      home_, [&](Unit& unit) { return read_key(unit, topic, key, from, direction, limits); });
}

Async<Result<Version>> EmbeddedLog::key_version(std::string topic, std::string key) {
  co_return co_await run_command<Version>(home_, [&](Unit& unit) { return key_version(unit, topic, key); });
}

Async<Result<Bounds>> EmbeddedLog::bounds(std::string topic, PartitionNumber partition) {
  co_return co_await run_command<Bounds>(home_, [&](Unit& unit) { return bounds(unit, topic, partition); });
}

Async<Result<bool>> EmbeddedLog::wait(std::vector<Position> positions, std::stop_token cancel) {
  auto seen = co_await look<Seen>(home_, [&](Unit& unit) -> Result<Seen> {
    Seen now;
    for (const Position& position : positions) {
      auto where = target(unit, position, now.reached);
      if (!where) return where.error();
      now.targets.push_back(*where);
    }
    return now;
  });
  if (!seen) co_return seen.error();
  if (seen->reached) {
    if (auto synced = co_await home_.synced(); !synced) co_return synced.error();
    co_return true;
  }
  co_return co_await tails_->until(std::move(seen->targets), std::move(cancel));
}

Async<Result<Topic>> EmbeddedLog::alter(std::string name, TopicSettings settings) {
  co_return co_await run_command<Topic>(home_, [&](Unit& unit) { return stage_alter(unit, name, settings); });
}

Async<Result<void>> EmbeddedLog::remove(std::string name, InUse in_use) {
  co_return co_await run_command<void>(home_, [&](Unit& unit) { return stage_remove(unit, name, in_use); });
}

Async<Result<TopicStatus>> EmbeddedLog::status(std::string name) {
  co_return co_await run_command<TopicStatus>(home_, [&](Unit& unit) { return status(unit, name); });
}

Async<Result<Offset>> EmbeddedLog::offset_at(std::string topic, PartitionNumber partition, Timestamp time) {
  co_return co_await run_command<Offset>(home_, [&](Unit& unit) { return offset_at(unit, topic, partition, time); });
}

Async<Result<Checkpoint>> EmbeddedLog::checkpoint(std::string name) {
  co_return co_await run_command<Checkpoint>(home_, [&](Unit& unit) -> Result<Checkpoint> {
    auto found = read_checkpoint(unit, name);
    if (!found) return found.error();
    if (!*found) return Error{ErrorCode::not_found, "there is no checkpoint '" + name + "'"};
    return std::move(**found);
  });
}

Async<Result<std::vector<Checkpoint>>> EmbeddedLog::checkpoints() {
  co_return co_await run_command<std::vector<Checkpoint>>(home_, [](Unit& unit) { return read_checkpoints(unit); });
}

Async<Result<CheckpointAnswer>> EmbeddedLog::set_checkpoint(Checkpoint checkpoint, CheckpointExpected expected) {
  co_return co_await run_command<CheckpointAnswer>(
      home_, [&](Unit& unit) { return stage_checkpoint(unit, checkpoint, expected); });
}

Async<Result<CheckpointAnswer>> EmbeddedLog::remove_checkpoint(std::string name, CheckpointExpected expected) {
  co_return co_await run_command<CheckpointAnswer>(
      home_, [&](Unit& unit) { return stage_checkpoint_removal(unit, name, expected); });
}

}  // namespace millrace::eventlog
