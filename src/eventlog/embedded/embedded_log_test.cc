#include "eventlog/embedded/embedded_log.h"

#include <gtest/gtest.h>

#include "eventlog/event_log_contract_topics.h"
#include "kv/faulty/faulty_engine.h"
#include "kv/testing.h"

namespace millrace::eventlog {
namespace {

class EmbeddedUnderTest : public LogUnderTest {
 public:
  EventLog& log() override { return log_; }

 private:
  kv::MemoryHome memory_;
  EmbeddedLog log_{memory_.home()};
};

INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract, testing::Values([]() -> std::unique_ptr<LogUnderTest> {
                           return std::make_unique<EmbeddedUnderTest>();
                         }));

class EmbeddedLogTest : public testing::Test {
 protected:
  EmbeddedLogTest() { take_now(log_.create("orders", {})).value(); }

  // Every row there is, as one value that can be compared.
  std::map<std::string, std::string> rows() {
    std::map<std::string, std::string> all;
    memory_.home()
        .open()
        ->scan({}, Direction::ascending,
               [&](std::string_view key, std::string_view value) {
                 all.emplace(key, value);
                 return Visit::more;
               })
        .value();
    return all;
  }

  Timestamp now_{std::chrono::milliseconds(1000)};
  kv::MemoryHome memory_;
  EmbeddedLog log_{memory_.home(), {.clock = [this] { return now_; }}};
};

TEST_F(EmbeddedLogTest, SeesInAUnitWhatTheUnitAppended) {
  auto unit = memory_.home().open();
  log_.stage(*unit, "orders", keyed("7", "a")).value();

  EXPECT_EQ(log_.stage(*unit, "orders", keyed("7", "b", Expected::exactly(1))).value().offset, 1u);
  EXPECT_EQ(log_.read(*unit, "orders", 0, 0, {}).value().records.size(), 2u);
  EXPECT_EQ(log_.key_version(*unit, "orders", "7").value(), 2u);
}

TEST_F(EmbeddedLogTest, ADroppedUnitLeavesNothing) {
  auto before = rows();
  {
    auto unit = memory_.home().open();
    NewRecord record = keyed("7", "a");
    record.idempotency_key = "once";
    log_.stage(*unit, "orders", record).value();
    log_.stage_create(*unit, "other", {}).value();
  }

  EXPECT_EQ(rows(), before);
  EXPECT_EQ(take_now(log_.append("orders", {keyed("7", "b", Expected::none())})).value()[0].offset, 0u);
}

TEST_F(EmbeddedLogTest, AFailedAppendLeavesTheRestOfTheUnit) {
  auto unit = memory_.home().open();
  log_.stage(*unit, "orders", keyed("7", "a")).value();
  std::vector<NewRecord> records{keyed("8", "b"), keyed("7", "c", Expected::none())};
  EXPECT_FALSE(log_.stage(*unit, "orders", records));
  take_now(memory_.home().commit(std::move(unit))).value();

  auto batch = take_now(log_.read("orders", 0, 0, {})).value();
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].value, "a");
}

TEST_F(EmbeddedLogTest, TakesTheTimeFromItsClock) {
  EXPECT_EQ(take_now(log_.append("orders", {keyed("7", "a")})).value()[0].timestamp, now_);
  EXPECT_EQ(take_now(log_.show("orders")).value().created, now_);
}

TEST_F(EmbeddedLogTest, ForgetsIdempotencyKeysAfterTheWindow) {
  NewRecord record{.value = "a", .idempotency_key = "once"};
  take_now(log_.append("orders", {record})).value();

  now_ += std::chrono::days{7} - std::chrono::milliseconds{1};
  EXPECT_TRUE(take_now(log_.append("orders", {record})).value()[0].repeated);
  now_ += std::chrono::milliseconds{1};
  EXPECT_FALSE(take_now(log_.append("orders", {record})).value()[0].repeated);
  EXPECT_TRUE(take_now(log_.append("orders", {record})).value()[0].repeated);
}

TEST_F(EmbeddedLogTest, AnotherLogOnTheSameRowsGoesOn) {
  take_now(log_.append("orders", {keyed("7", "a")})).value();
  EmbeddedLog again(memory_.home());

  EXPECT_EQ(take_now(again.append("orders", {keyed("7", "b", Expected::exactly(1))})).value()[0].offset, 1u);
  EXPECT_EQ(take_now(again.read("orders", 0, 0, {})).value().records.size(), 2u);
}

TEST_F(EmbeddedLogTest, NamesTheRecordThatCannotBeRead) {
  take_now(log_.append("orders", {keyed("7", "a"), keyed("7", "b")})).value();
  auto unit = memory_.home().open();
  unit->put(record_key(1, 0, 1), "damaged");

  EXPECT_EQ(log_.read(*unit, "orders", 0, 0, {}).error(),
            (Error{ErrorCode::corrupt, "offset 1 of partition 0: a stored record has an unknown format"}));
  EXPECT_EQ(log_.read_key(*unit, "orders", "7", 1, Direction::ascending, {}).error().code, ErrorCode::corrupt);
  EXPECT_EQ(log_.read(*unit, "orders", 0, 0, {.records_max = 1}).value().records.size(), 1u);
}

