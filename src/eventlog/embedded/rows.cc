#include "eventlog/embedded/rows.h"

#include "base/bytes.h"
#include "eventlog/topic_name.h"

namespace millrace::eventlog {
namespace {

// The first two bytes of each kind of row.
constexpr std::string_view topics_counter = "ln";
constexpr std::string_view topic_kind = "lt";
constexpr std::string_view bounds_kind = "lb";
constexpr std::string_view record_kind = "lr";
constexpr std::string_view key_kind = "lk";
constexpr std::string_view version_kind = "lv";
constexpr std::string_view idempotency_kind = "li";

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

std::string bounds_key(TopicNumber topic, PartitionNumber partition) {
  return with_partition(bounds_kind, topic, partition);
}

std::string record_key(TopicNumber topic, PartitionNumber partition, Offset offset) {
  std::string key = with_partition(record_kind, topic, partition);
  append_big_endian(key, offset);
  return key;
}

KeyRange record_rows(TopicNumber topic, PartitionNumber partition, Offset from) {
  return {record_key(topic, partition, from), prefix_range(with_partition(record_kind, topic, partition)).end};
}

Offset offset_of_record_key(std::string_view key) {
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

std::string idempotency_key_key(TopicNumber topic, std::string_view idempotency_key) {
  return with_topic(idempotency_kind, topic, idempotency_key.size()).append(idempotency_key);
}

std::string encode(const TopicRow& row) {
  std::string out;
  append_varint(out, row.number);
  append_sized(out, row.topic.name);
  append_varint(out, row.topic.settings.partitions);
  append_varint(out, row.topic.settings.offset_first);
  append_varint(out, row.topic.settings.record_bytes_max);
  append_varint(out, milliseconds(row.topic.created));
  return out;
}

std::string encode(const Bounds& row) {
  std::string out;
  append_varint(out, row.first);
  append_varint(out, row.next);
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
  if (row.topic.settings.partitions == 0) return std::nullopt;
  return whole(in, std::move(row));
}

std::optional<Bounds> decode_bounds(std::string_view bytes) {
  ByteReader in(bytes);
  Offset first = in.varint();
  Bounds row{first, in.varint()};
  if (row.first > row.next) return std::nullopt;
  return whole(in, row);
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
