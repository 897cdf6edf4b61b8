#pragma once

// Groups of consumers that share the partitions of topics: each partition belongs to one live instance of a group.
// Instances live in the server: they join with their first `consume`, and leave when they are removed or nobody has
// called for their session timeout. Committed offsets are durable; instances are not, and a restart loses them.
//
// Confined to the reactor of the log. Backends: groups/ for the embedded log.
//
// Rules and defaults follow Apache Kafka's consumer as its REST front ends offer it, so that their clients feel at
// home.

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "eventlog/event_log.h"
#include "eventlog/following.h"

namespace millrace::eventlog {

// Where an instance begins in a partition of which its group has committed nothing, or an offset that is not there.
enum class OffsetReset : std::uint8_t { earliest, latest, none };

// Decided by the call that makes the instance.
struct ConsumerOptions {
  bool auto_commit = true;
  std::chrono::milliseconds auto_commit_interval{5'000};
  OffsetReset offset_reset = OffsetReset::latest;
  std::chrono::milliseconds session_timeout{120'000};  // 1 s to an hour
};

struct AssignedTopic {
  std::string name{};
  std::vector<PartitionNumber> partitions{};  // ascending

  bool operator==(const AssignedTopic&) const = default;
};

struct InstanceStatus {
  std::string name{};
  std::vector<AssignedTopic> topics{};  // those it subscribes to, by name, with the partitions it has

  bool operator==(const InstanceStatus&) const = default;
};

// A group with its live instances, by name.
struct GroupStatus {
  std::string name{};
  std::uint64_t generation = 0;  // of the assignment; a higher one with each change
  std::vector<InstanceStatus> instances{};

  bool operator==(const GroupStatus&) const = default;
};

// How far a group has come in a partition of which it has committed something.
struct GroupLag {
  TopicPartition of{};
  Offset committed = 0;
  Offset next = 0;         // the partition's end
  std::uint64_t lag = 0;   // records, at most, that are left to read
  std::string instance{};  // that has the partition; empty: none

  bool operator==(const GroupLag&) const = default;
};

class ConsumerGroups {
 public:
  virtual ~ConsumerGroups() = default;

  // Records that come next for this instance, which joins the group if need be; waits for at least one, and answers
  // none once `cancel` is requested. A call takes the records of the call before it as received. Subscribes to exactly
  // `topics` from now on. Calls for one instance are served one after another.
  //
  // Fails with `not_found` for an unknown topic, `over_limit` when there would be more instances than partitions,
  // `invalid` for names or options that cannot be, and where OffsetReset::none finds no offset to begin at.
  virtual Async<Result<std::vector<TopicBatch>>> consume(std::string group, std::string instance,
                                                         std::vector<std::string> topics, ConsumerOptions options,
                                                         FollowLimits limits, std::stop_token cancel) = 0;

  // Commits `offsets` (the next to read) as they are, or, when there are none, behind all that the instance was given.
  // Fails with `not_found` for an unknown topic or partition, or no offsets of an instance that is not there; with
  // `conflict` for a partition that another live instance has. All or none.
  virtual Async<Result<void>> commit(std::string group, std::string instance, std::vector<Position> offsets) = 0;

  // What the group has committed, in the order asked for; nothing where it has not. `not_found` as above.
  virtual Async<Result<std::vector<std::optional<Offset>>>> committed(std::string group,
                                                                      std::vector<TopicPartition> partitions) = 0;

  // Takes the instance from its group; it counts as having received what it was given. Fails with `not_found`.
  virtual Async<Result<void>> remove(std::string group, std::string instance) = 0;

  // Groups that have live instances, by name.
  virtual std::vector<GroupStatus> list() const = 0;

  // Every group that has committed something, by name.
  virtual Async<Result<std::vector<std::string>>> names() = 0;
  virtual Async<Result<std::vector<GroupLag>>> lag(std::string group) = 0;  // not_found

  // Forgets what the group has committed. Fails with `not_found`, and with `conflict` while it has live instances.
  virtual Async<Result<void>> forget(std::string group) = 0;
};

}  // namespace millrace::eventlog
