#pragma once

// Reads several partitions, of one or several topics, from given positions on, and goes on as records come: what /fetch
// asks once and a follower asks again and again. Confined to the reactor of the log, which outlives it.

#include <stop_token>
#include <string>
#include <vector>

#include "eventlog/event_log.h"

namespace millrace::eventlog {

// Records of one partition, in their order.
struct TopicBatch {
  std::string topic{};
  PartitionNumber partition = 0;
  Bounds bounds{};
  std::vector<Record> records{};
};

struct FollowLimits {
  ReadLimits each{};                   // of one partition
  std::size_t bytes_max = 50'000'000;  // of the answer; its first record always fits. Kafka's consumer has the same
};

class Following {
 public:
  // `positions` without repetition. Answers come in their order.
  Following(EventLog& log, std::vector<Position> positions) : log_(log), positions_(std::move(positions)) {}

  // What there is from the positions on, for the partitions that have something; waits until one has.
  // Empty once `cancel` is requested. Moves the positions behind what it gave. One call at a time.
  Async<Result<std::vector<TopicBatch>>> next(FollowLimits limits, std::stop_token cancel);

  // The same without waiting. With `with_empty`, partitions that have nothing are there as well, for their bounds.
  Async<Result<std::vector<TopicBatch>>> ready(FollowLimits limits, bool with_empty);

  // Where each partition goes on.
  const std::vector<Position>& positions() const { return positions_; }

 private:
  EventLog& log_;
  std::vector<Position> positions_;
};

// About how many bytes a record takes in an answer.
std::size_t size_of(const Record& record);

}  // namespace millrace::eventlog
