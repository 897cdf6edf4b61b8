#include "eventlog/embedded/rows.h"

#include "base/bytes.h"
#include "eventlog/topic_name.h"

namespace millrace::eventlog {
namespace {

// The first two bytes of each kind of row.
constexpr std::string_view topics_counter = "ln";
constexpr std::string_view topic_kind = "lt";
constexpr std::string_view partition_kind = "lb";
constexpr std::string_view segment_kind = "ls";
constexpr std::string_view record_kind = "lr";
constexpr std::string_view key_kind = "lk";
constexpr std::string_view version_kind = "lv";
constexpr std::string_view idempotency_kind = "li";
constexpr std::string_view cleaned_kind = "lc";
constexpr std::string_view grave_kind = "ld";
constexpr std::string_view checkpoint_kind = "lp";
constexpr std::string_view checkpoint_hold_kind = "lq";
constexpr std::string_view group_kind = "lg";
constexpr std::string_view committed_kind = "lo";
constexpr std::string_view removed_kind = "lz";

std::string with_topic(std::string_view kind, TopicNumber topic, std::size_t more) {
  std::string key;
  key.reserve(kind.size() + sizeof topic + more);
  key.append(kind);
  append_big_endian(key, topic);
  return key;
}

std::string with_partition(std::string_view kind, TopicNumber topic, PartitionNumber partition) {
  std::string key = with_topic(kind, topic, sizeof partition + sizeof(Offset));
  append_big_endian(key, partition);
  return key;
}

std::uint64_t milliseconds(Timestamp time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
Timestamp read_timestamp(ByteReader& in) {
  return Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(in.varint_up_to(INT64_MAX))));
}

void append_segment(std::string& out, const Segment& segment) {
  append_varint(out, segment.next);
  append_varint(out, segment.records);
  append_varint(out, segment.bytes);
  append_varint(out, milliseconds(segment.timestamp_max));
  append_varint(out, milliseconds(segment.timestamp_max_so_far));
  append_varint(out, milliseconds(segment.appended_last));
}
Segment read_segment(ByteReader& in) {
  Segment segment;
  segment.next = in.varint();
  segment.records = in.varint();
  segment.bytes = in.varint();
  segment.timestamp_max = read_timestamp(in);
  segment.timestamp_max_so_far = read_timestamp(in);
  segment.appended_last = read_timestamp(in);
  return segment;
}

Place read_place(ByteReader& in) {
  auto partition = static_cast<PartitionNumber>(in.varint_up_to(UINT32_MAX));
  return {partition, in.varint()};
}

template <class Row>
std::optional<Row> whole(const ByteReader& in, Row row) {
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return row;
}

}  // namespace

KeyRange topic_rows() {
  return prefix_range(topic_kind);
}
std::string topics_counter_key() {
  return std::string(topics_counter);
}
std::string topic_key(std::string_view name) {
  return std::string(topic_kind) + collision_name(name);
}

std::string partition_key(TopicNumber topic, PartitionNumber partition) {
  return with_partition(partition_kind, topic, partition);
}

std::string segment_key(TopicNumber topic, PartitionNumber partition, Offset base) {
  std::string key = with_partition(segment_kind, topic, partition);
  append_big_endian(key, base);
  return key;
}
KeyRange segment_rows(TopicNumber topic, PartitionNumber partition) {
  return prefix_range(with_partition(segment_kind, topic, partition));
}

std::string record_key(TopicNumber topic, PartitionNumber partition, Offset offset) {
  std::string key = with_partition(record_kind, topic, partition);
  append_big_endian(key, offset);
  return key;
}

KeyRange record_rows(TopicNumber topic, PartitionNumber partition, Offset from) {
  return {record_key(topic, partition, from), prefix_range(with_partition(record_kind, topic, partition)).end};
}

Offset offset_of_row(std::string_view key) {
  return key.size() < sizeof(Offset) ? 0 : ByteReader(key.substr(key.size() - sizeof(Offset))).big_endian<Offset>();
}

std::string key_key(TopicNumber topic, std::string_view key) {
  return with_topic(key_kind, topic, key.size()).append(key);
}

std::string version_key(TopicNumber topic, std::string_view key, Version version) {
  std::string row = with_topic(version_kind, topic, key.size() + sizeof version).append(key);
  append_big_endian(row, version);
  return row;
}

KeyRange version_rows(TopicNumber topic, std::string_view key, Version from) {
  return {version_key(topic, key, from), prefix_range(with_topic(version_kind, topic, key.size()).append(key)).end};
}

