#include "eventlog/groups/assignment.h"

#include <algorithm>

namespace millrace::eventlog {

Assignment assign_ranges(const std::vector<Subscription>& subscriptions,
                         const std::map<std::string, PartitionNumber>& partitions) {
  Assignment assignment;
  for (const Subscription& one : subscriptions) assignment[one.instance];
  for (const auto& [topic, count] : partitions) {
    std::set<std::string> takers;
    for (const Subscription& one : subscriptions) {
      if (std::ranges::binary_search(one.topics, topic)) takers.insert(one.instance);
    }
    PartitionNumber next = 0, taken = 0;
    for (const std::string& instance : takers) {
      auto size = static_cast<PartitionNumber>(count / takers.size() + (taken++ < count % takers.size() ? 1 : 0));
      for (PartitionNumber i = 0; i < size; ++i) assignment[instance].insert({topic, next++});
    }
  }
  return assignment;
}

}  // namespace millrace::eventlog
