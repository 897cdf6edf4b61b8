#include "front/kafka/kafka_reading.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "front/kafka/bounded_wait.h"
#include "front/kafka/kafka_json.h"

namespace millrace::front {
namespace {

using eventlog::Following;
using eventlog::Offset;
using eventlog::Position;
using eventlog::TopicBatch;
using eventlog::TopicPartition;
using net::HttpResponse;

constexpr std::size_t key_records_usual = 500;
constexpr std::size_t key_records_max = 10'000;  // a page; whoever wants more asks for the next
constexpr std::size_t key_bytes_max = std::size_t{50} << 20;

HttpResponse refusal_of(const Error& error) {
  return kafka_error(error_status(error.code), error.message);
}

HttpResponse may_not_read(std::string_view topic) {
  return kafka_error(403, fmt::format("this credential may not consume topic '{}'", topic));
}

// Where the first partition begins that begins above the position asked for. `batches` has one for each position, but
// for the last ones where the answer is full.
std::optional<Offset> raised_start(const std::vector<Position>& asked, const std::vector<TopicBatch>& batches) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i].bounds.first > asked[i].offset) return batches[i].bounds.first;
  }
  return std::nullopt;
}

void drop_empty(std::vector<TopicBatch>& batches) {
  std::erase_if(batches, [](const TopicBatch& batch) { return batch.records.empty(); });
}

struct KeyQuery {
  std::string key{};
  eventlog::Version from = 0;
  std::size_t limit = key_records_usual;
  Direction direction = Direction::ascending;
};

Result<std::optional<std::int64_t>> read_count(std::string_view query, std::string_view name) {
  auto text = net::query_value(query, name);
  if (!text) return std::optional<std::int64_t>();
  auto number = whole_number(*text);
  if (!number || *number < 0) {
    return Error{ErrorCode::invalid, fmt::format("'{}' is not a whole number from 0 on", name)};
  }
  return number;
}

Result<KeyQuery> read_key_query(std::string_view query) {
  KeyQuery read;
  auto key = net::query_value(query, "key");
  if (!key) return Error{ErrorCode::invalid, "'key' is missing: /records reads the records of one key"};
  read.key = std::move(*key);
  if (net::query_value(query, "backward").value_or("false") == "true") read.direction = Direction::descending;
  auto from = read_count(query, "from");
  if (!from) return from.error();
  bool backward = read.direction == Direction::descending;
  read.from = *from ? static_cast<eventlog::Version>(**from) : backward ? UINT64_MAX : 1;
  auto limit = read_count(query, "limit");
  if (!limit) return limit.error();
  if (*limit) read.limit = std::min(static_cast<std::size_t>(**limit), key_records_max);
  return read;
}

}  // namespace

std::string written(const std::vector<TopicBatch>& batches, ShowVersion version) {
  std::string body = "[";
  for (const TopicBatch& batch : batches) {
    for (const eventlog::Record& record : batch.records) {
      if (body.size() > 1) body.push_back(',');
      append_record(body, batch.topic, record, version);
    }
  }
  body.push_back(']');
  return body;
}

Async<HttpResponse> fetch(LogPlace place, FetchRequest request, std::stop_token gone) {
  for (const Position& position : request.positions) {
    if (!place.access.may(LogRight::consume, position.topic)) co_return may_not_read(position.topic);
  }
  Following following(place.log, request.positions);
  auto batches = co_await following.ready(place.options.records, true);
  if (!batches) co_return refusal_of(batches.error());
  auto start = raised_start(request.positions, *batches);
  drop_empty(*batches);
  if (batches->empty() && request.timeout.count() > 0) {
    BoundedWait wait(place.reactor, std::move(gone), request.timeout);
    batches = co_await following.next(place.options.records, wait.token());
    if (!batches) co_return refusal_of(batches.error());
  }
  HttpResponse response = kafka_answer(written(*batches, ShowVersion::no));
  if (start) {
    response.add_header("kafka-log-start-offset", std::to_string(*start));
    response.add_header("kafka-offset-reset", "earliest");
  }
  co_return response;
}

Async<HttpResponse> offsets(LogPlace place, OffsetTime time, std::vector<TopicPartition> partitions) {
  std::string body = "[";
  for (const TopicPartition& partition : partitions) {
    if (!place.access.may(LogRight::consume, partition.topic)) co_return may_not_read(partition.topic);
    Offset offset = 0;
    if (time.kind == OffsetTime::Kind::at) {
      auto found = co_await place.log.offset_at(partition.topic, partition.partition, time.at);
      if (!found) co_return refusal_of(found.error());
      offset = *found;
    } else {
      auto bounds = co_await place.log.bounds(partition.topic, partition.partition);
      if (!bounds) co_return refusal_of(bounds.error());
      offset = time.kind == OffsetTime::Kind::earliest ? bounds->first : bounds->next;
    }
    if (body.size() > 1) body.push_back(',');
    append_offset(body, partition, static_cast<std::int64_t>(offset));
  }
  body.push_back(']');
  co_return kafka_answer(std::move(body));
}

Async<HttpResponse> topics(LogPlace place) {
  auto all = co_await place.log.topics();
  if (!all) co_return refusal_of(all.error());
  std::string body;
  JsonWriter json(body);
  json.open_object();
  for (const eventlog::Topic& topic : *all) {
    if (place.access.covers(topic.name)) json.key(topic.name).integer(topic.settings.partitions);
  }
  json.close_object();
  co_return kafka_answer(std::move(body));
}

Async<HttpResponse> records_of_key(LogPlace place, std::string topic, std::string query) {
  if (!place.access.may(LogRight::consume, topic)) co_return may_not_read(topic);
  auto asked = read_key_query(query);
  if (!asked) co_return refusal_of(asked.error());
  eventlog::ReadLimits limits{.records_max = asked->limit, .bytes_max = key_bytes_max};
  std::vector<TopicBatch> batches(1);
  batches.front().topic = topic;
  if (asked->limit > 0) {
    auto records = co_await place.log.read_key(std::move(topic), asked->key, asked->from, asked->direction, limits);
    if (!records) co_return refusal_of(records.error());
    batches.front().records = std::move(*records);
  }
  co_return kafka_answer(written(batches, ShowVersion::yes));
}

}  // namespace millrace::front
