#include "store/embedded/embedded_store.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "kv/faulty/faulty_engine.h"
#include "kv/testing.h"
#include "store/embedded/rows.h"
#include "store/store_contract.h"

namespace millrace::store {
namespace {

class EmbeddedUnderTest : public StoreUnderTest {
 public:
  Store& store() override { return store_; }

 private:
  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
};

INSTANTIATE_TEST_SUITE_P(Embedded, StoreContract, testing::Values([]() -> std::unique_ptr<StoreUnderTest> {
                           return std::make_unique<EmbeddedUnderTest>();
                         }));

std::map<std::string, std::string> rows_of(Home& home) {
  std::map<std::string, std::string> all;
  auto keep = [&](std::string_view key, std::string_view value) {
    all.emplace(key, value);
    return Visit::more;
  };
  home.open_blocking()->scan({}, Direction::ascending, keep).value();
  return all;
}

class EmbeddedStoreTest : public testing::Test {
 protected:
  EmbeddedStoreTest() : database_(take_now(store_.create_database("shop")).value()) {}

  std::map<std::string, std::string> rows() {
    memory_.homes().end_tick();  // reclaims
    return rows_of(memory_.home());
  }
  std::size_t count(const KeyRange& range) {
    std::size_t found = 0;
    for (const auto& row : rows()) found += row.first >= range.begin && row.first < range.end ? 1 : 0;
    return found;
  }
  Reply execute(Command command) { return take_now(store_.execute(database_, {std::move(command)})).value().at(0); }
  std::unique_ptr<Unit> open() { return memory_.home().open(); }
  void commit(std::unique_ptr<Unit> unit) { take_now(memory_.home().commit(std::move(unit))).value(); }

