#pragma once

// What the answers to requests under /kafka are made of, and the limits they keep.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "eventlog/consumer_groups.h"
#include "eventlog/event_log.h"
#include "eventlog/following.h"
#include "front/kafka/kafka_access.h"
#include "front/kafka/read_request.h"
#include "net/reactor.h"

namespace millrace::front {

struct KafkaOptions {
  KafkaLimits limits{};
  // 500 records and 1 MiB of a partition, 50 MB of an answer: what Kafka's consumer takes at once.
  eventlog::FollowLimits records{};
  std::size_t body_bytes = std::size_t{10} << 20;  // ten of the largest records that topics usually take
  // The bytes of the largest record that some topic takes: a request may always hold one, for JSON may double it.
  std::function<std::uint64_t()> largest_record{};
  std::chrono::milliseconds heartbeat{15'000};  // of followers: proxies close what is quiet for a minute
};

// One request's: where it runs and what its sender may do. All outlive the request.
struct LogPlace {
  net::Reactor& reactor;
  eventlog::EventLog& log;
  eventlog::ConsumerGroups& groups;
  const KafkaOptions& options;
  LogAccess access{};
};

}  // namespace millrace::front
