// Commands of lists, sets and hashes: what is no reply.

#include <gtest/gtest.h>

#include "kv/testing.h"
#include "store/commands/command_table.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

class Collections : public testing::Test, public Subscriber {
 protected:
  Collections() {
    store_.live().notifications.set(database_, *Notifications::normalize("EAn"));
    store_.live().pubsub.subscribe(database_, Subscription::pattern, "*", *this);
  }
  ~Collections() override { store_.live().pubsub.unsubscribe(database_, Subscription::pattern, "*", *this); }

  void deliver(const Message& message) override {
    events_.append(events_.empty() ? "" : ", ").append(message.channel.substr(message.channel.find(':') + 1));
    events_.append(" ").append(message.payload);
  }

  Reply execute(const Command& command, Caller caller = {}) {
    return take_now(store_.execute(database_, {command}, caller)).value().at(0);
  }

  std::string events_of(const Command& command) {
    events_.clear();
    Reply reply = execute(command);
    EXPECT_FALSE(reply.is_error()) << command[0] << ": " << reply.text;
    return events_;
  }

  Timestamp now_{std::chrono::milliseconds(1'700'000'000'000)};
  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home(), [this] { return now_; }};
  DatabaseId database_ = take_now(store_.create_database("shop")).value();
  std::string events_{};
};

TEST_F(Collections, TellWhatHappensToListsInTheOrderOfRedis) {
  EXPECT_EQ(events_of({"LPUSH", "a", "1", "2"}), "new a, lpush a");
  EXPECT_EQ(events_of({"RPUSH", "a", "3"}), "rpush a");
  EXPECT_EQ(events_of({"LPUSHX", "b", "3"}), "");
  EXPECT_EQ(events_of({"LSET", "a", "0", "x"}), "lset a");
  EXPECT_EQ(events_of({"LINSERT", "a", "AFTER", "x", "y"}), "linsert a");
  EXPECT_EQ(events_of({"LINSERT", "a", "AFTER", "no", "y"}), "");
  EXPECT_EQ(events_of({"LREM", "a", "0", "y"}), "lrem a");
  EXPECT_EQ(events_of({"LREM", "a", "0", "y"}), "");
  EXPECT_EQ(events_of({"LTRIM", "a", "0", "-1"}), "ltrim a");
  EXPECT_EQ(events_of({"LMOVE", "a", "b", "LEFT", "RIGHT"}), "new b, rpush b, lpop a");
  EXPECT_EQ(events_of({"RPOPLPUSH", "b", "b"}), "lpush b, rpop b");
  EXPECT_EQ(events_of({"BRPOPLPUSH", "b", "a", "0"}), "lpush a, rpop b, del b");
  EXPECT_EQ(events_of({"LPOP", "a"}), "lpop a");
  EXPECT_EQ(events_of({"LPOP", "a", "0"}), "");
  EXPECT_EQ(events_of({"BLPOP", "a", "0"}), "lpop a");
  EXPECT_EQ(events_of({"LMPOP", "2", "b", "a", "RIGHT", "COUNT", "9"}), "rpop a, del a");
  execute({"RPUSH", "a", "1"});
  EXPECT_EQ(events_of({"LTRIM", "a", "1", "0"}), "ltrim a, del a");
}

TEST_F(Collections, TellWhatHappensToSetsInTheOrderOfRedis) {
  EXPECT_EQ(events_of({"SADD", "a", "1", "2"}), "new a, sadd a");
  EXPECT_EQ(events_of({"SADD", "a", "1"}), "");
  EXPECT_EQ(events_of({"SMOVE", "a", "b", "1"}), "srem a, new b, sadd b");
  EXPECT_EQ(events_of({"SMOVE", "b", "b", "1"}), "");
  EXPECT_EQ(events_of({"SMOVE", "b", "a", "1"}), "srem b, del b, sadd a");
  EXPECT_EQ(events_of({"SUNIONSTORE", "b", "a"}), "new b, sunionstore b");
  EXPECT_EQ(events_of({"SDIFFSTORE", "b", "a", "a"}), "del b");
  EXPECT_EQ(events_of({"SDIFFSTORE", "b", "a", "a"}), "");
  EXPECT_EQ(events_of({"SINTERSTORE", "b", "a"}), "new b, sinterstore b");
  EXPECT_EQ(events_of({"SPOP", "b"}), "spop b");
  EXPECT_EQ(events_of({"SPOP", "b", "5"}), "spop b, del b");
  EXPECT_EQ(events_of({"SPOP", "b", "5"}), "");
  EXPECT_EQ(events_of({"SREM", "a", "x"}), "");
  EXPECT_EQ(events_of({"SREM", "a", "1", "2"}), "srem a, del a");
}

