#pragma once

// What the path of a request under /kafka asks for. Pure; any thread.
//
//   /produce/orders/hello%20world      a message in the path: everything behind the topic's slash, decoded once
//   /produce/orders  /produce          records in the body
//   /consume/billing/worker-a/orders   segments are decoded; a slash at the end changes nothing
//
// The names are those of Upstash's Kafka REST API; records, follow and checkpoints are our own.

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::front {

enum class KafkaAction : std::uint8_t {
  unknown,
  produce,
  produce_message,
  webhook,
  fetch,
  consume,
  commit,
  committed,
  offsets,
  remove_consumer,
  topics,
  consumers,
  records,
  follow,
  checkpoint,
};

struct KafkaPath {
  KafkaAction action = KafkaAction::unknown;
  std::string topic{};     // of produce, consume and records, and all of follow; empty: the body names it
  std::string message{};   // of produce_message
  std::string group{};     // of consume, commit, committed and remove_consumer
  std::string instance{};  // the same
  std::string name{};      // of a checkpoint; the time of offsets
};

// `path` is raw: what follows /kafka, up to the query.
KafkaPath read_kafka_path(std::string_view path);

// The methods that an action takes, as the Allow header lists them.
std::string_view methods_of(KafkaAction action);

}  // namespace millrace::front
