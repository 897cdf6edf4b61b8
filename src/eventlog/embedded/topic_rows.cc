#include "eventlog/embedded/topic_rows.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "eventlog/topic_name.h"

namespace millrace::eventlog {
namespace {

constexpr PartitionNumber partitions_max = 10'000;       // one row each, and a place in the memory of each follower
constexpr Offset offset_first_max = Offset{1} << 53;     // beyond it JSON numbers are not exact
constexpr std::uint64_t record_bytes_largest = 1 << 30;  // a record is held in memory whole, several times over
constexpr std::chrono::milliseconds retention_time_min{1'000};  // how often what expired is looked for
constexpr std::chrono::milliseconds retention_time_max = std::chrono::years{1'000};  // beyond any clock's sums

}  // namespace

Result<void> check_topic(std::string_view name, const TopicSettings& settings) {
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
  if (auto time = settings.retention_time; time && (*time < retention_time_min || *time > retention_time_max)) {
    return invalid("a topic keeps records for a second to 1,000 years, or without end");
  }
  if (settings.retention_bytes == 0u) return invalid("a topic keeps a byte at least, or without end");
  return {};
}

Result<std::optional<TopicRow>> look_up_topic(Unit& unit, std::string_view name) {
  auto row = unit.get(topic_key(name));
  if (!row) return row.error();
  if (!*row) return std::optional<TopicRow>{};
  auto topic = decode_topic(**row);
  if (!topic) return Error{ErrorCode::corrupt, fmt::format("the row of topic '{}' cannot be read", name)};
  return topic;
}

Result<TopicRow> find_topic(Unit& unit, std::string_view name) {
  auto topic = look_up_topic(unit, name);
  if (!topic) return topic.error();
  if (!*topic || (*topic)->topic.name != name) {
    return Error{ErrorCode::not_found, fmt::format("there is no topic '{}'", name)};
  }
  return std::move(**topic);
}

Result<std::vector<TopicRow>> read_topics(Unit& unit) {
  std::vector<TopicRow> all;
  bool readable = true;
  auto done = unit.scan(topic_rows(), Direction::ascending, [&](std::string_view, std::string_view value) {
    auto row = decode_topic(value);
    readable = row.has_value();
    if (readable) all.push_back(std::move(*row));
    return readable ? Visit::more : Visit::stop;
  });
  if (!done) return done.error();
  if (!readable) return Error{ErrorCode::corrupt, "the row of a topic cannot be read"};
  std::ranges::sort(all, {}, [](const TopicRow& row) -> const std::string& { return row.topic.name; });
  return all;
}

Result<TopicNumber> take_topic_number(Unit& unit) {
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

}  // namespace millrace::eventlog