// A home whose commits become durable only when the test ends the tick.
class UnsyncedLogTest : public testing::Test {
 protected:
  UnsyncedLogTest() {
    start(log_.create("orders", {}), [](auto) {});
    homes_.end_tick();
  }

  std::unique_ptr<kv::Engine> engine_ = kv::make_memory_engine();
  kv::Homes homes_{*engine_, nullptr, {.durability = kv::Durability::always, .ticks = kv::Ticks::ended_by_reactor}};
  std::unique_ptr<Home> home_ = homes_.make_home();
  EmbeddedLog log_{*home_};
};

TEST_F(UnsyncedLogTest, AnswersNoReaderBeforeTheRecordIsDurable) {
  bool appended = false;
  std::optional<Batch> seen;
  start(log_.append("orders", {keyed("7", "a")}), [&](auto) { appended = true; });
  start(log_.read("orders", 0, 0, {}), [&](Result<Batch> batch) { seen = batch.value(); });
  EXPECT_FALSE(appended || seen);

  homes_.end_tick();
  EXPECT_TRUE(appended);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->records.size(), 1u);
}

TEST_F(UnsyncedLogTest, ReadsOldRecordsWhileNewOnesWaitForTheirSync) {
  start(log_.append("orders", {keyed("7", "a")}), [](auto) {});
  homes_.end_tick();
  start(log_.append("orders", {keyed("7", "b")}), [](auto) {});
  std::optional<Batch> seen;
  start(log_.read("orders", 0, 0, {.records_max = 1}), [&](Result<Batch> batch) { seen = batch.value(); });

  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->bounds, (Bounds{0, 1}));
  homes_.end_tick();
}

TEST_F(UnsyncedLogTest, WakesNoFollowerBeforeTheRecordIsDurable) {
  std::optional<bool> early, late;
  start(log_.wait({{"orders", 0, 0}}, {}), [&](Result<bool> done) { early = done.value(); });
  start(log_.append("orders", {keyed("7", "a")}), [](auto) {});
  start(log_.wait({{"orders", 0, 0}}, {}), [&](Result<bool> done) { late = done.value(); });
  EXPECT_FALSE(early || late);

  homes_.end_tick();
  EXPECT_EQ(early, true);
  EXPECT_EQ(late, true);
}

// On an engine that fails when asked to; ticks are ended as a reactor would.
class LogFailuresTest : public testing::Test {
 protected:
  LogFailuresTest() { run(log_.create("orders", {.partitions = 2})).value(); }

  template <class T>
  T run(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T done) { value.emplace(std::move(done)); });
    for (int tick = 0; !value && tick < 10; ++tick) homes_.end_tick();
    return std::move(value.value());
  }

  kv::FaultyEngine engine_{kv::make_memory_engine()};
  kv::Homes homes_{engine_, nullptr, {}};
  std::unique_ptr<Home> home_ = homes_.make_home();
  EmbeddedLog log_{*home_};
};

TEST_F(LogFailuresTest, AWriteThatFailsLeavesNothingAndWakesNobody) {
  NewRecord record = keyed("7", "b", Expected::exactly(1));
  record.idempotency_key = "once";
  record.partition = 0;
  run(log_.append("orders", {{.key = "7", .value = "a", .partition = 0}})).value();
  std::optional<bool> woken;
  start(log_.wait({{"orders", 0, 1}}, {}), [&](Result<bool> done) { woken = done.value(); });

  engine_.fail_always(kv::FaultyEngine::Call::write);
  for (int attempt = 0; attempt < 3; ++attempt) {
    EXPECT_EQ(run(log_.append("orders", {record})).error().code, ErrorCode::unavailable);
    EXPECT_EQ(run(log_.key_version("orders", "7")).value(), 1u);
    EXPECT_EQ(run(log_.read("orders", 0, 0, {})).value().records.size(), 1u);
  }
  EXPECT_FALSE(woken);

  engine_.fail(kv::FaultyEngine::Call::write, 0);
  Appended at = run(log_.append("orders", {record})).value()[0];
  EXPECT_EQ(at.offset, 1u);
  EXPECT_EQ(at.version, 2u);
  EXPECT_FALSE(at.repeated);
  EXPECT_EQ(woken, true);
}

// Fails the first, second, third … read of the engine until the append passes.
TEST_F(LogFailuresTest, AReadThatFailsLeavesNothing) {
  bool passed = false;
  Offset appended = 0;
  for (std::uint64_t nth = 1; !passed; ++nth) {
    ASSERT_LT(nth, 100u);
    engine_.fail(kv::FaultyEngine::Call::read, nth);
    NewRecord record{.key = "k" + std::to_string(nth), .value = "v", .idempotency_key = std::to_string(nth)};
    record.partition = 1;
    auto at = run(log_.append("orders", {record, record}));
    engine_.fail(kv::FaultyEngine::Call::read, 0);

    passed = at.has_value();
    appended += passed ? 1 : 0;
    EXPECT_EQ(run(log_.bounds("orders", 1)).value(), (Bounds{0, appended}));
  }
}

}  // namespace
}  // namespace millrace::eventlog
