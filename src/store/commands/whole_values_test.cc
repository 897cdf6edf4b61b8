// What becomes of whole values, small and large, of all types: moved, copied, dumped, restored, iterated over; and what
// listeners are told.

#include <gtest/gtest.h>
#include <set>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

struct Listener final : Subscriber {
  void deliver(const Message& message) override {
    heard.push_back(std::string(message.channel) + " " + std::string(message.payload));
  }

  std::vector<std::string> heard{};
};

class WholeValues : public testing::Test {
 protected:
  WholeValues()
      : store_(memory_.home(), [this] { return now_; }), database_(take_now(store_.create_database("shop")).value()) {}

  Reply execute(Command command) { return take_now(store_.execute(database_, {std::move(command)})).value().at(0); }
  std::string dump(const std::string& key) { return execute({"DUMP", key}).text; }

  void fill(const std::string& prefix, int count) {
    execute({"SET", prefix + "string", std::string(static_cast<std::size_t>(count), 'x')});
    for (int i = 0; i < count; ++i) {
      std::string text = std::to_string(i * 37);
      execute({"RPUSH", prefix + "list", text});
      execute({"SADD", prefix + "set", text});
      execute({"HSET", prefix + "hash", text, "v" + text});
      execute({"ZADD", prefix + "sorted", std::to_string(i * 7 % 101), text});
      execute({"XADD", prefix + "stream", std::to_string(i + 1) + "-1", "field", text});
    }
    execute({"HPEXPIRE", prefix + "hash", "5000", "FIELDS", "1", "0"});
    execute({"XGROUP", "CREATE", prefix + "stream", "readers", "0"});
    execute({"XREADGROUP", "GROUP", "readers", "ada", "COUNT", "3", "STREAMS", prefix + "stream", ">"});
    execute({"JSON.SET", prefix + "json", "$", "{\"count\":" + std::to_string(count) + "}"});
  }

  static constexpr const char* names[] = {"string", "list", "set", "hash", "sorted", "stream", "json"};

  Timestamp now_{std::chrono::milliseconds(1'700'000'000'000)};
  kv::MemoryHome memory_;
  EmbeddedStore store_;
  DatabaseId database_;
};

TEST_F(WholeValues, ComeBackFromTheirDumps) {
  for (int count : {3, 300}) {
    fill("a:", count);
    for (std::string name : names) {
      std::string dumped = dump("a:" + name);

      EXPECT_EQ(execute({"RESTORE", "b:" + name, "0", dumped}), Reply::ok()) << name;
      EXPECT_EQ(execute({"TYPE", "b:" + name}), execute({"TYPE", "a:" + name}));
      EXPECT_EQ(dump("b:" + name), dumped) << name << " of " << count;
    }
    EXPECT_EQ(execute({"XPENDING", "b:stream", "readers"}), execute({"XPENDING", "a:stream", "readers"}));
    execute({"FLUSHALL"});
  }
}

TEST_F(WholeValues, AreTheSameUnderAnotherName) {
  for (int count : {3, 300}) {
    fill("a:", count);
    fill("c:", 200);  // which is replaced
    for (std::string name : names) {
      std::string dumped = dump("a:" + name);
      EXPECT_EQ(execute({"COPY", "a:" + name, "b:" + name}), Reply::of(1));
      EXPECT_EQ(execute({"RENAME", "a:" + name, "c:" + name}), Reply::ok());

      EXPECT_EQ(dump("b:" + name), dumped) << name << " of " << count;
      EXPECT_EQ(dump("c:" + name), dumped) << name << " of " << count;
      EXPECT_EQ(execute({"EXISTS", "a:" + name}), Reply::of(0));
    }
    EXPECT_EQ(execute({"DBSIZE"}), Reply::of(2 * static_cast<std::int64_t>(std::size(names))));
    execute({"RPUSH", "b:list", "more"});
    EXPECT_EQ(execute({"LLEN", "c:list"}), Reply::of(count));
    execute({"FLUSHALL"});
  }
}

TEST_F(WholeValues, HaveFieldsThatExpireUnderTheirNewName) {
  for (int count : {3, 300}) {
    fill("a:", count);
    execute({"RENAME", "a:hash", "b:hash"});
    execute({"COPY", "b:hash", "c:hash"});
    execute({"RESTORE", "d:hash", "0", dump("b:hash")});
    auto unit = memory_.home().open();
    auto bytes = store_.dump(*unit, database_, "b:hash").value();
    store_.load(*unit, database_, "e:hash", *bytes).value();
    take_now(memory_.home().commit(std::move(unit))).value();
    now_ += std::chrono::milliseconds(6000);
    while (take_now(store_.expire_due()).value()) {
    }

    for (std::string key : {"b:hash", "c:hash", "d:hash", "e:hash"})
      EXPECT_EQ(execute({"HLEN", key}), Reply::of(count - 1));
    execute({"FLUSHALL"});
  }
}

// All that an iteration gives, with how many calls it took.
struct Iterated {
  std::multiset<std::string> texts{};
  int calls = 0;
};

TEST_F(WholeValues, AreIteratedOverToTheEnd) {
  fill("a:", 300);
  for (auto [command, key, texts] :
       {std::tuple{"SSCAN", "a:set", 300u}, {"HSCAN", "a:hash", 600u}, {"ZSCAN", "a:sorted", 600u}}) {
    Iterated all;
    std::string cursor = "0";
    do {
      Reply reply = execute({command, key, cursor, "COUNT", "25"});
      cursor = reply.elements.at(0).text;
      for (const Reply& element : reply.elements.at(1).elements) all.texts.insert(element.text);
      ++all.calls;
      execute({"SREM", "a:set", "nothing"});
    } while (cursor != "0");

    EXPECT_EQ(all.texts.size(), texts) << command;
    EXPECT_EQ(all.calls, 12) << command;
  }
}

