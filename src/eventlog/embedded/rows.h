#pragma once

// The rows of the log: their keys, and the values of all but records (record.h). The layout in prose is
// docs/formats/event-log.md. Pure. Each decoder is total: any bytes give a value, or nothing.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/record.h"
#include "eventlog/event_log.h"

namespace millrace::eventlog {

using TopicNumber = std::uint32_t;

struct TopicRow {
  TopicNumber number = 0;
  Topic topic{};
};

// What is known of records that stand beside each other: the unit in which they expire, and in which they are searched
// by time.
struct Segment {
  Offset next = 0;  // the offset behind it
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  Timestamp timestamp_max{};         // of its records
  Timestamp timestamp_max_so_far{};  // of these and of all before in the partition, kept or not: never descends
  Timestamp appended_last{};         // when the newest was appended

  bool operator==(const Segment&) const = default;
};

// A partition, and its last segment, which grows.
struct PartitionRow {
  Bounds bounds{};
  std::uint64_t records = 0;  // that are kept
  std::uint64_t bytes = 0;
  Offset open_base = 0;    // where the last segment begins
  Timestamp open_first{};  // when its first record was appended
  Segment open{};

  bool operator==(const PartitionRow&) const = default;
};

struct CheckpointRow {
  Offset offset = 0;
  std::optional<TopicPartition> of{};

  bool operator==(const CheckpointRow&) const = default;
};

// The newest record of a key.
struct KeyRow {
  Version version = 0;
  Place place{};
};

// The answer that an idempotency key was given, and when.
struct IdempotencyRow {
  Appended appended{};
  Timestamp accepted{};
};

// A sparse row of a key stands at every multiple of this version, so that reading from the middle of a long history
// walks back at most so many records.
constexpr Version versions_between_rows = 64;

// How many bytes the key of a record's row has: kind, topic, partition, offset.
constexpr std::uint64_t record_key_bytes = 18;

KeyRange topic_rows();
std::string topics_counter_key();
std::string topic_key(std::string_view name);
std::string partition_key(TopicNumber topic, PartitionNumber partition);
std::string segment_key(TopicNumber topic, PartitionNumber partition, Offset base);
KeyRange segment_rows(TopicNumber topic, PartitionNumber partition);
std::string record_key(TopicNumber topic, PartitionNumber partition, Offset offset);
KeyRange record_rows(TopicNumber topic, PartitionNumber partition, Offset from);
Offset offset_of_row(std::string_view key);  // the last eight bytes of a record's, segment's or grave's key
std::string key_key(TopicNumber topic, std::string_view key);
std::string version_key(TopicNumber topic, std::string_view key, Version version);
// Of the versions of `key` from `from` on; among them may stand those of longer keys.
KeyRange version_rows(TopicNumber topic, std::string_view key, Version from);
std::string idempotency_key_key(TopicNumber topic, std::string_view idempotency_key);
KeyRange idempotency_rows();
std::string cleaned_key(TopicNumber topic, PartitionNumber partition);
// A tombstone that compaction has passed, until it goes itself.
std::string grave_key(TopicNumber topic, PartitionNumber partition, Offset offset);
KeyRange grave_rows(TopicNumber topic, PartitionNumber partition);
std::string checkpoint_key(std::string_view name);
KeyRange checkpoint_rows();
std::string_view name_of_checkpoint_row(std::string_view key);
std::string checkpoint_hold_key(TopicNumber topic, PartitionNumber partition, std::string_view name);
KeyRange checkpoint_hold_rows(TopicNumber topic, PartitionNumber partition);
std::string group_key(std::string_view group);
KeyRange group_rows();
std::string_view name_of_group_row(std::string_view key);
std::string committed_key(TopicNumber topic, PartitionNumber partition, std::string_view group);
KeyRange committed_rows(TopicNumber topic, PartitionNumber partition);
// A topic that was removed and whose rows are still there.
std::string removed_key(TopicNumber topic);
KeyRange removed_rows();
TopicNumber topic_of_removed_row(std::string_view key);
// All that stands under the number of a topic, and at last its removed_key.
std::vector<KeyRange> remains(TopicNumber topic);

std::string encode(const TopicRow& row);
std::string encode(const PartitionRow& row);
std::string encode(const Segment& row);
std::string encode(const CheckpointRow& row);
std::string encode_offset(Offset offset);  // of what is committed, held or cleaned
std::string encode_time(Timestamp time);   // of a grave: when it may go
std::string encode(const KeyRow& row);
std::string encode(const Place& row);
std::string encode(const IdempotencyRow& row);

std::optional<TopicRow> decode_topic(std::string_view bytes);
std::optional<PartitionRow> decode_partition(std::string_view bytes);
std::optional<Segment> decode_segment(std::string_view bytes);
std::optional<CheckpointRow> decode_checkpoint(std::string_view bytes);
std::optional<Offset> decode_offset(std::string_view bytes);
std::optional<Timestamp> decode_time(std::string_view bytes);
std::optional<KeyRow> decode_key(std::string_view bytes);
std::optional<Place> decode_place(std::string_view bytes);
std::optional<IdempotencyRow> decode_idempotency(std::string_view bytes);

}  // namespace millrace::eventlog
