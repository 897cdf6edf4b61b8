#pragma once

// The rows of the log: their keys, and the values of all but records (record.h). The layout in prose is
// docs/formats/event-log.md. Pure. Each decoder is total: any bytes give a value, or nothing.

#include <optional>
#include <string>
#include <string_view>

#include "base/unit.h"
#include "eventlog/embedded/record.h"
#include "eventlog/event_log.h"

namespace millrace::eventlog {

using TopicNumber = std::uint32_t;

struct TopicRow {
  TopicNumber number = 0;
  Topic topic{};
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

KeyRange topic_rows();
std::string topics_counter_key();
std::string topic_key(std::string_view name);
std::string bounds_key(TopicNumber topic, PartitionNumber partition);
std::string record_key(TopicNumber topic, PartitionNumber partition, Offset offset);
KeyRange record_rows(TopicNumber topic, PartitionNumber partition, Offset from);
Offset offset_of_record_key(std::string_view key);
std::string key_key(TopicNumber topic, std::string_view key);
std::string version_key(TopicNumber topic, std::string_view key, Version version);
std::string idempotency_key_key(TopicNumber topic, std::string_view idempotency_key);

std::string encode(const TopicRow& row);
std::string encode(const Bounds& row);
std::string encode(const KeyRow& row);
std::string encode(const Place& row);
std::string encode(const IdempotencyRow& row);

std::optional<TopicRow> decode_topic(std::string_view bytes);
std::optional<Bounds> decode_bounds(std::string_view bytes);
std::optional<KeyRow> decode_key(std::string_view bytes);
std::optional<Place> decode_place(std::string_view bytes);
std::optional<IdempotencyRow> decode_idempotency(std::string_view bytes);

}  // namespace millrace::eventlog