  static Command add_many(const std::string& key, int count) {
    Command add{"SADD", key};
    for (int i = 0; i < count; ++i) add.push_back(std::to_string(i));
    return add;
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_;
};

TEST_F(EmbeddedStoreTest, SeesInAUnitWhatTheUnitWrote) {
  auto unit = open();
  store_.stage(*unit, database_, Command{"SET", "a", "1"}).value();
  store_.stage(*unit, database_, add_many("set", 500)).value();

  EXPECT_EQ(store_.stage(*unit, database_, Command{"INCR", "a"}).value(), Reply::of(2));
  EXPECT_EQ(store_.stage(*unit, database_, Command{"SMEMBERS", "set"}).value().elements.size(), 500u);
  EXPECT_EQ(store_.stage(*unit, database_, Command{"DBSIZE"}).value(), Reply::of(2));
}

TEST_F(EmbeddedStoreTest, ADroppedUnitLeavesNothing) {
  execute({"SET", "a", "1"});
  execute(add_many("set", 500));
  auto before = rows();
  {
    auto unit = open();
    std::vector<Command> commands{
        {"SET", "a", "2"}, {"DEL", "set"}, add_many("other", 500), {"FLUSHDB"}, {"SET", "b", "3"}};
    store_.stage(*unit, database_, commands).value();
    store_.stage_create_database(*unit, "blog").value();
    store_.add_keyspace(*unit, database_).value();
  }

  EXPECT_EQ(rows(), before);
  EXPECT_EQ(execute({"DBSIZE"}), Reply::of(2));
}

TEST_F(EmbeddedStoreTest, DeletingALargeSetWritesFewRowsAndReclaimsTheRest) {
  execute(add_many("set", 1000));
  EXPECT_EQ(count(all_elements(database_, {0})), 1000u);

  execute({"DEL", "set"});
  EXPECT_EQ(count(all_elements(database_, {0})), 0u);
  EXPECT_EQ(count(unlinked_rows()), 0u);
}

TEST_F(EmbeddedStoreTest, FlushingReclaimsEverythingOfTheKeyspace) {
  std::size_t empty = rows().size();
  execute(add_many("set", 1000));
  execute({"SET", "a", "1"});

  execute({"FLUSHDB"});
  EXPECT_EQ(rows().size(), empty);
}

TEST_F(EmbeddedStoreTest, GoesOnReclaimingWhatAnEarlierProcessUnlinked) {
  execute(add_many("set", 1000));
  auto unit = open();
  unit->put(unlinked_key({database_, {0}, 1}), "");
  unit->put(unlinked_key({database_, {9}, std::nullopt}), "");
  unit->put(keys_prefix(database_, {9}) + "key", "\1text");
  commit(std::move(unit));

  take_now(store_.resume_reclaiming()).value();
  EXPECT_EQ(count(all_elements(database_, {0})), 0u);
  EXPECT_EQ(count(prefix_range(keys_prefix(database_, {9}))), 0u);
  EXPECT_EQ(count(unlinked_rows()), 0u);
}

TEST_F(EmbeddedStoreTest, FillsAKeyspaceBesideTheCurrentOneAndSwitches) {
  execute({"SET", "a", "old"});
  execute(add_many("set", 500));
  auto unit = open();
  KeyspaceId built = store_.add_keyspace(*unit, database_).value();
  store_.stage(*unit, {database_, built}, Command{"SET", "a", "new"}).value();
  commit(std::move(unit));
  EXPECT_EQ(execute({"GET", "a"}).text, "old");
  EXPECT_EQ(execute({"DBSIZE"}), Reply::of(2));

  unit = open();
  EXPECT_EQ(store_.keyspaces(*unit, database_).value(), (std::vector<KeyspaceId>{{0}, built}));
  store_.make_current(*unit, database_, built).value();
  commit(std::move(unit));
  EXPECT_EQ(execute({"GET", "a"}).text, "new");
  EXPECT_EQ(execute({"DBSIZE"}), Reply::of(1));
  EXPECT_EQ(count(prefix_range(keys_prefix(database_, {0}))), 0u);
  EXPECT_EQ(count(all_elements(database_, {0})), 0u);
}

TEST_F(EmbeddedStoreTest, AbandonsAKeyspaceThatIsNotCurrent) {
  auto unit = open();
  KeyspaceId built = store_.add_keyspace(*unit, database_).value();
  store_.stage(*unit, {database_, built}, Command{"SET", "a", "new"}).value();
  commit(std::move(unit));
  unit = open();
  EXPECT_EQ(store_.abandon(*unit, database_, {0}).error().code, ErrorCode::not_found);
  store_.abandon(*unit, database_, built).value();
  commit(std::move(unit));

  unit = open();
  EXPECT_EQ(store_.stage(*unit, {database_, built}, Command{"GET", "a"}).error(),
            (Error{ErrorCode::not_found, "database 1 has no keyspace 1"}));
  EXPECT_NE(store_.add_keyspace(*unit, database_).value(), built);
  EXPECT_EQ(count(prefix_range(keys_prefix(database_, built))), 0u);
}

TEST_F(EmbeddedStoreTest, RefusesToFlushAKeyspaceThatIsBeingBuilt) {
  auto unit = open();
  KeyspaceId built = store_.add_keyspace(*unit, database_).value();

  EXPECT_EQ(store_.stage(*unit, {database_, built}, Command{"FLUSHDB"}).value(),
            Reply::error("ERR a keyspace being built cannot be flushed"));
}

TEST_F(EmbeddedStoreTest, CopiesKeysOfAnyTypeToAnotherKeyspace) {
  execute({"SET", "text", "a\xff"});
  execute({"SADD", "small", "b", "a"});
  execute(add_many("large", 500));
  execute({"HSET", "hash", "f", "1", "e", "2"});
  auto unit = open();
  KeyspaceId built = store_.add_keyspace(*unit, database_).value();
  store_.stage(*unit, {database_, built}, add_many("small", 500)).value();

  auto keys = store_.keys(*unit, database_, std::nullopt, 100).value();
  EXPECT_EQ(keys, (std::vector<std::string>{"hash", "large", "small", "text"}));
  EXPECT_EQ(store_.keys(*unit, database_, "large", 1).value(), (std::vector<std::string>{"small"}));
  for (const std::string& key : keys) {
    std::string dumped = store_.dump(*unit, database_, key).value().value();
    store_.load(*unit, {database_, built}, key, dumped).value();

    EXPECT_EQ(store_.dump(*unit, {database_, built}, key).value(), dumped) << key;
  }
  EXPECT_EQ(store_.stage(*unit, {database_, built}, Command{"DBSIZE"}).value(), Reply::of(4));
  EXPECT_EQ(store_.dump(*unit, database_, "nothing").value(), std::nullopt);
}

TEST_F(EmbeddedStoreTest, DumpsEqualContentAsEqualBytesWhateverItsPast) {
  execute(add_many("once", 10));
  execute(add_many("grown", 500));
  for (int i = 499; i >= 10; --i) execute({"SREM", "grown", std::to_string(i)});
  auto unit = open();

  EXPECT_EQ(store_.dump(*unit, database_, "once").value(), store_.dump(*unit, database_, "grown").value());
}

TEST_F(EmbeddedStoreTest, RefusesToLoadWhatIsNoDump) {
  execute({"SET", "a", "1"});
  auto unit = open();
  for (std::string_view bytes : {"", "\x02",
                                 "\x02\x05"
                                 "a",
                                 "\x03\x01"
                                 "a",
                                 "\x09"
                                 "a",
                                 "\x02\x01"
                                 "b\x00\x01"
                                 "a"}) {
    EXPECT_EQ(store_.load(*unit, database_, "a", bytes).error().code, ErrorCode::corrupt);
  }
  EXPECT_EQ(store_.stage(*unit, database_, Command{"GET", "a"}).value().text, "1");
}

TEST_F(EmbeddedStoreTest, NamesTheKeyThatCannotBeRead) {
  auto unit = open();
  unit->put(keys_prefix(database_, {0}) + "a", "\xee");
  unit->put(keys_prefix(database_, {0}) + "b", "\x02\x05");

  EXPECT_EQ(store_.stage(*unit, database_, Command{"GET", "a"}).error(),
            (Error{ErrorCode::corrupt, "the row of key 'a' cannot be read"}));
  EXPECT_EQ(store_.stage(*unit, database_, Command{"SADD", "b", "x"}).error(),
            (Error{ErrorCode::corrupt, "the elements of key 'b' cannot be read"}));
}

TEST_F(EmbeddedStoreTest, ACursorOfAnotherKeyspaceBeginsAgain) {
  for (int i = 0; i < 30; ++i) execute({"SET", "key" + std::to_string(i), "v"});
  std::string cursor = execute({"SCAN", "0"}).elements[0].text;
  execute({"FLUSHDB"});
  execute({"SET", "a", "v"});

  Reply page = execute({"SCAN", cursor});
  EXPECT_EQ(page.elements[0].text, "0");
  EXPECT_EQ(page.elements[1].elements.size(), 1u);
}

// On an engine that fails when asked to; ticks are ended as a reactor would.
class EmbeddedStoreFailures : public testing::Test {
 protected:
  template <class T>
  T run(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T done) { value.emplace(std::move(done)); });
    for (int tick = 0; !value && tick < 10; ++tick) homes_.end_tick();
    return std::move(value.value());
  }
  Result<std::vector<Reply>> execute(std::vector<Command> commands) {
    return run(store_.execute(database_, std::move(commands)));
  }

