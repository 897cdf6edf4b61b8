#include "front/kafka/read_request.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <set>
#include <tuple>

#include "front/kafka/kafka_json.h"

namespace millrace::front {
namespace {

using eventlog::OffsetReset;
using eventlog::PartitionNumber;
using eventlog::Position;
using eventlog::TopicPartition;
using std::chrono::milliseconds;

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Result<milliseconds> bounded(std::int64_t timeout, const KafkaLimits& limits) {
  if (timeout < 0) return invalid("'timeout' is negative");
  return std::min(milliseconds(timeout), limits.timeout_max);
}

Result<std::optional<milliseconds>> body_timeout(const JsonValue& object, const KafkaLimits& limits) {
  const JsonValue* value = present(object, "timeout");
  if (value == nullptr) return std::optional<milliseconds>();
  auto number = whole_number(*value);
  if (!number) return invalid("'timeout' is not a number of milliseconds");
  auto timeout = bounded(*number, limits);
  if (!timeout) return timeout.error();
  return std::optional(*timeout);
}

Result<std::string> read_topic(const JsonValue& object) {
  if (!object.is_object()) return invalid("a topic and partition are not a JSON object");
  const JsonValue* topic = present(object, "topic");
  if (topic == nullptr) return invalid("'topic' is missing");
  if (!topic->is_string()) return invalid("'topic' is not a string");
  return std::string(topic->string());
}

Result<std::int64_t> read_number(const JsonValue& object, std::string_view name) {
  const JsonValue* value = present(object, name);
  if (value == nullptr) return std::int64_t{0};
  auto number = whole_number(*value);
  if (!number) return invalid(fmt::format("'{}' is not a whole number", name));
  if (*number < 0) return invalid(fmt::format("'{}' is negative", name));
  return *number;
}

// What is beyond every partition stays so.
Result<TopicPartition> read_partition(const JsonValue& object) {
  auto topic = read_topic(object);
  if (!topic) return topic.error();
  auto partition = read_number(object, "partition");
  if (!partition) return partition.error();
  auto number = std::min<std::int64_t>(*partition, std::numeric_limits<PartitionNumber>::max());
  return TopicPartition{std::move(*topic), static_cast<PartitionNumber>(number)};
}

Result<Position> read_position(const JsonValue& object) {
  auto place = read_partition(object);
  if (!place) return place.error();
  auto offset = read_number(object, "offset");
  if (!offset) return offset.error();
  return Position{std::move(place->topic), place->partition, static_cast<eventlog::Offset>(*offset)};
}

// The items of an array, or a single object as one.
Result<std::vector<const JsonValue*>> items_of(const JsonValue& root, const KafkaLimits& limits) {
  std::vector<const JsonValue*> items;
  if (root.is_null()) return items;
  if (!root.is_array()) {
    items.push_back(&root);
    return items;
  }
  if (root.items().size() > limits.positions_max) {
    return invalid(fmt::format("A request names {} partitions at most", limits.positions_max));
  }
  for (const JsonValue& item : root.items()) items.push_back(&item);
  return items;
}

void keep_each_once(std::vector<Position>& positions) {
  std::set<std::tuple<std::string_view, PartitionNumber, eventlog::Offset>> seen;
  std::vector<Position> kept;
  kept.reserve(positions.size());
  for (Position& position : positions) {
    if (seen.emplace(position.topic, position.partition, position.offset).second) kept.push_back(position);
  }
  positions = std::move(kept);
}

void add_once(std::vector<std::string>& topics, std::string_view topic) {
  if (!topic.empty() && std::ranges::find(topics, topic) == topics.end()) topics.emplace_back(topic);
}

Result<void> add_body_topics(const JsonValue& root, std::vector<std::string>& topics) {
  if (const JsonValue* topic = present(root, "topic")) {
    if (!topic->is_string()) return invalid("'topic' is not a string");
    add_once(topics, topic->string());
  }
  const JsonValue* list = present(root, "topics");
  if (list == nullptr) return {};
  if (!list->is_array()) return invalid("'topics' is not an array");
  for (const JsonValue& topic : list->items()) {
    if (!topic.is_string()) return invalid("'topics' holds what is not a string");
    add_once(topics, topic.string());
  }
  return {};
}

Result<void> read_milliseconds(const net::HttpRequest& request, std::string_view name, std::int64_t least,
                               std::int64_t most, milliseconds& into) {
  auto header = request.header(name);
  if (!header) return {};
  auto number = whole_number(*header);
  if (!number || *number < least || *number > most) {
    return invalid(fmt::format("{} is not a number of milliseconds from {} to {}", name, least, most));
  }
  into = milliseconds(*number);
  return {};
}

}  // namespace

Result<FetchRequest> read_fetch(std::string_view body, const KafkaLimits& limits) {
  auto parsed = KafkaBody::parse(body);
  if (!parsed) return parsed.error();
  const JsonValue& root = parsed->root();
  if (!root.is_object()) return invalid("A fetch needs a JSON object that names a topic");
  FetchRequest request;
  if (present(root, "topic") != nullptr) {
    auto position = read_position(root);
    if (!position) return position.error();
    request.positions.push_back(std::move(*position));
  }
  if (const JsonValue* list = present(root, "topicPartitionOffsets")) {
    if (!list->is_array()) return invalid("'topicPartitionOffsets' is not an array");
    auto items = items_of(*list, limits);
    if (!items) return items.error();
    for (const JsonValue* item : *items) {
      auto position = read_position(*item);
      if (!position) return position.error();
      request.positions.push_back(std::move(*position));
    }
  }
  if (request.positions.empty()) return invalid("A fetch needs 'topic' or 'topicPartitionOffsets'");
  keep_each_once(request.positions);
  auto timeout = body_timeout(root, limits);
  if (!timeout) return timeout.error();
  request.timeout = timeout->value_or(timeout_usual);
  return request;
}

Result<ConsumeRequest> read_consume(std::string_view body, std::string_view path_topic, std::string_view query,
                                    const KafkaLimits& limits) {
  auto parsed = KafkaBody::parse(body);
  if (!parsed) return parsed.error();
  const JsonValue& root = parsed->root();
  if (!root.is_null() && !root.is_object()) return invalid("The body of a consume is not a JSON object");
  ConsumeRequest request;
  add_once(request.topics, path_topic);
  if (auto added = add_body_topics(root, request.topics); !added) return added.error();
  if (request.topics.empty()) return invalid("A consume needs 'topic' or 'topics'");
  if (request.topics.size() > limits.positions_max) {
    return invalid(fmt::format("A consume names {} topics at most", limits.positions_max));
  }
  auto timeout = body_timeout(root, limits);
  if (!timeout) return timeout.error();
  auto usual = read_timeout(query, limits);
  if (!usual) return usual.error();
  request.timeout = timeout->value_or(*usual);
  return request;
}

Result<eventlog::ConsumerOptions> read_consumer_options(const net::HttpRequest& request) {
  eventlog::ConsumerOptions options;
  if (auto header = request.header("Kafka-Enable-Auto-Commit")) {
    options.auto_commit = net::equal_ignoring_case(*header, "true");
    if (!options.auto_commit && !net::equal_ignoring_case(*header, "false")) {
      return invalid("Kafka-Enable-Auto-Commit is neither true nor false");
    }
  }
  if (auto header = request.header("Kafka-Auto-Offset-Reset")) {
    if (net::equal_ignoring_case(*header, "earliest")) {
      options.offset_reset = OffsetReset::earliest;
    } else if (net::equal_ignoring_case(*header, "none")) {
      options.offset_reset = OffsetReset::none;
    } else if (!net::equal_ignoring_case(*header, "latest")) {
      return invalid("Kafka-Auto-Offset-Reset is neither earliest, latest nor none");
    }
  }
  auto interval = read_milliseconds(request, "Kafka-Auto-Commit-Interval", 0, 3'600'000, options.auto_commit_interval);
  if (!interval) return interval.error();
  auto session = read_milliseconds(request, "Kafka-Session-Timeout-Ms", 1'000, 3'600'000, options.session_timeout);
  if (!session) return session.error();
  return options;
}

Result<std::vector<Position>> read_commit(std::string_view body, const KafkaLimits& limits) {
  auto parsed = KafkaBody::parse(body);
  if (!parsed) return parsed.error();
  auto items = items_of(parsed->root(), limits);
  if (!items) return items.error();
  std::vector<Position> positions;
  for (const JsonValue* item : *items) {
    auto position = read_position(*item);
    if (!position) return position.error();
    if (present(*item, "offset") == nullptr) return invalid("'offset' is missing");
    positions.push_back(std::move(*position));
  }
  return positions;
}

Result<std::vector<TopicPartition>> read_partitions(std::string_view body, const KafkaLimits& limits) {
  auto parsed = KafkaBody::parse(body);
  if (!parsed) return parsed.error();
  auto items = items_of(parsed->root(), limits);
  if (!items) return items.error();
  if (items->empty()) return invalid("The body names no topic and partition");
  std::vector<TopicPartition> partitions;
  for (const JsonValue* item : *items) {
    auto partition = read_partition(*item);
    if (!partition) return partition.error();
    partitions.push_back(std::move(*partition));
  }
  return partitions;
}

Result<OffsetTime> read_offset_time(std::string_view text) {
  if (text == "earliest") return OffsetTime{OffsetTime::Kind::earliest};
  if (text == "latest") return OffsetTime{OffsetTime::Kind::latest};
  auto number = whole_number(text);
  if (!number || *number < 0) {
    return invalid(fmt::format("'{}' is neither earliest, latest nor milliseconds since 1970", text));
  }
  return OffsetTime{OffsetTime::Kind::at, Timestamp(milliseconds(*number))};
}

Result<milliseconds> read_timeout(std::string_view query, const KafkaLimits& limits) {
  auto text = net::query_value(query, "timeout");
  if (!text || text->empty()) return timeout_usual;
  auto number = whole_number(*text);
  if (!number) return invalid("'timeout' is not a number of milliseconds");
  return bounded(*number, limits);
}

}  // namespace millrace::front
