#include "eventlog/groups/embedded_groups.h"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <random>

#include "kv/faulty/faulty_engine.h"
#include "kv/home.h"
#include "kv/memory/memory_engine.h"

namespace millrace::eventlog {
namespace {

using std::chrono::milliseconds;
using Kind = OffsetReset;

// A home whose commits are durable at the end of a tick, and whose units fetch what is not in memory, as with a
// reactor.
class GroupsTest : public testing::Test {
 protected:
  GroupsTest() {
    begin();
    create("orders", 2);
  }

  template <class T>
  T run(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T done) { value.emplace(std::move(done)); });
    for (int tick = 0; !value && tick < 100; ++tick) end_tick();
    return std::move(value.value());
  }
  void end_tick() {
    for (auto& call : std::exchange(calls_, {})) call();
    homes_->end_tick();
  }
  kv::HomesOptions options() {
    kv::HomesOptions options{.row_cache_bytes = cache_bytes_, .range_cache_bytes = cache_bytes_};
    options.post = [this](std::function<void()> call) { calls_.push_back(std::move(call)); };
    options.on_background = [](std::function<void()> work) { work(); };
    return options;
  }
  // As a process that begins on the rows of another one.
  void begin() {
    groups_.reset();
    log_.reset();
    home_.reset();
    homes_.emplace(engine_, nullptr, options());
    home_ = homes_->make_home();
    log_.emplace(*home_);
    restart();
  }
  void create(const std::string& topic, PartitionNumber partitions) {
    run(log_->create(topic, {.partitions = partitions})).value();
  }
  void append(const std::string& value, PartitionNumber partition = 0, const std::string& topic = "orders") {
    run(log_->append(topic, {{.value = value, .partition = partition}})).value();
  }

  static std::vector<std::string> values(const std::vector<TopicBatch>& batches) {
    std::vector<std::string> all;
    for (const TopicBatch& batch : batches) {
      for (const Record& record : batch.records) all.push_back(*record.value);
    }
    std::ranges::sort(all);
    return all;
  }
  Async<Result<std::vector<TopicBatch>>> consuming(const std::string& instance, ConsumerOptions options,
                                                   std::vector<std::string> topics, std::stop_token cancel) {
    return groups_->consume("billing", instance, std::move(topics), options, {}, std::move(cancel));
  }
  // What is there now.
  Result<std::vector<TopicBatch>> try_consume(const std::string& instance, ConsumerOptions options = earliest,
                                              std::vector<std::string> topics = {"orders"}) {
    std::stop_source at_once;
    at_once.request_stop();
    return run(consuming(instance, options, std::move(topics), at_once.get_token()));
  }
  std::vector<std::string> consume(const std::string& instance, ConsumerOptions options = earliest,
                                   std::vector<std::string> topics = {"orders"}) {
    return values(try_consume(instance, options, std::move(topics)).value());
  }
  std::optional<Offset> committed(PartitionNumber partition = 0) {
    return run(groups_->committed("billing", {{"orders", partition}})).value().at(0);
  }
  void commit(const std::string& instance, std::vector<Position> offsets = {}) {
    run(groups_->commit("billing", instance, std::move(offsets))).value();
  }
  void pass(milliseconds time) {
    now_ += time;
    run(groups_->expire_due()).value();
  }
  void restart() {
    groups_ = std::make_unique<EmbeddedGroups>(*log_, [this] { return now_; });
  }

  static constexpr ConsumerOptions earliest{.offset_reset = Kind::earliest};
  static constexpr ConsumerOptions manual{.auto_commit = false, .offset_reset = Kind::earliest};

  Timestamp now_{milliseconds(1'000'000)};
  std::size_t cache_bytes_ = std::size_t{16} << 20;
  kv::FaultyEngine engine_{kv::make_memory_engine()};
  std::deque<std::function<void()>> calls_{};
  std::optional<kv::Homes> homes_{};
  std::unique_ptr<Home> home_{};
  std::optional<EmbeddedLog> log_{};
  std::unique_ptr<EmbeddedGroups> groups_{};
};

