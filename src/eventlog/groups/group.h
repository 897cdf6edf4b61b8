#pragma once

// One group as its coordinator knows it: instances, what each has, and how far each has come. Pure: the clock and the
// rows stay with the caller, who sees to it that `pending` is written and that partitions find where to begin.
//
// An offset of a partition goes this way: `position` is the next to give, `received` the next after all that calls
// before the last one were given, `committed` what is stored. Only what was received is committed by itself, so that an
// answer that was lost on its way is given again after the instance is gone.

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/time.h"
#include "eventlog/consumer_groups.h"
#include "eventlog/groups/assignment.h"
#include "eventlog/groups/turnstile.h"

namespace millrace::eventlog {

struct AssignedPartition {
  std::uint64_t generation = 0;  // in which it was assigned
  bool found = false;            // where to begin; before it the offsets mean nothing
  Offset position = 0;
  Offset received = 0;
  std::optional<Offset> committed{};
};

struct Instance {
  std::string name{};
  std::vector<std::string> topics{};  // ascending, each once
  ConsumerOptions options{};
  std::map<TopicPartition, AssignedPartition> assigned{};
  Timestamp called{};             // when its last call ended
  Timestamp committed{};          // when its offsets were last committed by themselves
  int calls = 0;                  // under way
  std::uint64_t topics_seen = 0;  // the state of all topics that its partitions were dealt by
  Turnstile calls_in_turn{};
  bool gone = false;                      // it left; its calls under way find out
  std::uint64_t turn = 0;                 // which partition is read first: each time another
  std::stop_source assignment_changed{};  // of the wait that is under way
};

class Group {
 public:
  explicit Group(std::string name) : name_(std::move(name)) {}

  std::shared_ptr<Instance> find(const std::string& instance) const;
  std::shared_ptr<Instance> join(const std::string& instance, const ConsumerOptions& options, Timestamp now);

  // Subscribes to exactly `topics`, which have so many partitions now.
  void subscribe(Instance& instance, const std::map<std::string, PartitionNumber>& topics);

  // Takes the instance out; what it received is to be committed.
  void leave(const std::string& instance);

  // Deals the partitions out anew where anything changed, with a new generation then. Gives the waits to end: for
  // instances that have other partitions than before. The caller ends them when it is done with the group.
  std::vector<std::stop_source> rebalance();

  // All that the instance was given counts as received.
  void receive(Instance& instance);

  // Puts what the instance received among what is to be committed: always, or when its interval has passed.
  void commit_received(Instance& instance);
  void commit_when_due(Instance& instance, Timestamp now);

  // Instances for which nobody has called for their session timeout.
  std::vector<std::string> expired(Timestamp now) const;

  // The live instance that has the partition; nothing when none has.
  std::shared_ptr<Instance> owner(const TopicPartition& partition) const;

  bool has_partitions_to_find() const;
  GroupStatus status() const;

  const std::string& name() const { return name_; }
  std::uint64_t generation() const { return generation_; }
  const std::map<std::string, std::shared_ptr<Instance>>& instances() const { return instances_; }

  std::map<TopicPartition, Offset> pending{};  // to be committed

 private:
  std::string name_;
  std::uint64_t generation_ = 0;
  bool changed_ = false;  // since the partitions were dealt out
  std::map<std::string, std::shared_ptr<Instance>> instances_{};
  std::map<std::string, PartitionNumber> partitions_{};  // of topics, as last seen
};

}  // namespace millrace::eventlog
