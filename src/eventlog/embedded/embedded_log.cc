// The log's calls in a unit; those about topics are in embedded_topics.cc.

#include "eventlog/embedded/embedded_log.h"

#include <algorithm>

#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/by_time.h"
#include "eventlog/embedded/key_history.h"
#include "eventlog/embedded/tails.h"
#include "eventlog/embedded/topic_rows.h"

namespace millrace::eventlog {
EmbeddedLog::EmbeddedLog(Home& home, EmbeddedLogOptions options)
    : home_(home), options_(std::move(options)), tails_(std::make_unique<Tails>()), tidying_(home, options_) {}

EmbeddedLog::~EmbeddedLog() = default;

Result<std::optional<Appended>> EmbeddedLog::find_repeated(Unit& unit, std::string_view topic,
                                                           std::string_view idempotency_key) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  return Appending(unit, *row, 0, options_.clock(), options_.idempotency_window).find_repeated(idempotency_key);
}

Result<std::vector<Appended>> EmbeddedLog::stage(Unit& unit, std::string_view topic,
                                                 std::span<const NewRecord> records) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  PartitionNumber without_key = next_partition_++ % row->topic.settings.partitions;
  Appending appending(unit, *row, without_key, options_.clock(), options_.idempotency_window);
  Unit::Mark before = unit.mark();
  std::vector<Appended> answers;
  answers.reserve(records.size());
  for (const NewRecord& record : records) {
    auto at = appending.add(record);
    if (!at) {
      unit.rollback(before);
      return at.error();
    }
    answers.push_back(*at);
  }
  appending.finish();
  wake_followers(unit, row->number, appending);
  return answers;
}

Result<std::vector<Appended>> EmbeddedLog::stage(Unit& unit, std::span<const Addressed> records) {
  struct Target {
    TopicRow row;
    std::unique_ptr<Appending> appending{};
  };
  std::map<std::string_view, Target> targets;
  Unit::Mark before = unit.mark();
  std::vector<Appended> answers;
  answers.reserve(records.size());
  auto add = [&](const Addressed& each) -> Result<void> {
    Target& target = targets[each.topic];
    if (!target.appending) {
      auto row = find_topic(unit, each.topic);
      if (!row) return row.error();
      target.row = std::move(*row);
      PartitionNumber without_key = next_partition_++ % target.row.topic.settings.partitions;
      target.appending =
          std::make_unique<Appending>(unit, target.row, without_key, options_.clock(), options_.idempotency_window);
    }
    auto at = target.appending->add(each.record);
    if (!at) return at.error();
    answers.push_back(*at);
    return {};
  };
  for (const Addressed& each : records) {
    if (auto added = add(each); !added) {
      unit.rollback(before);
      return added.error();
    }
  }
  for (auto& [name, target] : targets) {
    target.appending->finish();
    wake_followers(unit, target.row.number, *target.appending);
  }
  return answers;
}

void EmbeddedLog::wake_followers(Unit& unit, TopicNumber topic, const Appending& appending) {
  for (const auto& touched : appending.touched()) {
    if (!touched.written) continue;
    unit.after_sync([tails = tails_.get(), id = Tails::PartitionId{topic, touched.partition},
                     next = touched.row.bounds.next] { tails->advance(id, next); });
  }
}

Result<Appended> EmbeddedLog::stage(Unit& unit, std::string_view topic, const NewRecord& record) {
  auto answers = stage(unit, topic, std::span(&record, 1));
  if (!answers) return answers.error();
  return answers->front();
}

Result<Batch> EmbeddedLog::read(Unit& unit, std::string_view topic, PartitionNumber partition, Offset from,
                                ReadLimits limits) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  auto bounds = read_bounds(unit, *row, partition);
  if (!bounds) return bounds.error();
  Batch batch{.bounds = *bounds};
  from = std::max(from, bounds->first);
  if (from >= bounds->next || limits.records_max == 0) return batch;

  constexpr std::size_t records_usual = 500;  // room for more comes when they do
  batch.records.reserve(std::min({limits.records_max, records_usual, static_cast<std::size_t>(bounds->next - from)}));
  std::optional<Error> fault;
  std::size_t bytes = 0;
  KeyRange range = record_rows(row->number, partition, from);
  auto done = unit.scan(range, Direction::ascending, [&](std::string_view key, std::string_view value) {
    bytes += value.size();
    if (!batch.records.empty() && bytes > limits.bytes_max) return Visit::stop;
    auto record = read_record({partition, offset_of_row(key)}, value);
    if (!record) {
      fault = std::move(record.error());
      return Visit::stop;
    }
    batch.records.push_back(std::move(*record));
    return batch.records.size() < limits.records_max ? Visit::more : Visit::stop;
  });
  if (!done) return done.error();
  if (fault) return *fault;
  return batch;
}

Result<std::vector<Record>> EmbeddedLog::read_key(Unit& unit, std::string_view topic, std::string_view key,
                                                  Version from, Direction direction, ReadLimits limits) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  KeyHistory history(unit, *row, key);
  return direction == Direction::ascending ? history.ascending(from, limits) : history.descending(from, limits);
}

Result<Version> EmbeddedLog::key_version(Unit& unit, std::string_view topic, std::string_view key) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  return KeyHistory(unit, *row, key).version();
}

Result<Bounds> EmbeddedLog::bounds(Unit& unit, std::string_view topic, PartitionNumber partition) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  return read_bounds(unit, *row, partition);
}

Result<Offset> EmbeddedLog::offset_at(Unit& unit, std::string_view topic, PartitionNumber partition, Timestamp time) {
  auto row = find_topic(unit, topic);
  if (!row) return row.error();
  return find_offset_at(unit, *row, partition, time);
}

Result<Tails::Target> EmbeddedLog::target(Unit& unit, const Position& position, bool& reached) {
  auto row = find_topic(unit, position.topic);
  if (!row) return row.error();
  auto bounds = read_bounds(unit, *row, position.partition);
  if (!bounds) return bounds.error();
  Offset offset = std::max(position.offset, bounds->first);
  reached = reached || bounds->next > offset;
  return Tails::Target{{row->number, position.partition}, offset};
}

}  // namespace millrace::eventlog