TEST_F(GroupsTest, GivesEachRecordOnce) {
  append("a", 0);
  append("b", 1);
  EXPECT_EQ(consume("x"), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(consume("x").empty());
  append("c", 1);
  EXPECT_EQ(consume("x"), std::vector<std::string>{"c"});
}

TEST_F(GroupsTest, BeginsAtTheEndUnlessToldOtherwise) {
  append("before");
  EXPECT_TRUE(consume("x", {}).empty());
  append("after");
  EXPECT_EQ(consume("x", {}), std::vector<std::string>{"after"});
}

TEST_F(GroupsTest, WithLatestSkipsNothingAfterItsFirstCall) {
  append("before");
  EXPECT_TRUE(consume("x", {}).empty());
  append("after");
  restart();
  EXPECT_EQ(consume("y", {}), std::vector<std::string>{"after"});
}

TEST_F(GroupsTest, RefusesToGuessWhereToBegin) {
  EXPECT_EQ(try_consume("x", {.offset_reset = Kind::none}).error().code, ErrorCode::invalid);
  commit("x", {{"orders", 0, 0}, {"orders", 1, 0}});
  append("a");
  EXPECT_EQ(consume("x", {.offset_reset = Kind::none}), std::vector<std::string>{"a"});
}

TEST_F(GroupsTest, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(try_consume("x", {}, {"unknown"}).error().code, ErrorCode::not_found);
  EXPECT_EQ(try_consume("x", {}, {}).error().code, ErrorCode::invalid);
  EXPECT_EQ(try_consume("", {}).error().code, ErrorCode::invalid);
  EXPECT_EQ(try_consume("x", {.session_timeout = milliseconds(999)}).error().code, ErrorCode::invalid);
  EXPECT_EQ(run(groups_->remove("billing", "x")).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(groups_->commit("billing", "x", {})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(groups_->commit("billing", "x", {{"orders", 0, 1}, {"orders", 2, 1}})).error().code,
            ErrorCode::not_found);
  EXPECT_EQ(run(groups_->committed("billing", {{"orders", 2}})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(groups_->lag("billing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(committed(), std::nullopt);
  EXPECT_TRUE(groups_->list().empty());
}

TEST_F(GroupsTest, TakesNoMoreInstancesThanPartitions) {
  consume("a");
  consume("b");
  EXPECT_EQ(try_consume("c").error().code, ErrorCode::over_limit);
  create("audit", 1);
  EXPECT_TRUE(try_consume("c"));
  run(groups_->remove("billing", "a")).value();
  EXPECT_TRUE(try_consume("d"));
}

TEST_F(GroupsTest, StoresACommittedOffsetAsItIs) {
  append("a");
  append("b");
  append("c");
  EXPECT_EQ(consume("x", manual).size(), 3u);
  EXPECT_EQ(committed(), std::nullopt);
  commit("x", {{"orders", 0, 1}});
  EXPECT_EQ(committed(), 1u);
  EXPECT_TRUE(consume("x", manual).empty());  // the position stays

  restart();
  EXPECT_EQ(committed(), 1u);
  EXPECT_EQ(consume("y", manual), (std::vector<std::string>{"b", "c"}));
  commit("y");
  EXPECT_EQ(committed(), 3u);
  commit("y", {{"orders", 0, 2}});
  EXPECT_EQ(committed(), 2u);
}

TEST_F(GroupsTest, CommitsByItselfWhatTheNextCallShowsToBeReceived) {
  append("a");
  EXPECT_EQ(consume("x").size(), 1u);
  append("b");
  now_ += milliseconds(5'000);
  EXPECT_EQ(consume("x").size(), 1u);
  EXPECT_EQ(committed(), 1u);  // "b" may still be lost on its way

  pass(milliseconds(120'000));
  EXPECT_EQ(committed(), 1u);
  EXPECT_TRUE(groups_->list().empty());
  EXPECT_EQ(consume("x"), std::vector<std::string>{"b"});
}

TEST_F(GroupsTest, AnInstanceThatIsRemovedHasReceivedAll) {
  append("a");
  EXPECT_EQ(consume("x").size(), 1u);
  run(groups_->remove("billing", "x")).value();

  EXPECT_EQ(committed(), 1u);
  EXPECT_TRUE(consume("x").empty());
}

TEST_F(GroupsTest, DealsPartitionsOutAnewWhenInstancesComeAndGo) {
  append("a", 0);
  append("b", 1);
  EXPECT_EQ(consume("x").size(), 2u);
  EXPECT_EQ(consume("y"), std::vector<std::string>{"b"});  // given, but not known to be received
  EXPECT_EQ(groups_->list(),
            (std::vector<GroupStatus>{{"billing", 2, {{"x", {{"orders", {0}}}}, {"y", {{"orders", {1}}}}}}}));
  append("c", 0);
  append("d", 1);
  EXPECT_EQ(consume("x"), std::vector<std::string>{"c"});

  run(groups_->remove("billing", "x")).value();
  EXPECT_EQ(consume("y"), std::vector<std::string>{"d"});
  append("e", 0);
  EXPECT_EQ(consume("y"), std::vector<std::string>{"e"});
}

TEST_F(GroupsTest, RefusesACommitForWhatAnotherInstanceHas) {
  consume("x");
  consume("y");
  EXPECT_EQ(run(groups_->commit("billing", "x", {{"orders", 0, 1}, {"orders", 1, 1}})).error().code,
            ErrorCode::conflict);
  EXPECT_EQ(run(groups_->commit("billing", "nobody", {{"orders", 0, 1}})).error().code, ErrorCode::conflict);
  EXPECT_EQ(committed(), 0u);
  commit("x", {{"orders", 0, 1}});
  pass(milliseconds(120'000));
  commit("nobody", {{"orders", 0, 1}, {"orders", 1, 1}});
  EXPECT_EQ(committed(1), 1u);
}

TEST_F(GroupsTest, ACallThatWaitsIsWokenByARecord) {
  std::optional<std::vector<TopicBatch>> given;
  start(consuming("x", {}, {"orders"}, {}), [&](auto done) { given = std::move(done.value()); });
  end_tick();
  EXPECT_FALSE(given);
  append("a", 1);
  ASSERT_TRUE(given);
  EXPECT_EQ(values(*given), std::vector<std::string>{"a"});
}

TEST_F(GroupsTest, ACallThatWaitsIsWokenByNewPartitions) {
  append("a", 1);
  EXPECT_EQ(consume("x").size(), 1u);
  std::optional<std::vector<TopicBatch>> given;
  start(consuming("y", manual, {"orders"}, {}), [&](auto done) { given = std::move(done.value()); });
  for (int tick = 0; tick < 5; ++tick) end_tick();
  ASSERT_TRUE(given);  // partition 1, of which nothing was known to be received
  given.reset();
  start(consuming("y", manual, {"orders"}, {}), [&](auto done) { given = std::move(done.value()); });
  for (int tick = 0; tick < 5; ++tick) end_tick();
  EXPECT_FALSE(given);

  append("b", 0);
  EXPECT_FALSE(given);
  run(groups_->remove("billing", "x")).value();
  for (int tick = 0; tick < 5; ++tick) end_tick();
  ASSERT_TRUE(given);
  EXPECT_EQ(values(*given), std::vector<std::string>{"b"});
}

TEST_F(GroupsTest, ACallThatWaitsEndsWithItsInstanceOrItsTopic) {
  std::optional<Result<std::vector<TopicBatch>>> removed, gone;
  start(consuming("x", {}, {"orders"}, {}), [&](auto done) { removed = std::move(done); });
  end_tick();
  run(groups_->remove("billing", "x")).value();
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->value().empty());

  start(consuming("y", {}, {"orders"}, {}), [&](auto done) { gone = std::move(done); });
  end_tick();
  run(log_->remove("orders", InUse::stays)).value();
  for (int tick = 0; tick < 5; ++tick) end_tick();
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->error().code, ErrorCode::not_found);
}

TEST_F(GroupsTest, CallsForOneInstanceAreServedOneAfterAnother) {
  std::vector<int> ended;
  std::vector<std::string> given;
  for (int call : {1, 2}) {
    start(consuming("x", {}, {"orders"}, {}), [&, call](auto done) {
      ended.push_back(call);
      for (const std::string& value : values(done.value())) given.push_back(value);
    });
    end_tick();
  }
  append("a");
  append("b");
  EXPECT_EQ(ended, (std::vector<int>{1, 2}));
  EXPECT_EQ(given, (std::vector<std::string>{"a", "b"}));
}

TEST_F(GroupsTest, SeesPartitionsThatWereAdded) {
  EXPECT_TRUE(consume("x").empty());
  run(log_->alter("orders", {.partitions = 3})).value();
  append("a", 2);
  EXPECT_EQ(consume("x"), std::vector<std::string>{"a"});
  EXPECT_EQ(groups_->list()[0].instances[0].topics[0].partitions, (std::vector<PartitionNumber>{0, 1, 2}));
}

TEST_F(GroupsTest, SubscribesToOtherTopicsWhenACallNamesThem) {
  create("audit", 1);
  append("a");
  append("b", 0, "audit");
  EXPECT_EQ(consume("x", earliest, {"orders", "audit", "orders"}).size(), 2u);
  EXPECT_TRUE(consume("x", earliest, {"audit"}).empty());
  append("c");
  EXPECT_TRUE(consume("x", earliest, {"audit"}).empty());
  EXPECT_EQ(consume("x", earliest, {"orders"}), std::vector<std::string>{"c"});
}

TEST_F(GroupsTest, TellsHowFarAGroupIsBehind) {
  for (int i = 0; i < 5; ++i) append("v", 1);
  commit("x", {{"orders", 1, 2}});

  EXPECT_EQ(run(groups_->names()).value(), std::vector<std::string>{"billing"});
  EXPECT_EQ(run(groups_->lag("billing")).value(), (std::vector<GroupLag>{{{"orders", 1}, 2, 5, 3, ""}}));
  EXPECT_EQ(consume("x", manual).size(), 3u);
  EXPECT_EQ(run(groups_->lag("billing")).value().at(0).instance, "x");
  EXPECT_EQ(run(groups_->forget("billing")).error().code, ErrorCode::conflict);
  run(groups_->remove("billing", "x")).value();
  run(groups_->forget("billing")).value();
  EXPECT_EQ(run(groups_->forget("billing")).error().code, ErrorCode::not_found);
  EXPECT_EQ(committed(1), std::nullopt);
}

// Members come, go, die and call while records are appended, on a server that is restarted now and then. Each record is
// given at least once, none is skipped, each instance sees ascending offsets, and what is committed never goes back.
class MembersTest : public GroupsTest {
 protected:
  enum class Memory { warm, cold };
  void play(int steps, Memory memory);
};

void MembersTest::play(int steps, Memory memory) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 dice(seed);
  constexpr PartitionNumber partitions = 5;
  create("events", partitions);
  std::map<TopicPartition, std::set<Offset>> given;  // and received: the instance called again, or left
  std::map<TopicPartition, Offset> appended;
  std::map<TopicPartition, Offset> highest;  // committed
  std::map<std::string, std::vector<TopicBatch>> last_answers;
  auto receive = [&](const std::string& instance) {
    for (const TopicBatch& batch : last_answers[instance]) {
      for (const Record& record : batch.records) given[{batch.topic, batch.partition}].insert(record.offset);
    }
    last_answers.erase(instance);
  };
  auto check = [&] {
    for (PartitionNumber partition = 0; partition < partitions; ++partition) {
      TopicPartition of{"events", partition};
      auto now = run(groups_->committed("billing", {of})).value().at(0);
      if (!now) continue;
      ASSERT_GE(*now, highest[of]);
      highest[of] = *now;
      for (Offset offset = 0; offset < *now; ++offset)
        ASSERT_TRUE(given[of].contains(offset)) << partition << " " << offset;
    }
  };
  for (int step = 0; step < steps; ++step) {
    if (memory == Memory::cold) engine_.forget_memory();
    std::string name = "member-" + std::to_string(dice() % 6);
    switch (dice() % 12) {
      case 0:
      case 1:
      case 2:
      case 3: {
        PartitionNumber partition = dice() % partitions;
        append("v", partition, "events");
        ++appended[{"events", partition}];
        break;
      }
      case 4:
      case 5:
      case 6:
      case 7: {
        ConsumerOptions options{.auto_commit = dice() % 2 == 0, .offset_reset = Kind::earliest};
        bool live = false;
        for (const GroupStatus& group : groups_->list()) {
          for (const InstanceStatus& instance : group.instances) live = live || instance.name == name;
        }
        if (!live) last_answers.erase(name);  // it died with them
        auto batches = try_consume(name, options, {"events"});
        if (!batches) break;  // one instance too many
        receive(name);
        last_answers[name] = *batches;
        break;
      }
      case 8: {
        if (run(groups_->commit("billing", name, {}))) receive(name);
        break;
      }
      case 9: {
        if (dice() % 4 == 0 && run(groups_->remove("billing", name))) receive(name);
        break;
      }
      case 10: {
        pass(milliseconds(dice() % 4 == 0 ? 121'000 : 3'000));
        break;
      }
      case 11: {
        if (dice() % 8 != 0) break;
        restart();
        last_answers.clear();
        break;
      }
    }
    if (step % 50 == 0) check();
  }
  now_ += milliseconds(200'000);
  run(groups_->expire_due()).value();
  last_answers.clear();
  for (int i = 0; i < 3; ++i) {
    for (const TopicBatch& batch : try_consume("last", earliest, {"events"}).value()) {
      for (const Record& record : batch.records) given[{batch.topic, batch.partition}].insert(record.offset);
    }
  }
  check();
  for (const auto& [partition, count] : appended) {
    for (Offset offset = 0; offset < count; ++offset) ASSERT_TRUE(given[partition].contains(offset));
  }
}

TEST_F(MembersTest, AreGivenEveryRecordAtLeastOnceWhateverHappensToThem) {
  play(1'500, Memory::warm);
}

// The same when rows must be fetched, so that commands run again.
TEST_F(MembersTest, AreGivenEveryRecordAlsoWhenRowsAreNotInMemory) {
  cache_bytes_ = 1;
  begin();
  play(500, Memory::cold);
}

// Fails the first, second, third … call of the engine until all passes: none is skipped, none goes back.
TEST_F(GroupsTest, AFaultOfTheDiskSkipsNothing) {
  std::set<std::string> given;
  std::set<std::string> appended;
  bool passed = false;
  Offset highest = 0;
  for (std::uint64_t nth = 1; !passed; ++nth) {
    ASSERT_LT(nth, 200u);
    std::string value = "v" + std::to_string(nth);
    append(value);
    appended.insert(value);
    now_ += milliseconds(5'000);
    engine_.forget_memory();
    engine_.fail(kv::FaultyEngine::Call::read, nth % 2 ? (nth + 1) / 2 : 0);
    engine_.fail(kv::FaultyEngine::Call::write, nth % 2 ? 0 : nth / 2);
    auto batches = try_consume("x");
    auto committed_now = run(groups_->commit("billing", "x", {}));
    auto expired = run(groups_->expire_due());
    engine_.fail(kv::FaultyEngine::Call::read, 0);
    engine_.fail(kv::FaultyEngine::Call::write, 0);
    passed = nth > 40 && batches && committed_now && expired;
    if (batches) {
      for (const std::string& one : values(*batches)) given.insert(one);
    }
    Offset now = committed().value_or(0);
    ASSERT_GE(now, highest);
    highest = now;
    if (nth % 5 == 0) restart();
  }
  for (const std::string& value : consume("x")) given.insert(value);
  EXPECT_EQ(given, appended);
}

TEST_F(GroupsTest, WhatWasCommittedSurvivesALossOfPower) {
  append("a");
  append("b");
  EXPECT_EQ(consume("x", manual).size(), 2u);
  commit("x", {{"orders", 0, 1}});
  engine_.lose_power();
  begin();

  EXPECT_EQ(committed(), 1u);
  EXPECT_EQ(consume("y", manual), std::vector<std::string>{"b"});
}

}  // namespace
}  // namespace millrace::eventlog
