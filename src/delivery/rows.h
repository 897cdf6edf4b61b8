#pragma once

// What stands at the keys of delivery's database, as bytes; docs/formats/delivery.md has the keys. Pure. Each decoder
// is total: any bytes give a value, or nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delivery/message.h"

namespace millrace::delivery {

// 4 KiB: what a page of a thousand messages may carry along. A longer body stands at a key of its own.
inline constexpr std::size_t body_in_row_max = 4096;

// What a message is: written once.
struct MessageRow {
  Message message{};
  std::uint64_t body_bytes = 0;
  bool body_apart = false;  // then the content's body is empty
};

// One step of a message's life, without what the message says itself.
struct EventRow {
  Timestamp time{};
  State state = State::created;
  std::string error{};
  std::optional<Timestamp> next_delivery{};
  std::optional<Response> response{};
  std::optional<std::chrono::milliseconds> latency{};

  bool operator==(const EventRow&) const = default;
};

// What became of it: written at every step.
struct StatusRow {
  State state = State::created;
  int retried = 0;
  std::optional<Timestamp> next_delivery{};
  std::optional<Timestamp> finished_at{};
  bool joined = false;        // of a queue: stands in its order
  bool released = false;      // of a queue: its turn has come
  bool unlogged = false;      // its last event has left the log
  std::string dead_letter{};  // its id, while it is one
  std::vector<EventRow> events{};

  bool operator==(const StatusRow&) const = default;
};

struct QueueRow {
  Timestamp created_at{};
  Timestamp updated_at{};
  int parallelism = 1;
  bool paused = false;

  bool operator==(const QueueRow&) const = default;
};

struct ScheduleRow {
  ScheduleRequest request{};  // its id is the field's name
  Timestamp created_at{};
};

struct ScheduleStateRow {
  bool paused = false;
  std::optional<Timestamp> last{};
  std::optional<Timestamp> next{};
  std::vector<std::string> last_messages{};
  std::string error{};

  bool operator==(const ScheduleStateRow&) const = default;
};

struct FlowRow {
  std::optional<int> parallelism{};
  std::optional<int> rate{};
  std::chrono::seconds period{1};
  bool paused = false;
  bool parallelism_pinned = false;
  bool rate_pinned = false;

  bool operator==(const FlowRow&) const = default;
};

struct FlowCountRow {
  Timestamp period_start{};
  int count = 0;

  bool operator==(const FlowCountRow&) const = default;
};

// What an entry of the log points at: `count` events of a message from `first` on.
struct LogRow {
  std::string message_id{};
  std::uint64_t first = 0;
  std::uint64_t count = 0;

  bool operator==(const LogRow&) const = default;
};

std::string encode(const Message& message);  // the body within the row where it is short enough
std::string encode(const StatusRow& row);
std::string encode(const QueueRow& row);
std::string encode(const UrlGroup& row);  // the name is the field's
std::string encode(const ScheduleRow& row);
std::string encode(const ScheduleStateRow& row);
std::string encode(const FlowRow& row);
std::string encode(const FlowCountRow& row);
std::string encode(const LogRow& row);

std::optional<MessageRow> decode_message(std::string_view id, std::string_view bytes);
std::optional<StatusRow> decode_status(std::string_view bytes);
std::optional<QueueRow> decode_queue(std::string_view bytes);
std::optional<UrlGroup> decode_group(std::string_view name, std::string_view bytes);
std::optional<ScheduleRow> decode_schedule(std::string_view id, std::string_view bytes);
std::optional<ScheduleStateRow> decode_schedule_state(std::string_view bytes);
std::optional<FlowRow> decode_flow(std::string_view bytes);
std::optional<FlowCountRow> decode_flow_count(std::string_view bytes);
std::optional<LogRow> decode_log(std::string_view bytes);

}  // namespace millrace::delivery
