#pragma once

// Consumer groups on the embedded log. Committed offsets stand in rows, which retention asks before it removes a
// record; who is in a group is known in memory only. Confined to the reactor of the log, which outlives it; calls under
// way must have ended before it does.

#include <map>
#include <memory>
#include <string>

#include "eventlog/consumer_groups.h"
#include "eventlog/embedded/embedded_log.h"
#include "eventlog/groups/group.h"

namespace millrace::eventlog {

class EmbeddedGroups final : public ConsumerGroups {
 public:
  explicit EmbeddedGroups(EmbeddedLog& log, Clock clock = system_now);

  Async<Result<std::vector<TopicBatch>>> consume(std::string group, std::string instance,
                                                 std::vector<std::string> topics, ConsumerOptions options,
                                                 FollowLimits limits, std::stop_token cancel) override;
  Async<Result<void>> commit(std::string group, std::string instance, std::vector<Position> offsets) override;
  Async<Result<std::vector<std::optional<Offset>>>> committed(std::string group,
                                                              std::vector<TopicPartition> partitions) override;
  Async<Result<void>> remove(std::string group, std::string instance) override;
  std::vector<GroupStatus> list() const override;
  Async<Result<std::vector<std::string>>> names() override;
  Async<Result<std::vector<GroupLag>>> lag(std::string group) override;
  Async<Result<void>> forget(std::string group) override;

  // Takes out instances for which nobody called for their session timeout, and commits what is due. To be called a few
  // times a second.
  Async<Result<void>> expire_due();

 private:
  using GroupPointer = std::shared_ptr<Group>;
  using InstancePointer = std::shared_ptr<Instance>;
  using Batches = std::vector<TopicBatch>;

  GroupPointer find(const std::string& group) const;
  Async<Result<InstancePointer>> join(GroupPointer group, std::string instance, ConsumerOptions options);
  Async<Result<void>> subscribe(GroupPointer group, InstancePointer instance, std::vector<std::string> topics);
  Async<Result<Batches>> take_turn(GroupPointer group, InstancePointer instance, std::vector<std::string> topics,
                                   FollowLimits limits, std::stop_token cancel);
  Async<Result<Batches>> read(InstancePointer instance, FollowLimits limits);
  Async<Result<TopicBatch>> read_one(InstancePointer instance, TopicPartition partition, AssignedPartition seen,
                                     ReadLimits limits);
  Async<Result<void>> wait(InstancePointer instance, std::stop_token cancel);
  // Writes what is pending, and finds where partitions that were assigned begin.
  Async<Result<void>> settle(GroupPointer group);
  void rebalance(Group& group);
  void drop_if_empty(const Group& group);

  EmbeddedLog& log_;
  Clock clock_;
  std::map<std::string, GroupPointer> groups_{};  // with live instances, or with something to commit
  std::size_t instances_ = 0;                     // of all groups
  std::uint64_t topics_changed_ = 0;              // how often
};

}  // namespace millrace::eventlog