  kv::FaultyEngine engine_{kv::make_memory_engine()};
  kv::Homes homes_{engine_, nullptr, {}};
  std::unique_ptr<Home> home_ = homes_.make_home();
  EmbeddedStore store_{*home_};
  DatabaseId database_ = run(store_.create_database("shop")).value();
};

TEST_F(EmbeddedStoreFailures, AWriteThatFailsLeavesNothing) {
  Command large{"SADD", "large"};
  for (int i = 0; i < 300; ++i) large.push_back(std::to_string(i));
  execute({{"SET", "a", "1"}, {"SADD", "small", "s"}, large}).value();
  auto before = rows_of(*home_);
  const std::vector<Command> commands{
      {"SET", "a", "2"}, {"SADD", "small", "x"}, {"DEL", "large"}, {"HSET", "h", "f", "v"}, {"INCR", "count"}};

  engine_.fail_always(kv::FaultyEngine::Call::write);
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(execute(commands).error().code, ErrorCode::unavailable);
    EXPECT_EQ(execute({{"GET", "a"}, {"DBSIZE"}, {"SCARD", "large"}, {"SMEMBERS", "small"}}).value(),
              (std::vector<Reply>{Reply::bulk(std::string("1")), Reply::of(3), Reply::of(300),
                                  Reply::set({Reply::bulk(std::string("s"))})}));
  }
  EXPECT_EQ(rows_of(*home_), before);

  engine_.fail(kv::FaultyEngine::Call::write, 0);
  EXPECT_EQ(execute(commands).value()[4], Reply::of(1));
  EXPECT_EQ(execute({{"EXISTS", "large"}, {"GET", "a"}}).value()[0], Reply::of(0));
}

// Fails the first, second, third … read of the engine until the transaction passes.
TEST_F(EmbeddedStoreFailures, AReadThatFailsEndsTheTransaction) {
  bool passed = false;
  for (std::uint64_t nth = 1; !passed; ++nth) {
    ASSERT_LT(nth, 100u);
    std::string fresh = "key" + std::to_string(nth);  // known to no cache
    engine_.fail(kv::FaultyEngine::Call::read, nth);
    auto replies = execute({{"SET", fresh, "1"}, {"SADD", fresh + "s", "x"}, {"KEYS", "*"}});
    engine_.fail(kv::FaultyEngine::Call::read, 0);

    passed = replies.has_value();
    if (passed) continue;
    EXPECT_EQ(replies.error().code, ErrorCode::unavailable);
    EXPECT_EQ(execute({{"EXISTS", fresh, fresh + "s"}}).value()[0], Reply::of(0));
  }
}

