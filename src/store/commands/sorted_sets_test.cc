// What transcripts cannot show of the commands of sorted sets: the shapes of version 3 of the protocol, what blocks,
// keyspace notifications, and large sorted sets.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/keyspace.h"

namespace millrace::store {
namespace {

using testing::ElementsAre;

class Listener final : public Subscriber {
 public:
  void deliver(const Message& message) override {
    heard.push_back(fmt::format("{} {}", message.channel.substr(message.channel.find(':') + 1), message.payload));
  }

  std::vector<std::string> heard{};
};

class SortedSetCommandsTest : public testing::Test {
 protected:
  Reply execute(const Command& command, const Caller& caller = {}) {
    auto unit = memory_.home().open();
    Context context(store_.live(), caller);
    context.trying_again = trying_again_;
    Reply reply = store_.stage(*unit, context, database_, command).value();
    blocking_ = context.blocking;
    take_now(memory_.home().commit(std::move(unit))).value();
    return reply;
  }
  Reply execute_in_3(const Command& command) { return execute(command, {.door = Door::redis, .protocol = 3}); }

  static Reply pair(const char* member, double score) {
    return Reply::array({Reply::bulk(member), Reply::of_real(score)});
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_ = take_now(store_.create_database("test")).value();
  std::optional<Blocking> blocking_{};
  bool trying_again_ = false;
};

TEST_F(SortedSetCommandsTest, PairsMembersAndScoresInVersion3) {
  execute({"ZADD", "z", "1", "a", "2", "b"});
  Reply both = Reply::array({pair("a", 1), pair("b", 2)});

  EXPECT_EQ(execute_in_3({"ZRANGE", "z", "0", "-1", "WITHSCORES"}), both);
  EXPECT_EQ(execute_in_3({"ZRANGEBYSCORE", "z", "1", "2", "WITHSCORES"}), both);
  EXPECT_EQ(execute_in_3({"ZUNION", "1", "z", "WITHSCORES"}), both);
  EXPECT_EQ(execute_in_3({"ZDIFF", "1", "z", "WITHSCORES"}), both);
  EXPECT_EQ(execute_in_3({"ZRANDMEMBER", "z", "2", "WITHSCORES"}), both);
  EXPECT_EQ(execute_in_3({"ZPOPMAX", "z", "1"}), Reply::array({pair("b", 2)}));
  EXPECT_EQ(execute_in_3({"ZPOPMIN", "z"}), pair("a", 1));
}

TEST_F(SortedSetCommandsTest, AnswersPlacesAsTheDoorWantsThem) {
  execute({"GEOADD", "g", "13.361389", "38.115556", "Palermo"});
  Command ask{"GEOPOS", "g", "Palermo"};

  Reply over_rest = execute(ask, {.door = Door::rest});
  EXPECT_EQ(over_rest.elements[0],
            Reply::array({Reply::bulk("13.361389338970184"), Reply::bulk("38.115556395496299")}));
  Reply in_2 = execute(ask, {.door = Door::redis});
  EXPECT_EQ(in_2.elements[0], Reply::array({Reply::bulk("13.36138933897018433"), Reply::bulk("38.11555639549629859")}));
  Reply in_3 = execute_in_3(ask);
  EXPECT_EQ(in_3.elements[0].elements[0].kind, Reply::Kind::real);
  EXPECT_DOUBLE_EQ(in_3.elements[0].elements[0].real, 13.361389338970184);
}

TEST_F(SortedSetCommandsTest, TakesALimitOfRanksOverRestOnly) {
  execute({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d"});
  Command limited{"ZRANGE", "z", "0", "2", "LIMIT", "1", "5"};

  EXPECT_TRUE(execute(limited, {.door = Door::redis}).is_error());
  EXPECT_EQ(execute(limited, {.door = Door::rest}), Reply::array({Reply::bulk("b"), Reply::bulk("c")}));
}

TEST_F(SortedSetCommandsTest, WaitsOnlyWhereTheCallerCan) {
  Command pop{"BZPOPMIN", "a", "b", "0.5"};

  EXPECT_EQ(execute(pop), Reply::nil_array());
  EXPECT_FALSE(blocking_);
  EXPECT_EQ(execute(pop, {.door = Door::redis}), Reply::nil_array());
  ASSERT_TRUE(blocking_);
  EXPECT_THAT(blocking_->keys, ElementsAre("a", "b"));
  EXPECT_GT(blocking_->until, 0);
  execute({"BZMPOP", "0", "2", "a", "b", "MAX"}, {.door = Door::redis});
  ASSERT_TRUE(blocking_);
  EXPECT_THAT(blocking_->keys, ElementsAre("a", "b"));
  EXPECT_EQ(blocking_->until, 0);
}

TEST_F(SortedSetCommandsTest, WhoWaitsPassesOverAKeyOfAnotherType) {
  execute({"SADD", "a", "x"});
  execute({"ZADD", "b", "1", "x"});

  EXPECT_TRUE(execute({"BZPOPMIN", "a", "b", "0"}, {.door = Door::redis}).is_error());
  trying_again_ = true;
  EXPECT_EQ(execute({"BZPOPMIN", "a", "b", "0"}, {.door = Door::redis}).elements.size(), 3u);
}

TEST_F(SortedSetCommandsTest, NotifiesAsRedisDoes) {
  Listener listener;
  store_.live().notifications.set(database_, *Notifications::normalize("KA"));
  store_.live().pubsub.subscribe(database_, Subscription::pattern, "*", listener);
  auto heard_of = [&](const Command& command) {
    listener.heard.clear();
    execute(command);
    return listener.heard;
  };

  EXPECT_THAT(heard_of({"ZADD", "z", "1", "a", "2", "b", "3", "c", "4", "d"}), ElementsAre("z zadd"));
  EXPECT_THAT(heard_of({"ZADD", "z", "1", "a"}), ElementsAre());
  EXPECT_THAT(heard_of({"ZINCRBY", "z", "1", "a"}), ElementsAre("z zincr"));
  EXPECT_THAT(heard_of({"ZREM", "z", "a"}), ElementsAre("z zrem"));
  EXPECT_THAT(heard_of({"ZPOPMIN", "z"}), ElementsAre("z zpopmin"));
  EXPECT_THAT(heard_of({"ZRANGESTORE", "to", "z", "0", "-1"}), ElementsAre("to zrangestore"));
  EXPECT_THAT(heard_of({"ZUNIONSTORE", "to", "1", "z"}), ElementsAre("to zunionstore"));
  EXPECT_THAT(heard_of({"ZINTERSTORE", "to", "2", "z", "none"}), ElementsAre("to del"));
  EXPECT_THAT(heard_of({"ZINTERSTORE", "to", "2", "z", "none"}), ElementsAre());
  EXPECT_THAT(heard_of({"ZREMRANGEBYRANK", "z", "0", "0"}), ElementsAre("z zremrangebyrank"));
  EXPECT_THAT(heard_of({"ZREMRANGEBYSCORE", "z", "0", "9"}), ElementsAre("z zremrangebyscore", "z del"));
  EXPECT_THAT(heard_of({"GEOADD", "g", "1", "1", "a"}), ElementsAre("g zadd"));
  EXPECT_THAT(heard_of({"GEORADIUS", "g", "1", "1", "1", "km", "STORE", "to"}), ElementsAre("to georadiusstore"));
  EXPECT_THAT(heard_of({"GEOSEARCHSTORE", "to", "g", "FROMMEMBER", "a", "BYRADIUS", "1", "km"}),
              ElementsAre("to geosearchstore"));
  EXPECT_THAT(heard_of({"ZMPOP", "1", "g", "MAX"}), ElementsAre("g zpopmax", "g del"));
  store_.live().pubsub.unsubscribe(database_, Subscription::pattern, "*", listener);
}

TEST_F(SortedSetCommandsTest, AResultHasNoTimeOfExpiry) {
  execute({"ZADD", "z", "1", "a"});
  execute({"SET", "to", "text", "EX", "100"});
  execute({"ZUNIONSTORE", "to", "1", "z"});

  auto unit = memory_.home().open();
  Context context(store_.live(), {});
  Keyspace keys(memory_.home(), *unit, context, database_, {0});
  EXPECT_EQ(keys.find("to").value()->expires_at, 0);
}

TEST_F(SortedSetCommandsTest, AKeyMayGoAndComeBackInOneTransaction) {
  Command fill{"ZADD", "z"};
  for (int i = 0; i < 300; ++i) fill.insert(fill.end(), {std::to_string(i), fmt::format("m{}", i)});
  std::vector<Command> commands{
      fill, {"ZREMRANGEBYRANK", "z", "0", "-1"}, fill, {"ZPOPMIN", "z", "299"}, {"ZRANGE", "z", "0", "-1"}};
  auto replies = take_now(store_.execute(database_, commands)).value();

  EXPECT_EQ(replies[4], Reply::array({Reply::bulk("m299")}));
}

// Offsets far and near, ranges from both ends, against the plainest model.
TEST_F(SortedSetCommandsTest, CutsRangesAsAPlainModelDoes) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 dice(seed);
  std::multimap<int, std::string> model;
  Command fill{"ZADD", "z"};
  for (int i = 0; i < 3000; ++i) {
    int score = static_cast<int>(dice() % 500);
    model.emplace(score, fmt::format("{:04}", i));  // in the order of the members where scores are equal
    fill.insert(fill.end(), {std::to_string(score), fmt::format("{:04}", i)});
  }
  execute(fill);

  for (int round = 0; round < 200; ++round) {
    int least = static_cast<int>(dice() % 500);
    int most = least + static_cast<int>(dice() % 200);
    std::vector<Reply> expected;
    for (const auto& [score, member] : model) {
      if (score >= least && score <= most) expected.push_back(Reply::bulk(member));
    }
    EXPECT_EQ(execute({"ZCOUNT", "z", std::to_string(least), std::to_string(most)}),
              Reply::of(static_cast<std::int64_t>(expected.size())));
    bool reversed = dice() % 2 == 0;
    if (reversed) std::ranges::reverse(expected);
    std::size_t offset = dice() % 400;
    std::size_t count = dice() % 50;
    expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(std::min(offset, expected.size())));
    if (expected.size() > count) expected.resize(count);
    Command ask{"ZRANGE", "z", std::to_string(least), std::to_string(most), "BYSCORE"};
    if (reversed) std::swap(ask[2], ask[3]);
    if (reversed) ask.push_back("REV");
    ask.insert(ask.end(), {"LIMIT", std::to_string(offset), std::to_string(count)});
    ASSERT_EQ(execute(ask), Reply::array(std::move(expected)));
  }
}

}  // namespace
}  // namespace millrace::store
