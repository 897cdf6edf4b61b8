#include "eventlog/embedded/appending.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::eventlog {
namespace {

// 1 KiB: longer than any identifier in use; each is kept for the whole window.
constexpr std::size_t idempotency_key_bytes_max = 1024;

std::size_t bytes_of(const NewRecord& record) {
  std::size_t bytes = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
  for (const Header& header : record.headers) bytes += header.name.size() + header.value.size();
  return bytes;
}

// Segments are small, for a search by time passes one of them, and an eighth of what a topic keeps at most, for they
// expire whole.
constexpr std::uint64_t segment_records_max = 4096;
constexpr std::uint64_t segment_bytes_max = 1 << 20;
constexpr std::uint64_t segments_kept = 8;

bool is_full(const PartitionRow& row, const TopicSettings& settings, Timestamp now) {
  if (row.open.records == 0) return false;
  if (row.open.records >= segment_records_max || row.open.bytes >= segment_bytes_max) return true;
  if (settings.retention_bytes && row.open.bytes >= *settings.retention_bytes / segments_kept) return true;
  return settings.retention_time && now - row.open_first >= *settings.retention_time / segments_kept;
}

bool is_met(const Expected& expected, Version current) {
  switch (expected.kind) {
    case Expected::Kind::any: return true;
    case Expected::Kind::none: return current == 0;
    case Expected::Kind::exists: return current > 0;
    case Expected::Kind::exactly: return current == expected.version;
  }
  return false;
}

Error conflict(const std::string& key, const std::string& topic, Version current) {
  if (current == 0) return {ErrorCode::conflict, fmt::format("key '{}' of topic '{}' has no record", key, topic)};
  return {ErrorCode::conflict, fmt::format("key '{}' of topic '{}' is at version {}", key, topic, current)};
}

Error damaged(std::string_view row, const std::string& topic) {
  return {ErrorCode::corrupt, fmt::format("a {} row of topic '{}' cannot be read", row, topic)};
}

}  // namespace

Result<PartitionRow> read_partition(Unit& unit, const TopicRow& topic, PartitionNumber partition) {
  if (partition >= topic.topic.settings.partitions) {
    return Error{ErrorCode::not_found, fmt::format("topic '{}' has no partition {}", topic.topic.name, partition)};
  }
  auto row = unit.get(partition_key(topic.number, partition));
  if (!row) return row.error();
  if (!*row) {
    Offset first = topic.topic.settings.offset_first;
    return PartitionRow{.bounds = {first, first}, .open_base = first, .open = {.next = first}};
  }
  auto known = decode_partition(**row);
  if (!known) return damaged("partition", topic.topic.name);
  return *known;
}

Result<Bounds> read_bounds(Unit& unit, const TopicRow& topic, PartitionNumber partition) {
  auto row = read_partition(unit, topic, partition);
  if (!row) return row.error();
  return row->bounds;
}

void close_segment(Unit& unit, TopicNumber topic, PartitionNumber partition, PartitionRow& row) {
  unit.put(segment_key(topic, partition, row.open_base), encode(row.open));
  row.open_base = row.bounds.next;
  row.open_first = {};
  row.open = {.next = row.bounds.next, .timestamp_max_so_far = row.open.timestamp_max_so_far};
}

Appending::Appending(Unit& unit, const TopicRow& topic, PartitionNumber partition_without_key, Timestamp now,
                     std::chrono::milliseconds idempotency_window)
    : unit_(unit),
      topic_(topic),
      partition_without_key_(partition_without_key),
      now_(now),
      idempotency_window_(idempotency_window) {}

Result<Appended> Appending::add(const NewRecord& record) {
  if (auto valid = check(record); !valid) return valid.error();
  auto repeated = find_repeated(record.idempotency_key);
  if (!repeated) return repeated.error();
  if (*repeated) return **repeated;

  auto before = find_key(record);
  if (!before) return before.error();
  if (!is_met(record.expected, before->version)) return conflict(*record.key, topic_.topic.name, before->version);
  auto partition = partition_of(record);
  if (!partition) return partition.error();

  Appended at{.partition = (*partition)->partition,
              .offset = (*partition)->row.bounds.next,
              .timestamp = record.timestamp.value_or(now_),
              .version = record.key ? before->version + 1 : 0};
  put_record(record, at, *before);
  count(**partition, at);
  return at;
}

