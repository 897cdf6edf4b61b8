#include "front/kafka/kafka_consumers.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "front/kafka/bounded_wait.h"
#include "front/kafka/kafka_reading.h"
#include "front/kafka/kafka_reply.h"

namespace millrace::front {
namespace {

using eventlog::GroupStatus;
using eventlog::InstanceStatus;
using eventlog::TopicPartition;
using net::HttpResponse;

// What would be too many instances is a quota here, and no body that is too large.
HttpResponse refusal_of(const Error& error) {
  if (error.code != ErrorCode::over_limit) return kafka_error(error_status(error.code), error.message);
  HttpResponse refusal = kafka_error(429, error.message);
  refusal.add_header("retry-after", "1");
  return refusal;
}

HttpResponse may_not_read(std::string_view topic) {
  return kafka_error(403, fmt::format("this credential may not consume topic '{}'", topic));
}

bool sees(const LogAccess& access, const InstanceStatus& instance) {
  return std::ranges::any_of(instance.topics, [&](const auto& topic) { return access.covers(topic.name); });
}

void append_instance(JsonWriter& json, const LogAccess& access, const InstanceStatus& instance) {
  json.open_object().key("name").string(instance.name).key("topics").open_array();
  for (const eventlog::AssignedTopic& topic : instance.topics) {
    if (!access.covers(topic.name)) continue;
    json.open_object().key("topic").string(topic.name).key("partitions").open_array();
    for (eventlog::PartitionNumber partition : topic.partitions) json.integer(partition);
    json.close_array().close_object();
  }
  json.close_array().close_object();
}

}  // namespace

Async<HttpResponse> consume(LogPlace place, Consumer consumer, ConsumeRequest request,
                            eventlog::ConsumerOptions options, std::stop_token gone) {
  for (const std::string& topic : request.topics) {
    if (!place.access.may(LogRight::consume, topic)) co_return may_not_read(topic);
  }
  BoundedWait wait(place.reactor, std::move(gone), request.timeout);
  auto batches =
      co_await place.groups.consume(std::move(consumer.group), std::move(consumer.instance), std::move(request.topics),
                                    std::move(options), place.options.records, wait.token());
  if (!batches) co_return refusal_of(batches.error());
  co_return kafka_answer(written(*batches, ShowVersion::no));
}

Async<HttpResponse> commit(LogPlace place, Consumer consumer, std::vector<eventlog::Position> offsets) {
  if (!place.access.has(LogRight::consume)) co_return kafka_error(403, "this credential may not consume");
  for (const eventlog::Position& offset : offsets) {
    if (!place.access.may(LogRight::consume, offset.topic)) co_return may_not_read(offset.topic);
  }
  auto done = co_await place.groups.commit(std::move(consumer.group), std::move(consumer.instance), std::move(offsets));
  co_return done ? kafka_success() : refusal_of(done.error());
}

Async<HttpResponse> committed(LogPlace place, Consumer consumer, std::vector<TopicPartition> partitions) {
  for (const TopicPartition& partition : partitions) {
    if (!place.access.may(LogRight::consume, partition.topic)) co_return may_not_read(partition.topic);
  }
  auto offsets = co_await place.groups.committed(std::move(consumer.group), partitions);
  if (!offsets) co_return refusal_of(offsets.error());
  std::string body = "[";
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    if (i > 0) body.push_back(',');
    const auto& offset = (*offsets)[i];
    append_offset(body, partitions[i], offset ? static_cast<std::int64_t>(*offset) : -1);
  }
  body.push_back(']');
  co_return kafka_answer(std::move(body));
}

Async<HttpResponse> remove_consumer(LogPlace place, Consumer consumer) {
  if (!place.access.has(LogRight::consume)) co_return kafka_error(403, "this credential may not consume");
  auto done = co_await place.groups.remove(std::move(consumer.group), std::move(consumer.instance));
  co_return done ? kafka_success() : refusal_of(done.error());
}

HttpResponse consumers(const LogPlace& place) {
  std::string body;
  JsonWriter json(body);
  json.open_array();
  for (const GroupStatus& group : place.groups.list()) {
    auto seen = [&](const InstanceStatus& instance) { return sees(place.access, instance); };
    if (std::ranges::none_of(group.instances, seen)) continue;
    json.open_object().key("name").string(group.name).key("instances").open_array();
    for (const InstanceStatus& instance : group.instances) {
      if (seen(instance)) append_instance(json, place.access, instance);
    }
    json.close_array().close_object();
  }
  json.close_array();
  return kafka_answer(std::move(body));
}

}  // namespace millrace::front
