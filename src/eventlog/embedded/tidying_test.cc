#include <gtest/gtest.h>
#include <map>
#include <random>

#include "eventlog/embedded/embedded_log.h"
#include "eventlog/embedded/rows.h"
#include "kv/faulty/faulty_engine.h"
#include "kv/testing.h"

namespace millrace::eventlog {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

NewRecord keyed(std::string key, std::optional<std::string> value) {
  return {.key = std::move(key), .value = std::move(value), .partition = 0};
}

class TidyingTest : public testing::Test {
 protected:
  void create(TopicSettings settings) { take_now(log_.create("orders", settings)).value(); }
  Appended append(NewRecord record) { return take_now(log_.append("orders", {std::move(record)})).value().at(0); }
  void append(int count, std::size_t bytes = 100) {
    for (int i = 0; i < count; ++i) append({.value = std::string(bytes, 'v'), .partition = 0});
  }
  std::vector<Record> all(PartitionNumber partition = 0) {
    return take_now(log_.read("orders", partition, 0, {.records_max = 1'000'000, .bytes_max = 1 << 30}))
        .value()
        .records;
  }
  Bounds bounds() { return take_now(log_.bounds("orders", 0)).value(); }
  PartitionStatus status() { return take_now(log_.status("orders")).value().partitions.at(0); }
  void tidy() {
    now_ += milliseconds(1'000);
    while (take_now(log_.tidy()).value()) {
    }
  }
  std::size_t rows(KeyRange range = {}) {
    std::size_t count = 0;
    auto visit = [&](auto, auto) {
      ++count;
      return Visit::more;
    };
    memory_.home().open()->scan(range, Direction::ascending, visit).value();
    return count;
  }
  // Reclaims what a tick would.
  void settle() { memory_.homes().end_tick(); }

  Timestamp now_{hours(1'000'000)};
  kv::MemoryHome memory_;
  EmbeddedLog log_{memory_.home(), {.clock = [this] { return now_; }}};
};

TEST_F(TidyingTest, RemovesRecordsByTheTimeOfTheirAppend) {
  create({.retention_time = hours(1)});
  append({.value = "old", .timestamp = now_ + hours(100), .partition = 0});
  now_ += minutes(30);
  append({.value = "new", .timestamp = Timestamp(milliseconds(12345)), .partition = 0});

  tidy();
  EXPECT_EQ(all().size(), 2u);
  now_ += minutes(30);
  tidy();
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].value, "new");
  EXPECT_EQ(bounds(), (Bounds{1, 2}));
  now_ += minutes(30);
  tidy();
  EXPECT_EQ(bounds(), (Bounds{2, 2}));
  EXPECT_EQ(status(), (PartitionStatus{{2, 2}, 0, 0}));
  EXPECT_EQ(append({.value = "next", .partition = 0}).offset, 2u);
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(TidyingTest, KeepsNoMoreBytesThanItIsTold) {
  create({.retention_bytes = 100'000});
  append(5'000);
  tidy();

  EXPECT_GE(status().bytes, 100'000u);
  EXPECT_LT(status().bytes, 100'000u + 100'000u / 8 + 200);
  EXPECT_EQ(status().records, all().size());
  EXPECT_EQ(all().back().offset, 4'999u);
  EXPECT_EQ(all().front().offset, bounds().first);
  settle();
  EXPECT_EQ(rows(record_rows(1, 0, 0)), all().size());
}

TEST_F(TidyingTest, KeepsEverythingWithoutRetention) {
  create({});
  append(100);
  now_ += hours(1'000'000);
  tidy();

  EXPECT_EQ(all().size(), 100u);
}

TEST_F(TidyingTest, ForgetsAKeyWithItsLastRecord) {
  create({.retention_time = hours(1)});
  for (int i = 0; i < 70; ++i) append(keyed("gone", "v"));
  append(keyed("kept", "old"));
  now_ += minutes(59);
  append(keyed("kept", "new"));
  now_ += minutes(1);
  tidy();
  settle();

  EXPECT_EQ(take_now(log_.key_version("orders", "gone")).value(), 0u);
  EXPECT_EQ(take_now(log_.key_version("orders", "kept")).value(), 2u);
  auto history = take_now(log_.read_key("orders", "kept", 1, Direction::ascending, {})).value();
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(history[0].version, 2u);
  EXPECT_EQ(rows(version_rows(1, "gone", 0)), 0u);
}

TEST_F(TidyingTest, ReadsAKeyWhoseOldVersionsExpired) {
  create({.retention_time = hours(1)});
  for (int i = 0; i < 200; ++i) append(keyed("7", "old"));
  now_ += minutes(59);
  for (int i = 0; i < 200; ++i) append(keyed("7", "new"));
  now_ += minutes(1);
  tidy();

  auto history = take_now(log_.read_key("orders", "7", 1, Direction::ascending, {.records_max = 1'000})).value();
  ASSERT_FALSE(history.empty());
  for (std::size_t i = 0; i < history.size(); ++i) ASSERT_EQ(history[i].version, history[0].version + i);
  EXPECT_EQ(history.back().version, 400u);
  EXPECT_EQ(history.size(), all().size());
  EXPECT_EQ(take_now(log_.read_key("orders", "7", 400, Direction::descending, {.records_max = 1'000})).value().size(),
            history.size());
}

TEST_F(TidyingTest, WaitsForWhoHasYetToRead) {
  create({.retention_time = hours(1)});
  append(3);
  now_ += minutes(10);
  append(3);  // a segment of its own
  now_ += hours(2);
  Offset projected = 1;
  log_.add_hold([&](Unit&, std::string_view topic, PartitionNumber) -> Result<std::optional<Offset>> {
    return topic == "orders" ? std::optional(projected) : std::nullopt;
  });
  auto checkpoint = [&](Offset offset) {
    take_now(log_.set_checkpoint({"mailer", offset, TopicPartition{"orders", 0}}, {})).value();
  };
  auto commit = [&](Offset offset) {
    auto unit = memory_.home().open();
    unit->put(committed_key(1, 0, "group"), encode_offset(offset));
    take_now(memory_.home().commit(std::move(unit))).value();
  };
  checkpoint(6);
  tidy();
  EXPECT_EQ(bounds().first, 0u);
  projected = 6;
  checkpoint(2);
  tidy();
  EXPECT_EQ(bounds().first, 0u);
  checkpoint(6);
  commit(5);
  tidy();
  EXPECT_EQ(bounds().first, 3u);  // whole segments only
  take_now(log_.alter("orders", {.retention_time = hours(1), .unread_expires = true})).value();
  tidy();
  EXPECT_EQ(bounds().first, 6u);
}

TEST_F(TidyingTest, CompactsToTheLastRecordOfEachKey) {
  create({.cleanup = Cleanup::compact});
  for (int i = 0; i < 1'000; ++i) append(keyed(std::to_string(i % 10), std::to_string(i)));
  now_ += minutes(2);
  tidy();

  auto records = all();
  ASSERT_EQ(records.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(records[i].offset, 990 + i);
    EXPECT_EQ(records[i].version, 100u);
    EXPECT_EQ(take_now(log_.read_key("orders", *records[i].key, 1, Direction::ascending, {})).value(),
              std::vector{records[i]});
  }
  EXPECT_EQ(status().records, 10u);
  EXPECT_EQ(bounds(), (Bounds{0, 1'000}));
  EXPECT_EQ(append(keyed("3", "next")).version, 101u);
}

TEST_F(TidyingTest, KeepsTombstonesForADay) {
  create({.cleanup = Cleanup::compact});
  append(keyed("a", "1"));
  append(keyed("a", std::nullopt));
  append(keyed("b", std::nullopt));
  append(keyed("b", "again"));
  now_ += minutes(2);
  tidy();
  ASSERT_EQ(all().size(), 2u);
  EXPECT_FALSE(all()[0].value);

  now_ += hours(23);
  tidy();
  EXPECT_EQ(all().size(), 2u);
  now_ += hours(1);
  tidy();
  ASSERT_EQ(all().size(), 1u);
  EXPECT_EQ(all()[0].value, "again");
  EXPECT_EQ(take_now(log_.key_version("orders", "a")).value(), 0u);
  EXPECT_EQ(rows(grave_rows(1, 0)), 0u);
}

TEST_F(TidyingTest, CompactsOnlyWhatIsRead) {
  create({.cleanup = Cleanup::compact});
  for (int i = 0; i < 10; ++i) append(keyed("a", std::to_string(i)));
  now_ += minutes(2);
  take_now(log_.set_checkpoint({"mailer", 4, TopicPartition{"orders", 0}}, {})).value();
  tidy();

  EXPECT_EQ(all().front().offset, 3u);
  EXPECT_EQ(all().size(), 7u);
  take_now(log_.remove_checkpoint("mailer", {})).value();
  tidy();
  EXPECT_EQ(all().size(), 1u);
}

TEST_F(TidyingTest, ForgetsIdempotencyKeysWhoseWindowIsOver) {
  create({});
  for (int i = 0; i < 2'500; ++i) append({.value = "v", .idempotency_key = "request-" + std::to_string(i)});
  now_ += std::chrono::days(6);
  append({.value = "v", .idempotency_key = "young"});
  EXPECT_EQ(rows(idempotency_rows()), 2'501u);
  now_ += std::chrono::days(1);
  for (int i = 0; i < 5; ++i) tidy();

  EXPECT_EQ(rows(idempotency_rows()), 1u);
  EXPECT_TRUE(append({.value = "v", .idempotency_key = "young"}).repeated);
}

TEST_F(TidyingTest, ARemovedTopicLeavesNoRows) {
  std::size_t before = rows();
  create({.retention_bytes = 1'000});
  append(20);
  append({.key = "7", .value = "v", .idempotency_key = "once"});
  take_now(log_.remove("orders", InUse::stays)).value();
  settle();

  EXPECT_EQ(rows(), before + 1);  // the counter of topics
}

TEST_F(TidyingTest, GoesOnAfterACrashWithWhatWasUnlinked) {
  create({.retention_bytes = 10'000});
  append(500);
  auto unit = memory_.home().open();
  unit->erase(topic_key("orders"));
  unit->put(removed_key(1), "");
  unit->put(topic_key("other"), encode(TopicRow{2, {"other", {.retention_time = hours(1)}, now_}}));
  unit->put(record_key(2, 0, 3), "left over");
  PartitionRow row{.bounds = {10, 10}, .open_base = 10, .open = {.next = 10}};
  unit->put(partition_key(2, 0), encode(row));
  take_now(memory_.home().commit(std::move(unit))).value();

  tidy();
  settle();
  EXPECT_EQ(rows(record_rows(1, 0, 0)), 0u);
  EXPECT_EQ(rows(record_rows(2, 0, 0)), 0u);
  EXPECT_EQ(rows(removed_rows()), 0u);
}

TEST_F(TidyingTest, KeepsTheTopicOfAnApp) {
  create({});
  log_.claim("orders", "shop");

  EXPECT_EQ(take_now(log_.remove("orders", InUse::stays)).error(),
            (Error{ErrorCode::conflict, "topic 'orders' is in use by the app 'shop'"}));
  EXPECT_TRUE(take_now(log_.remove("orders", InUse::goes)));
}

// A plain model beside it: appends, time that passes, compaction and readers in any order.
TEST_F(TidyingTest, CompactionAgreesWithAModel) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 dice(seed);
  create({.partitions = 2, .cleanup = Cleanup::compact});
  std::map<std::string, Record> newest;
  std::map<std::pair<PartitionNumber, Offset>, Record> appended;
  for (int step = 0; step < 300; ++step) {
    for (unsigned i = 0; i < dice() % 30; ++i) {
      NewRecord record = keyed(std::to_string(dice() % 20), "v" + std::to_string(dice() % 1000));
      record.partition = dice() % 2;
      Appended at = append(record);
      Record kept{at.partition, at.offset, at.timestamp, at.version, record.key, record.value, {}, {}};
      newest[*record.key] = appended[{at.partition, at.offset}] = kept;
    }
    if (dice() % 3 == 0) now_ += minutes(1);
    if (dice() % 2 == 0) tidy();
    for (PartitionNumber partition : {0u, 1u}) {
      std::set<Offset> seen;
      for (const Record& record : all(partition)) {
        seen.insert(record.offset);
        ASSERT_EQ(record, (appended[{partition, record.offset}]));
      }
      for (const auto& [key, record] : newest) {
        ASSERT_TRUE(record.partition != partition || seen.contains(record.offset)) << key;
      }
    }
  }
  now_ += minutes(2);
  tidy();
  EXPECT_EQ(all(0).size() + all(1).size(), newest.size());
  auto counted = take_now(log_.status("orders")).value();
  EXPECT_EQ(counted.partitions[0].records + counted.partitions[1].records, newest.size());
}

// Fails the first, second, third … call of the engine until all is tidied: what is told of a topic stays true.
TEST(TidyingOnAFaultyDisk, LeavesNothingHalfDone) {
  for (Cleanup cleanup : {Cleanup::expire, Cleanup::compact}) {
    auto owned = std::make_unique<kv::FaultyEngine>(kv::make_memory_engine());
    kv::FaultyEngine& engine = *owned;
    kv::MemoryHome memory(std::move(owned));
    Timestamp now{hours(1'000'000)};
    EmbeddedLog log(memory.home(), {.clock = [&] { return now; }});
    TopicSettings settings{.cleanup = cleanup};
    if (cleanup == Cleanup::expire) settings.retention_bytes = 10'000;
    take_now(log.create("orders", settings)).value();
    for (int i = 0; i < 1'000; ++i) {
      take_now(log.append("orders", {keyed(std::to_string(i % 150), std::string(50, 'v'))})).value();
    }
    now += minutes(2);
    int faults = 0;
    for (std::uint64_t nth = 1; nth < 400; ++nth) {
      now += milliseconds(1'000);
      engine.fail(kv::FaultyEngine::Call::read, nth % 2 ? 1 + nth % 8 : 0);
      engine.fail(kv::FaultyEngine::Call::write, nth % 2 ? 0 : 1);
      if (!take_now(log.tidy())) ++faults;
      engine.fail(kv::FaultyEngine::Call::read, 0);
      engine.fail(kv::FaultyEngine::Call::write, 0);

      auto batch = take_now(log.read("orders", 0, 0, {.records_max = 10'000, .bytes_max = 1 << 30})).value();
      auto status = take_now(log.status("orders")).value().partitions.at(0);
      ASSERT_EQ(status.records, batch.records.size());
      std::map<std::string, Version> newest;
      for (const Record& record : batch.records) newest[*record.key] = record.version;
      for (const auto& [key, version] : newest) {
        ASSERT_EQ(take_now(log.key_version("orders", key)).value(), version);
      }
    }
    EXPECT_GT(faults, 2);
    EXPECT_LE(take_now(log.status("orders")).value().partitions.at(0).records, 200u);
  }
}

}  // namespace
}  // namespace millrace::eventlog