Result<void> Appending::check(const NewRecord& record) const {
  std::uint64_t bytes_max = topic_.topic.settings.record_bytes_max;
  if (bytes_of(record) > bytes_max) {
    return Error{ErrorCode::over_limit, fmt::format("a record of {} bytes is larger than topic '{}' takes, {} bytes",
                                                    bytes_of(record), topic_.topic.name, bytes_max)};
  }
  if (!record.key && record.expected.kind != Expected::Kind::any) {
    return Error{ErrorCode::invalid, "a record without a key cannot expect a version of it"};
  }
  if (!record.key && topic_.topic.settings.cleanup == Cleanup::compact) {
    return Error{ErrorCode::invalid,
                 fmt::format("a record without a key cannot stand in '{}': the topic is compacted", topic_.topic.name)};
  }
  if (record.idempotency_key.size() > idempotency_key_bytes_max) {
    return Error{ErrorCode::invalid, fmt::format("an idempotency key has {} bytes at most", idempotency_key_bytes_max)};
  }
  if (record.timestamp && record.timestamp->time_since_epoch().count() < 0) {
    return Error{ErrorCode::invalid, "the timestamp of a record lies before 1970"};
  }
  return {};
}

Result<std::optional<Appended>> Appending::find_repeated(std::string_view idempotency_key) const {
  if (idempotency_key.empty()) return std::optional<Appended>{};
  auto row = unit_.get(idempotency_key_key(topic_.number, idempotency_key));
  if (!row) return row.error();
  if (!*row) return std::optional<Appended>{};
  auto known = decode_idempotency(**row);
  if (!known) return damaged("idempotency", topic_.topic.name);
  if (now_ - known->accepted >= idempotency_window_) return std::optional<Appended>{};
  known->appended.repeated = true;
  return std::optional(known->appended);
}

Result<KeyRow> Appending::find_key(const NewRecord& record) const {
  if (!record.key) return KeyRow{};
  auto row = unit_.get(key_key(topic_.number, *record.key));
  if (!row) return row.error();
  if (!*row) return KeyRow{};
  auto known = decode_key(**row);
  if (!known) return damaged("key", topic_.topic.name);
  return *known;
}

Result<Appending::Touched*> Appending::partition_of(const NewRecord& record) {
  PartitionNumber partition = record.partition ? *record.partition
                              : record.key     ? partition_of_key(*record.key, topic_.topic.settings.partitions)
                                               : partition_without_key_;
  auto found = std::ranges::find(touched_, partition, &Touched::partition);
  if (found != touched_.end()) return &*found;
  auto row = read_partition(unit_, topic_, partition);
  if (!row) return row.error();
  return &touched_.emplace_back(Touched{partition, *row});
}

// Takes the record just put into the last segment, or into a new one when that is full.
void Appending::count(Touched& touched, const Appended& at) {
  PartitionRow& row = touched.row;
  Segment& open = row.open;
  std::uint64_t bytes = record_key_bytes + value_.size();
  touched.written = true;
  if (is_full(row, topic_.topic.settings, now_)) close_segment(unit_, topic_.number, touched.partition, row);
  if (open.records == 0) row.open_first = now_;
  row.bounds.next = open.next = at.offset + 1;
  ++row.records;
  row.bytes += bytes;
  ++open.records;
  open.bytes += bytes;
  open.timestamp_max = std::max(open.timestamp_max, at.timestamp);
  open.timestamp_max_so_far = std::max(open.timestamp_max_so_far, at.timestamp);
  open.appended_last = std::max(open.appended_last, now_);
}

void Appending::put_record(const NewRecord& record, const Appended& at, const KeyRow& before) {
  StoredRecord stored{.timestamp = at.timestamp,
                      .key = record.key,
                      .version = at.version,
                      .previous = before.place,
                      .idempotency_key = record.idempotency_key,
                      .value = record.value};
  stored.headers.reserve(record.headers.size());
  for (const Header& header : record.headers) stored.headers.push_back({header.name, header.value});
  value_.clear();
  encode(stored, value_);
  unit_.put(record_key(topic_.number, at.partition, at.offset), value_);

  Place place{at.partition, at.offset};
  if (record.key) {
    unit_.put(key_key(topic_.number, *record.key), encode(KeyRow{at.version, place}));
    if (at.version % versions_between_rows == 0) {
      unit_.put(version_key(topic_.number, *record.key, at.version), encode(place));
    }
  }
  if (!record.idempotency_key.empty()) {
    unit_.put(idempotency_key_key(topic_.number, record.idempotency_key), encode(IdempotencyRow{at, now_}));
  }
}

void Appending::finish() {
  for (const Touched& partition : touched_) {
    if (partition.written) unit_.put(partition_key(topic_.number, partition.partition), encode(partition.row));
  }
}

}  // namespace millrace::eventlog