std::string idempotency_key_key(TopicNumber topic, std::string_view idempotency_key) {
  return with_topic(idempotency_kind, topic, idempotency_key.size()).append(idempotency_key);
}

KeyRange idempotency_rows() {
  return prefix_range(idempotency_kind);
}

std::string cleaned_key(TopicNumber topic, PartitionNumber partition) {
  return with_partition(cleaned_kind, topic, partition);
}
std::string grave_key(TopicNumber topic, PartitionNumber partition, Offset offset) {
  std::string key = with_partition(grave_kind, topic, partition);
  append_big_endian(key, offset);
  return key;
}
KeyRange grave_rows(TopicNumber topic, PartitionNumber partition) {
  return prefix_range(with_partition(grave_kind, topic, partition));
}

std::string checkpoint_key(std::string_view name) {
  return std::string(checkpoint_kind).append(name);
}
KeyRange checkpoint_rows() {
  return prefix_range(checkpoint_kind);
}
std::string_view name_of_checkpoint_row(std::string_view key) {
  return key.substr(checkpoint_kind.size());
}
std::string checkpoint_hold_key(TopicNumber topic, PartitionNumber partition, std::string_view name) {
  return with_partition(checkpoint_hold_kind, topic, partition).append(name);
}
KeyRange checkpoint_hold_rows(TopicNumber topic, PartitionNumber partition) {
  return prefix_range(with_partition(checkpoint_hold_kind, topic, partition));
}

std::string group_key(std::string_view group) {
  return std::string(group_kind).append(group);
}
KeyRange group_rows() {
  return prefix_range(group_kind);
}
std::string_view name_of_group_row(std::string_view key) {
  return key.substr(group_kind.size());
}
std::string committed_key(TopicNumber topic, PartitionNumber partition, std::string_view group) {
  return with_partition(committed_kind, topic, partition).append(group);
}
KeyRange committed_rows(TopicNumber topic, PartitionNumber partition) {
  return prefix_range(with_partition(committed_kind, topic, partition));
}

std::string removed_key(TopicNumber topic) {
  return with_topic(removed_kind, topic, 0);
}
KeyRange removed_rows() {
  return prefix_range(removed_kind);
}
TopicNumber topic_of_removed_row(std::string_view key) {
  return ByteReader(key.substr(removed_kind.size())).big_endian<TopicNumber>();
}

std::vector<KeyRange> remains(TopicNumber topic) {
  std::vector<KeyRange> ranges;
  for (std::string_view kind : {partition_kind, segment_kind, record_kind, key_kind, version_kind, idempotency_kind,
                                cleaned_kind, grave_kind, checkpoint_hold_kind, committed_kind, removed_kind}) {
    ranges.push_back(prefix_range(with_topic(kind, topic, 0)));
  }
  return ranges;
}

namespace {

enum TopicPart : std::uint8_t { with_retention_time = 1, with_retention_bytes = 2, with_unread_expires = 4 };
constexpr std::uint8_t topic_parts_known = 7;

std::uint8_t parts_of(const TopicSettings& settings) {
  return static_cast<std::uint8_t>((settings.retention_time ? with_retention_time : 0) |
                                   (settings.retention_bytes ? with_retention_bytes : 0) |
                                   (settings.unread_expires ? with_unread_expires : 0));
}

}  // namespace

std::string encode(const TopicRow& row) {
  std::string out;
  append_varint(out, row.number);
  append_sized(out, row.topic.name);
  append_varint(out, row.topic.settings.partitions);
  append_varint(out, row.topic.settings.offset_first);
  append_varint(out, row.topic.settings.record_bytes_max);
  append_varint(out, milliseconds(row.topic.created));
  append_varint(out, static_cast<std::uint64_t>(row.topic.settings.cleanup));
  append_varint(out, parts_of(row.topic.settings));
  if (auto time = row.topic.settings.retention_time) append_varint(out, static_cast<std::uint64_t>(time->count()));
  if (auto bytes = row.topic.settings.retention_bytes) append_varint(out, *bytes);
  return out;
}

std::string encode(const Segment& row) {
  std::string out;
  append_segment(out, row);
  return out;
}

std::string encode(const PartitionRow& row) {
  std::string out;
  append_varint(out, row.bounds.first);
  append_varint(out, row.bounds.next);
  append_varint(out, row.records);
  append_varint(out, row.bytes);
  append_varint(out, row.open_base);
  append_varint(out, milliseconds(row.open_first));
  append_segment(out, row.open);
  return out;
}

std::string encode(const CheckpointRow& row) {
  std::string out;
  append_varint(out, row.offset);
  if (!row.of) return out;
  append_sized(out, row.of->topic);
  append_varint(out, row.of->partition);
  return out;
}

