// The log's calls in a unit.

#include "eventlog/embedded/embedded_log.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/key_history.h"
#include "eventlog/embedded/tails.h"
#include "eventlog/topic_name.h"

namespace millrace::eventlog {
namespace {

constexpr PartitionNumber partitions_max = 10'000;       // one row each, and a place in the memory of each follower
constexpr Offset offset_first_max = Offset{1} << 53;     // beyond it JSON numbers are not exact
constexpr std::uint64_t record_bytes_largest = 1 << 30;  // a record is held in memory whole, several times over

Result<void> check(std::string_view name, const TopicSettings& settings) {
  auto invalid = [](std::string message) { return Error{ErrorCode::invalid, std::move(message)}; };
  if (!is_topic_name(name)) {
    return invalid(fmt::format("'{}' cannot name a topic: 1 to 249 of a-z A-Z 0-9 . _ -", name));
  }
  if (settings.partitions < 1 || settings.partitions > partitions_max) {
    return invalid(fmt::format("a topic has 1 to {} partitions, not {}", partitions_max, settings.partitions));
  }
  if (settings.offset_first > offset_first_max) {
    return invalid(fmt::format("a topic begins at {} at most", offset_first_max));
  }
  if (settings.record_bytes_max < 1 || settings.record_bytes_max > record_bytes_largest) {
    return invalid(fmt::format("the largest record of a topic is 1 to {} bytes", record_bytes_largest));
  }
  return {};
}

// The topic whose name is `name` or differs from it in '.' and '_' only.
Result<std::optional<TopicRow>> look_up(Unit& unit, std::string_view name) {
  auto row = unit.get(topic_key(name));
  if (!row) return row.error();
  if (!*row) return std::optional<TopicRow>{};
  auto topic = decode_topic(**row);
  if (!topic) return Error{ErrorCode::corrupt, fmt::format("the row of topic '{}' cannot be read", name)};
  return topic;
}

Result<TopicRow> find(Unit& unit, std::string_view name) {
  auto topic = look_up(unit, name);
  if (!topic) return topic.error();
  if (!*topic || (*topic)->topic.name != name) {
    return Error{ErrorCode::not_found, fmt::format("there is no topic '{}'", name)};
  }
  return std::move(**topic);
}

// Topics are numbered from 1 on; a number is never used again.
Result<TopicNumber> take_number(Unit& unit) {
  auto row = unit.get(topics_counter_key());
  if (!row) return row.error();
  ByteReader in(*row ? **row : std::string_view("\0\0\0\0", 4));
  TopicNumber number = in.big_endian<TopicNumber>() + 1;
  if (!in.ok() || !in.at_end()) return Error{ErrorCode::corrupt, "the counter of topics cannot be read"};
  std::string next;
  append_big_endian(next, number);
  unit.put(topics_counter_key(), next);
  return number;
}

}  // namespace

EmbeddedLog::EmbeddedLog(Home& home, EmbeddedLogOptions options)
    : home_(home), options_(std::move(options)), tails_(std::make_unique<Tails>()) {}

EmbeddedLog::~EmbeddedLog() = default;

Result<Topic> EmbeddedLog::stage_create(Unit& unit, std::string_view name, const TopicSettings& settings) {
  if (auto valid = check(name, settings); !valid) return valid.error();
  auto taken = look_up(unit, name);
  if (!taken) return taken.error();
  if (*taken) {
    return Error{ErrorCode::conflict, (*taken)->topic.name == name
                                          ? fmt::format("there is a topic '{}' already", name)
                                          : fmt::format("topic '{}' collides with '{}'", name, (*taken)->topic.name)};
  }
  auto number = take_number(unit);
  if (!number) return number.error();
  TopicRow row{*number, {std::string(name), settings, options_.clock()}};
  unit.put(topic_key(name), encode(row));
  return std::move(row.topic);
}

Result<Topic> EmbeddedLog::show(Unit& unit, std::string_view name) {
  auto row = find(unit, name);
  if (!row) return row.error();
  return std::move(row->topic);
}

Result<std::vector<Topic>> EmbeddedLog::topics(Unit& unit) {
  std::vector<Topic> all;
  bool readable = true;
  auto done = unit.scan(topic_rows(), Direction::ascending, [&](std::string_view, std::string_view value) {
    auto row = decode_topic(value);
    readable = row.has_value();
    if (readable) all.push_back(std::move(row->topic));
    return readable ? Visit::more : Visit::stop;
  });
  if (!done) return done.error();
  if (!readable) return Error{ErrorCode::corrupt, "the row of a topic cannot be read"};
  std::ranges::sort(all, {}, &Topic::name);
  return all;
}

Result<std::optional<Appended>> EmbeddedLog::find_repeated(Unit& unit, std::string_view topic,
                                                           std::string_view idempotency_key) {
  auto row = find(unit, topic);
  if (!row) return row.error();
  return Appending(unit, *row, 0, options_.clock(), options_.idempotency_window).find_repeated(idempotency_key);
}

Result<std::vector<Appended>> EmbeddedLog::stage(Unit& unit, std::string_view topic,
                                                 std::span<const NewRecord> records) {
  auto row = find(unit, topic);
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
  for (const auto& touched : appending.touched()) {
    if (!touched.written) continue;
    unit.after_sync([tails = tails_.get(), id = Tails::PartitionId{row->number, touched.partition},
                     next = touched.bounds.next] { tails->advance(id, next); });
  }
  return answers;
}

Result<Appended> EmbeddedLog::stage(Unit& unit, std::string_view topic, const NewRecord& record) {
  auto answers = stage(unit, topic, std::span(&record, 1));
  if (!answers) return answers.error();
  return answers->front();
}

Result<Batch> EmbeddedLog::read(Unit& unit, std::string_view topic, PartitionNumber partition, Offset from,
                                ReadLimits limits) {
  auto row = find(unit, topic);
  if (!row) return row.error();
  auto bounds = read_bounds(unit, *row, partition);
  if (!bounds) return bounds.error();
  Batch batch{.bounds = *bounds};
  from = std::max(from, bounds->first);
  if (from >= bounds->next || limits.records_max == 0) return batch;

  std::optional<Error> fault;
  std::size_t bytes = 0;
  KeyRange range = record_rows(row->number, partition, from);
  auto done = unit.scan(range, Direction::ascending, [&](std::string_view key, std::string_view value) {
    bytes += value.size();
    if (!batch.records.empty() && bytes > limits.bytes_max) return Visit::stop;
    auto record = read_record({partition, offset_of_record_key(key)}, value);
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
  auto row = find(unit, topic);
  if (!row) return row.error();
  KeyHistory history(unit, row->number, key);
  return direction == Direction::ascending ? history.ascending(from, limits) : history.descending(from, limits);
}

Result<Version> EmbeddedLog::key_version(Unit& unit, std::string_view topic, std::string_view key) {
  auto row = find(unit, topic);
  if (!row) return row.error();
  return KeyHistory(unit, row->number, key).version();
}

Result<Bounds> EmbeddedLog::bounds(Unit& unit, std::string_view topic, PartitionNumber partition) {
  auto row = find(unit, topic);
  if (!row) return row.error();
  return read_bounds(unit, *row, partition);
}

Result<Tails::Target> EmbeddedLog::target(Unit& unit, const Position& position, bool& reached) {
  auto row = find(unit, position.topic);
  if (!row) return row.error();
  auto bounds = read_bounds(unit, *row, position.partition);
  if (!bounds) return bounds.error();
  Offset offset = std::max(position.offset, bounds->first);
  reached = reached || bounds->next > offset;
  return Tails::Target{{row->number, position.partition}, offset};
}

}  // namespace millrace::eventlog