// Units see memory only, which forgot everything; what they miss is fetched in the background.
TEST(EmbeddedStoreCold, RowsThatAreNotInMemoryAreFetched) {
  kv::FaultyEngine engine(kv::make_memory_engine());
  std::vector<std::function<void()>> posted;
  auto post = [&](std::function<void()> call) { posted.push_back(std::move(call)); };
  kv::Homes homes(engine, nullptr, {.row_cache_bytes = 0, .range_cache_bytes = 0, .post = post, .on_background = post});
  auto home = homes.make_home();
  EmbeddedStore store(*home);
  auto run = [&](auto work) {
    std::optional<decltype(take_now(std::move(work)))> value;
    start(std::move(work), [&](auto done) { value.emplace(std::move(done)); });
    for (int tick = 0; !value && tick < 100; ++tick) {
      homes.end_tick();
      for (auto& call : std::exchange(posted, {})) call();
    }
    return std::move(value.value());
  };
  DatabaseId database = run(store.create_database("shop")).value();
  run(store.execute(database, {{"SET", "a", "1"}, {"SADD", "s", "x"}})).value();

  engine.forget_memory();
  auto replies = run(store.execute(database, {{"INCR", "a"}, {"SADD", "s", "y"}, {"KEYS", "*"}})).value();
  EXPECT_GT(homes.stats().fetches, 0u);
  EXPECT_EQ(replies[0], Reply::of(2));
  EXPECT_EQ(replies[1], Reply::of(1));
  EXPECT_EQ(replies[2].elements.size(), 2u);
}

TEST(Expiry, AKeyIsGoneAtItsTimeAndReclaimedLater) {
  kv::MemoryHome memory;
  Timestamp now{std::chrono::milliseconds(1'000)};
  EmbeddedStore store(memory.home(), [&] { return now; });
  DatabaseId database = take_now(store.create_database("shop")).value();
  auto keep = [&](std::int64_t expires_at) {
    auto unit = memory.home().open();
    KeyRow row{.type = Type::string, .expires_at = expires_at};
    std::string head, dumped;
    encode(row, head);
    append_sized(dumped, head);
    append_sized(dumped, "value");
    store.load(*unit, database, "key", dumped).value();
    take_now(memory.home().commit(std::move(unit))).value();
  };
  auto reply = [&](Command command) { return take_now(store.execute(database, {std::move(command)})).value().at(0); };
  keep(2'000);

  EXPECT_FALSE(take_now(store.expire_due()).value());
  EXPECT_EQ(reply({"GET", "key"}), Reply::bulk("value"));
  now = Timestamp(std::chrono::milliseconds(2'000));
  EXPECT_EQ(reply({"GET", "key"}), Reply::nil());
  EXPECT_EQ(reply({"DBSIZE"}), Reply::of(1));
  EXPECT_FALSE(take_now(store.expire_due()).value());
  EXPECT_EQ(reply({"DBSIZE"}), Reply::of(0));
  for (const auto& [key, value] : rows_of(memory.home())) EXPECT_FALSE(key.starts_with("sx")) << key;
}

TEST(Expiry, AWriteOfAnExpiredKeyBeginsAnew) {
  kv::MemoryHome memory;
  Timestamp now{std::chrono::milliseconds(1'000)};
  EmbeddedStore store(memory.home(), [&] { return now; });
  DatabaseId database = take_now(store.create_database("shop")).value();
  auto unit = memory.home().open();
  KeyRow row{.type = Type::string, .expires_at = 1'500};
  std::string head, dumped;
  encode(row, head);
  append_sized(dumped, head);
  append_sized(dumped, "41");
  store.load(*unit, database, "key", dumped).value();
  take_now(memory.home().commit(std::move(unit))).value();
  now = Timestamp(std::chrono::milliseconds(1'600));

  EXPECT_EQ(take_now(store.execute(database, {{"INCR", "key"}})).value().at(0), Reply::of(1));
  EXPECT_EQ(take_now(store.execute(database, {{"DBSIZE"}})).value().at(0), Reply::of(1));
  take_now(store.expire_due()).value();
  EXPECT_EQ(take_now(store.execute(database, {{"GET", "key"}})).value().at(0), Reply::bulk("1"));
}

}  // namespace
}  // namespace millrace::store
