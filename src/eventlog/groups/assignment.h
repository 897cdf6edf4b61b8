#pragma once

// Who reads what: partitions of topics dealt out among the instances of a group. Pure, and the same for the same input.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/event_log.h"

namespace millrace::eventlog {

struct Subscription {
  std::string instance{};
  std::vector<std::string> topics{};  // ascending, each once
};

using Assignment = std::map<std::string, std::set<TopicPartition>>;  // by instance

// Kafka's range assignor: each topic is cut into runs of neighbouring partitions, one for each instance that subscribes
// to it, in the order of their names; the first get one more when it does not divide evenly.
Assignment assign_ranges(const std::vector<Subscription>& subscriptions,
                         const std::map<std::string, PartitionNumber>& partitions);

}  // namespace millrace::eventlog