std::string encode_offset(Offset offset) {
  std::string out;
  append_varint(out, offset);
  return out;
}

std::string encode_time(Timestamp time) {
  std::string out;
  append_varint(out, milliseconds(time));
  return out;
}

std::string encode(const KeyRow& row) {
  std::string out;
  append_varint(out, row.version);
  append_varint(out, row.place.partition);
  append_varint(out, row.place.offset);
  return out;
}

std::string encode(const Place& row) {
  std::string out;
  append_varint(out, row.partition);
  append_varint(out, row.offset);
  return out;
}

std::string encode(const IdempotencyRow& row) {
  std::string out;
  append_varint(out, row.appended.partition);
  append_varint(out, row.appended.offset);
  append_varint(out, milliseconds(row.appended.timestamp));
  append_varint(out, row.appended.version);
  append_varint(out, milliseconds(row.accepted));
  return out;
}

std::optional<TopicRow> decode_topic(std::string_view bytes) {
  ByteReader in(bytes);
  TopicRow row;
  row.number = static_cast<TopicNumber>(in.varint_up_to(UINT32_MAX));
  row.topic.name = in.sized();
  row.topic.settings.partitions = static_cast<PartitionNumber>(in.varint_up_to(UINT32_MAX));
  row.topic.settings.offset_first = in.varint();
  row.topic.settings.record_bytes_max = in.varint();
  row.topic.created = read_timestamp(in);
  row.topic.settings.cleanup = static_cast<Cleanup>(in.varint_up_to(static_cast<std::uint64_t>(Cleanup::compact)));
  std::uint64_t parts = in.varint_up_to(topic_parts_known);
  if (parts & with_retention_time) {
    auto time = static_cast<std::int64_t>(in.varint_up_to(INT64_MAX));
    row.topic.settings.retention_time = std::chrono::milliseconds(time);
  }
  if (parts & with_retention_bytes) row.topic.settings.retention_bytes = in.varint();
  row.topic.settings.unread_expires = (parts & with_unread_expires) != 0;
  if (row.topic.settings.partitions == 0) return std::nullopt;
  return whole(in, std::move(row));
}

std::optional<PartitionRow> decode_partition(std::string_view bytes) {
  ByteReader in(bytes);
  PartitionRow row;
  row.bounds.first = in.varint();
  row.bounds.next = in.varint();
  row.records = in.varint();
  row.bytes = in.varint();
  row.open_base = in.varint();
  row.open_first = read_timestamp(in);
  row.open = read_segment(in);
  bool ordered = row.bounds.first <= row.bounds.next && row.open_base <= row.bounds.next;
  if (!ordered || row.open.next != row.bounds.next) return std::nullopt;
  return whole(in, row);
}

std::optional<Segment> decode_segment(std::string_view bytes) {
  ByteReader in(bytes);
  Segment row = read_segment(in);
  return whole(in, row);
}

std::optional<CheckpointRow> decode_checkpoint(std::string_view bytes) {
  ByteReader in(bytes);
  CheckpointRow row{.offset = in.varint()};
  if (in.ok() && !in.at_end()) {
    row.of.emplace();
    row.of->topic = in.sized();
    row.of->partition = static_cast<PartitionNumber>(in.varint_up_to(UINT32_MAX));
  }
  return whole(in, std::move(row));
}

std::optional<Offset> decode_offset(std::string_view bytes) {
  ByteReader in(bytes);
  Offset offset = in.varint();
  return whole(in, offset);
}

std::optional<Timestamp> decode_time(std::string_view bytes) {
  ByteReader in(bytes);
  Timestamp time = read_timestamp(in);
  return whole(in, time);
}

std::optional<KeyRow> decode_key(std::string_view bytes) {
  ByteReader in(bytes);
  Version version = in.varint();
  KeyRow row{version, read_place(in)};
  if (version == 0) return std::nullopt;
  return whole(in, row);
}

std::optional<Place> decode_place(std::string_view bytes) {
  ByteReader in(bytes);
  Place place = read_place(in);
  return whole(in, place);
}

std::optional<IdempotencyRow> decode_idempotency(std::string_view bytes) {
  ByteReader in(bytes);
  IdempotencyRow row;
  Place place = read_place(in);
  row.appended = {.partition = place.partition, .offset = place.offset, .timestamp = read_timestamp(in)};
  row.appended.version = in.varint();
  row.accepted = read_timestamp(in);
  return whole(in, row);
}

}  // namespace millrace::eventlog
