#include "eventlog/groups/group.h"

#include <gtest/gtest.h>

namespace millrace::eventlog {
namespace {

using std::chrono::milliseconds;

std::set<TopicPartition> run_of(const std::string& topic, PartitionNumber from, PartitionNumber to) {
  std::set<TopicPartition> partitions;
  for (PartitionNumber partition = from; partition < to; ++partition) partitions.insert({topic, partition});
  return partitions;
}

TEST(AssignRanges, DealsEachTopicOutInRunsByName) {
  Assignment assignment =
      assign_ranges({{"b", {"orders"}}, {"a", {"audit", "orders"}}, {"c", {"orders"}}}, {{"audit", 2}, {"orders", 7}});

  std::set<TopicPartition> a = run_of("orders", 0, 3);
  a.merge(run_of("audit", 0, 2));
  EXPECT_EQ(assignment["a"], a);
  EXPECT_EQ(assignment["b"], run_of("orders", 3, 5));
  EXPECT_EQ(assignment["c"], run_of("orders", 5, 7));
}

TEST(AssignRanges, LeavesSurplusInstancesWithoutPartitions) {
  Assignment assignment = assign_ranges({{"a", {"orders"}}, {"b", {"orders"}}}, {{"orders", 1}});

  EXPECT_EQ(assignment["a"].size(), 1u);
  EXPECT_TRUE(assignment["b"].empty());
}

class GroupTest : public testing::Test {
 protected:
  std::shared_ptr<Instance> join(const std::string& name, ConsumerOptions options = {}) {
    auto instance = group_.join(name, options, now_);
    group_.subscribe(*instance, {{"orders", 4}});
    group_.rebalance();
    for (auto& [partition, at] : instance->assigned) at.found = true;
    return instance;
  }
  AssignedPartition& at(Instance& instance, PartitionNumber partition) {
    return instance.assigned.at({"orders", partition});
  }

  Timestamp now_{milliseconds(1'000'000)};
  Group group_{"billing"};
};

TEST_F(GroupTest, ChangesItsGenerationOnlyWithItsAssignment) {
  auto a = join("a");
  EXPECT_EQ(group_.generation(), 1u);
  group_.subscribe(*a, {{"orders", 4}});
  EXPECT_TRUE(group_.rebalance().empty());
  EXPECT_EQ(group_.generation(), 1u);

  group_.subscribe(*a, {{"orders", 5}});
  EXPECT_EQ(group_.rebalance().size(), 1u);
  EXPECT_EQ(group_.generation(), 2u);
  EXPECT_EQ(a->assigned.size(), 5u);
}

TEST_F(GroupTest, EndsTheWaitsOfThoseWhosePartitionsChange) {
  auto a = join("a");
  std::stop_source wait;
  a->assignment_changed = wait;
  auto b = group_.join("b", {}, now_);
  group_.subscribe(*b, {{"orders", 4}});

  auto ended = group_.rebalance();
  EXPECT_EQ(ended.size(), 2u);
  for (auto& each : ended) each.request_stop();
  EXPECT_TRUE(wait.stop_requested());
  EXPECT_EQ(a->assigned.size(), 2u);
  EXPECT_EQ(group_.owner({"orders", 3}), b);
}

TEST_F(GroupTest, KeepsThePositionsOfPartitionsThatStay) {
  auto a = join("a");
  at(*a, 0).position = 7;
  join("b");

  EXPECT_EQ(at(*a, 0).position, 7u);
  group_.leave("b");
  group_.rebalance();
  EXPECT_FALSE(at(*a, 3).found);
}

TEST_F(GroupTest, CommitsWhatWasReceivedBeforeAPartitionMoves) {
  auto a = join("a");
  at(*a, 3).position = 7;
  group_.receive(*a);
  at(*a, 3).position = 9;  // given with the last answer, which may be lost
  join("b");

  EXPECT_EQ((group_.pending[{"orders", 3}]), 7u);
}

TEST_F(GroupTest, CommitsNothingByItselfWhenToldNotTo) {
  auto a = join("a", {.auto_commit = false});
  at(*a, 3).position = 7;
  group_.receive(*a);
  join("b");
  group_.leave("a");

  EXPECT_TRUE(group_.pending.empty());
}

TEST_F(GroupTest, NeverTakesBackWhatIsCommitted) {
  auto a = join("a");
  at(*a, 0).position = 7;
  at(*a, 0).committed = 50;
  group_.receive(*a);
  group_.commit_received(*a);

  EXPECT_FALSE(group_.pending.contains({"orders", 0}));
}

TEST_F(GroupTest, CommitsOnceItsIntervalHasPassed) {
  auto a = join("a");
  group_.commit_received(*a);
  group_.pending.clear();
  at(*a, 0).position = 7;
  group_.receive(*a);
  group_.commit_when_due(*a, now_ + milliseconds(4'999));
  EXPECT_TRUE(group_.pending.empty());

  group_.commit_when_due(*a, now_ + milliseconds(5'000));
  EXPECT_EQ(group_.pending.size(), 1u);
}

TEST_F(GroupTest, ExpiresWhoDoesNotCall) {
  auto a = join("a");
  auto b = join("b", {.session_timeout = milliseconds(1'000)});
  b->calls = 1;
  EXPECT_TRUE(group_.expired(now_ + milliseconds(119'999)).empty());
  EXPECT_EQ(group_.expired(now_ + milliseconds(120'000)), std::vector<std::string>{"a"});

  b->calls = 0;
  EXPECT_EQ(group_.expired(now_ + milliseconds(1'000)), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace millrace::eventlog
