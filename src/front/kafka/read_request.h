#pragma once

// What requests for records, offsets and commits ask for, out of their bodies, queries and headers. Pure; any thread.
// All fail with `invalid` and a sentence for the client.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/consumer_groups.h"
#include "eventlog/event_log.h"
#include "net/http.h"

namespace millrace::front {

struct KafkaLimits {
  std::chrono::milliseconds timeout_max{60'000};  // a longer wait ends here: proxies close what is quiet for a minute
  std::size_t positions_max = 10'000;             // as many as a topic may have partitions
};

inline constexpr std::chrono::milliseconds timeout_usual{1'000};

// {"topic":"orders","partition":0,"offset":17,"topicPartitionOffsets":[…],"timeout":1000}: the positions in their
// order, that of the top level first, each once.
struct FetchRequest {
  std::vector<eventlog::Position> positions{};
  std::chrono::milliseconds timeout = timeout_usual;
};
Result<FetchRequest> read_fetch(std::string_view body, const KafkaLimits& limits);

// {"topic":"orders"} or {"topics":["orders","audit"]}, with the path's topic: all of them, each once.
struct ConsumeRequest {
  std::vector<std::string> topics{};
  std::chrono::milliseconds timeout = timeout_usual;
};
Result<ConsumeRequest> read_consume(std::string_view body, std::string_view path_topic, std::string_view query,
                                    const KafkaLimits& limits);

// What an instance is made with: its headers Kafka-Enable-Auto-Commit, Kafka-Auto-Commit-Interval,
// Kafka-Auto-Offset-Reset and Kafka-Session-Timeout-Ms.
Result<eventlog::ConsumerOptions> read_consumer_options(const net::HttpRequest& request);

// One {"topic","partition","offset"} or an array of them; none for an empty body or array.
Result<std::vector<eventlog::Position>> read_commit(std::string_view body, const KafkaLimits& limits);

// One {"topic","partition"} or an array of them, in their order. At least one.
Result<std::vector<eventlog::TopicPartition>> read_partitions(std::string_view body, const KafkaLimits& limits);

// "earliest", "latest", or milliseconds since 1970.
struct OffsetTime {
  enum class Kind : std::uint8_t { earliest, latest, at };
  Kind kind = Kind::latest;
  Timestamp at{};
};
Result<OffsetTime> read_offset_time(std::string_view text);

// The timeout of a query, or the usual one.
Result<std::chrono::milliseconds> read_timeout(std::string_view query, const KafkaLimits& limits);

}  // namespace millrace::front