TEST_F(Collections, TellWhatHappensToHashesInTheOrderOfRedis) {
  EXPECT_EQ(events_of({"HSET", "a", "f", "1", "g", "2"}), "new a, hset a");
  EXPECT_EQ(events_of({"HSET", "a", "f", "1"}), "hset a");
  EXPECT_EQ(events_of({"HSETNX", "a", "f", "1"}), "");
  EXPECT_EQ(events_of({"HINCRBY", "a", "f", "1"}), "hincrby a");
  EXPECT_EQ(events_of({"HINCRBYFLOAT", "a", "f", "0"}), "hincrbyfloat a");
  EXPECT_EQ(events_of({"HEXPIRE", "a", "9", "FIELDS", "2", "f", "x"}), "hexpire a");
  EXPECT_EQ(events_of({"HEXPIRE", "a", "8", "GT", "FIELDS", "1", "f"}), "");
  EXPECT_EQ(events_of({"HPERSIST", "a", "FIELDS", "1", "f"}), "hpersist a");
  EXPECT_EQ(events_of({"HPERSIST", "a", "FIELDS", "1", "f"}), "");
  EXPECT_EQ(events_of({"HGETEX", "a", "EX", "9", "FIELDS", "1", "f"}), "hexpire a");
  EXPECT_EQ(events_of({"HGETEX", "a", "PERSIST", "FIELDS", "1", "f"}), "hpersist a");
  EXPECT_EQ(events_of({"HGETEX", "a", "FIELDS", "1", "f"}), "");
  EXPECT_EQ(events_of({"HSETEX", "a", "EX", "9", "FIELDS", "1", "h", "1"}), "hset a, hexpire a");
  EXPECT_EQ(events_of({"HSETEX", "a", "FNX", "FIELDS", "1", "h", "1"}), "");
  EXPECT_EQ(events_of({"HGETEX", "a", "PX", "0", "FIELDS", "1", "h"}), "hdel a");
  EXPECT_EQ(events_of({"HDEL", "a", "x"}), "");
  EXPECT_EQ(events_of({"HGETDEL", "a", "FIELDS", "1", "g"}), "hdel a");
  EXPECT_EQ(events_of({"HEXPIREAT", "a", "1", "FIELDS", "1", "f"}), "hdel a, del a");
}

TEST_F(Collections, ShowRandomFieldsWithValuesInPairsToTheThirdProtocol) {
  execute({"HSET", "a", "f", "1"});
  Reply pair = Reply::array({Reply::bulk("f"), Reply::bulk("1")});

  EXPECT_EQ(execute({"HRANDFIELD", "a", "1", "WITHVALUES"}, {.door = Door::redis, .protocol = 3}),
            Reply::array({pair}));
  EXPECT_EQ(execute({"HRANDFIELD", "a", "1", "WITHVALUES"}, {.door = Door::redis}), pair);
}

TEST_F(Collections, NameTheKeysOfWhatTakesACountOfThem) {
  auto keys = [](const Command& command) {
    const CommandSpec* spec = find_command(command[0]);
    std::vector<std::string> found;
    for (std::size_t at : key_positions(*spec, std::span(command).subspan(1))) found.push_back(command[1 + at]);
    return found;
  };
  using Keys = std::vector<std::string>;

  EXPECT_EQ(keys({"LMPOP", "2", "a", "b", "LEFT"}), (Keys{"a", "b"}));
  EXPECT_EQ(keys({"BLMPOP", "0", "2", "a", "b", "LEFT"}), (Keys{"a", "b"}));
  EXPECT_EQ(keys({"BLPOP", "a", "b", "0"}), (Keys{"a", "b"}));
  EXPECT_EQ(keys({"BLMOVE", "a", "b", "LEFT", "LEFT", "0"}), (Keys{"a", "b"}));
  EXPECT_EQ(keys({"SINTERCARD", "1", "a", "LIMIT", "1"}), (Keys{"a"}));
  EXPECT_EQ(keys({"SMOVE", "a", "b", "m"}), (Keys{"a", "b"}));
  EXPECT_EQ(keys({"SUNIONSTORE", "a", "b", "c"}), (Keys{"a", "b", "c"}));
}

}  // namespace
}  // namespace millrace::store