TEST_F(WholeValues, TellTheirListenersWhatHappened) {
  Listener listener;
  store_.live().pubsub.subscribe(database_, Subscription::pattern, "__key*__:*", listener);
  execute({"CONFIG", "SET", "notify-keyspace-events", "EAmn"});
  auto heard = [&](Command command) {
    listener.heard.clear();
    execute(std::move(command));
    return listener.heard;
  };
  using Heard = std::vector<std::string>;

  EXPECT_EQ(heard({"SET", "a", "1", "EX", "10"}),
            (Heard{"__keyevent@0__:new a", "__keyevent@0__:set a", "__keyevent@0__:expire a"}));
  EXPECT_EQ(heard({"INCR", "a"}), (Heard{"__keyevent@0__:incrby a"}));
  EXPECT_EQ(heard({"PERSIST", "a"}), (Heard{"__keyevent@0__:persist a"}));
  EXPECT_EQ(heard({"RENAME", "a", "b"}),
            (Heard{"__keyevent@0__:new b", "__keyevent@0__:rename_from a", "__keyevent@0__:rename_to b"}));
  EXPECT_EQ(heard({"COPY", "b", "c"}), (Heard{"__keyevent@0__:new c", "__keyevent@0__:copy_to c"}));
  EXPECT_EQ(heard({"GET", "nothing"}), (Heard{"__keyevent@0__:keymiss nothing"}));
  EXPECT_EQ(heard({"EXPIRE", "b", "-1"}), (Heard{"__keyevent@0__:del b"}));
  EXPECT_EQ(heard({"GETDEL", "c"}), (Heard{"__keyevent@0__:del c"}));
  execute({"SET", "d", "1", "PX", "10"});
  now_ += std::chrono::milliseconds(20);
  listener.heard.clear();
  take_now(store_.expire_due()).value();
  EXPECT_EQ(listener.heard, (Heard{"__keyevent@0__:expired d"}));
  store_.live().pubsub.unsubscribe(database_, Subscription::pattern, "__key*__:*", listener);
}

TEST_F(WholeValues, ArePublishedToThoseWhoListen) {
  Listener listener;
  store_.live().pubsub.subscribe(database_, Subscription::channel, "news", listener);
  store_.live().pubsub.subscribe(database_, Subscription::pattern, "n*", listener);

  EXPECT_EQ(execute({"PUBLISH", "news", "hello"}), Reply::of(2));
  EXPECT_EQ(listener.heard, (std::vector<std::string>{"news hello", "news hello"}));
  EXPECT_EQ(execute({"PUBSUB", "NUMPAT"}), Reply::of(1));
  EXPECT_EQ(execute({"PUBSUB", "CHANNELS"}), Reply::array({Reply::bulk("news")}));
  store_.live().pubsub.unsubscribe(database_, Subscription::channel, "news", listener);
  store_.live().pubsub.unsubscribe(database_, Subscription::pattern, "n*", listener);
}

TEST_F(WholeValues, AreCountedWhenTheyAreFoundOrMissed) {
  execute({"SET", "a", "1"});
  execute({"GET", "a"});
  execute({"GET", "b"});
  execute({"INCR", "a"});
  execute({"LPUSH", "a", "x"});
  const Counts& counts = store_.live().counts;

  EXPECT_EQ(counts.keyspace_hits, 1u);
  EXPECT_EQ(counts.keyspace_misses, 1u);
  EXPECT_EQ(counts.errors, 1u);
  std::string stats = execute({"INFO", "commandstats", "errorstats"}).text;
  EXPECT_NE(stats.find("cmdstat_get:calls=2,"), stats.npos) << stats;
  EXPECT_NE(stats.find("errorstat_WRONGTYPE:count=1\r\n"), stats.npos) << stats;
  execute({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(counts.keyspace_hits, 0u);
}

TEST_F(WholeValues, AreIdleUntilTheyAreUsed) {
  execute({"SET", "a", "1"});
  now_ += std::chrono::seconds(10);
  execute({"TTL", "a"});
  EXPECT_EQ(execute({"OBJECT", "IDLETIME", "a"}), Reply::of(10));
  execute({"GET", "a"});
  EXPECT_EQ(execute({"OBJECT", "IDLETIME", "a"}), Reply::of(0));
}

TEST_F(WholeValues, ThatAreThereChangeForTheirWatchersWhenAllIsFlushed) {
  execute({"SET", "there", "1"});
  WatchedKeys::Watch there(store_.live().watched);
  WatchedKeys::Watch missing(store_.live().watched);
  there.add(database_, "there");
  missing.add(database_, "missing");
  execute({"FLUSHALL"});

  EXPECT_TRUE(there.written());
  EXPECT_FALSE(missing.written());
}

TEST_F(WholeValues, AreChosenAtRandomAmongFewAndMany) {
  for (int count : {10, 3000}) {
    for (int i = 0; i < count; ++i) execute({"SET", "key:" + std::to_string(i), "1"});
    std::set<std::string> chosen;
    for (int i = 0; i < 300; ++i) {
      std::string key = execute({"RANDOMKEY"}).text;
      EXPECT_TRUE(key.starts_with("key:")) << key;
      chosen.insert(key);
    }
    EXPECT_GE(chosen.size(), count == 10 ? 10u : 100u);
  }
}

}  // namespace
}  // namespace millrace::store
