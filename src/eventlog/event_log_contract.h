#pragma once

// What every backend of the log must do. A backend joins with one line in a test file of its own:
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract, testing::Values(make_embedded));

#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "eventlog/event_log.h"

namespace millrace::eventlog {

class LogUnderTest {
 public:
  virtual ~LogUnderTest() = default;
  virtual EventLog& log() = 0;

  // Lets the backend go on with what it waits for; returns when something may have happened.
  virtual void pump() {}
};

using MakeLog = std::function<std::unique_ptr<LogUnderTest>()>;

class EventLogContract : public testing::TestWithParam<MakeLog> {
 protected:
  EventLog& log() { return subject_->log(); }

  template <class T>
  T run(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T done) { value.emplace(std::move(done)); });
    while (!value) subject_->pump();
    return std::move(*value);
  }

  void create(const std::string& name, TopicSettings settings = {}) { run(log().create(name, settings)).value(); }

  Appended append(const std::string& topic, NewRecord record) {
    return run(log().append(topic, {std::move(record)})).value().at(0);
  }
  Error refused(const std::string& topic, std::vector<NewRecord> records) {
    return run(log().append(topic, std::move(records))).error();
  }
  std::vector<Record> all(const std::string& topic, PartitionNumber partition = 0) {
    return run(log().read(topic, partition, 0, {.records_max = 1'000'000, .bytes_max = 1 << 30})).value().records;
  }

  std::unique_ptr<LogUnderTest> subject_ = GetParam()();
};

inline NewRecord keyed(std::string key, std::string value, Expected expected = {}) {
  return {.key = std::move(key), .value = std::move(value), .expected = expected};
}

TEST_P(EventLogContract, KnowsTheTopicsItMade) {
  create("orders", {.partitions = 3, .offset_first = 1, .record_bytes_max = 1000});
  create("audit");

  Topic orders = run(log().show("orders")).value();
  EXPECT_EQ(orders.name, "orders");
  EXPECT_EQ(orders.settings, (TopicSettings{.partitions = 3, .offset_first = 1, .record_bytes_max = 1000}));
  auto topics = run(log().topics()).value();
  ASSERT_EQ(topics.size(), 2u);
  EXPECT_EQ(topics[0].name, "audit");
  EXPECT_EQ(topics[1], orders);
  EXPECT_EQ(run(log().show("nothing")).error(), (Error{ErrorCode::not_found, "there is no topic 'nothing'"}));
}

TEST_P(EventLogContract, RefusesNamesThatAreTakenCollideOrCannotBe) {
  create("a.b");

  EXPECT_EQ(run(log().create("a.b", {})).error(), (Error{ErrorCode::conflict, "there is a topic 'a.b' already"}));
  EXPECT_EQ(run(log().create("a_b", {})).error(), (Error{ErrorCode::conflict, "topic 'a_b' collides with 'a.b'"}));
  EXPECT_EQ(run(log().show("a_b")).error().code, ErrorCode::not_found);
  for (std::string name : {std::string(), std::string("."), std::string(".."), std::string("a b"), std::string("ä"),
                           std::string(250, 'x')}) {
    EXPECT_EQ(run(log().create(name, {})).error().code, ErrorCode::invalid) << name;
  }
  EXPECT_EQ(run(log().create("none", {.partitions = 0})).error().code, ErrorCode::invalid);
  EXPECT_TRUE(run(log().create(std::string(249, 'x'), {})).has_value());
}

TEST_P(EventLogContract, GivesOffsetsWithoutGapsFromTheFirst) {
  create("zero");
  create("one", {.offset_first = 1});

  for (Offset i = 0; i < 5; ++i) {
    EXPECT_EQ(append("zero", {.value = "v"}).offset, i);
    EXPECT_EQ(append("one", {.value = "v"}).offset, i + 1);
  }
  EXPECT_EQ(run(log().bounds("zero", 0)).value(), (Bounds{0, 5}));
  EXPECT_EQ(run(log().bounds("one", 0)).value(), (Bounds{1, 6}));
}

TEST_P(EventLogContract, ReadsBackWhatWasAppended) {
  create("orders");
  NewRecord full{.key = "k\0y",
                 .value = std::string("v\0\xff", 3),
                 .headers = {{"trace", "7f"}, {"", ""}},
                 .timestamp = Timestamp(std::chrono::milliseconds(1'731'000'004'211)),
                 .idempotency_key = "once"};
  append("orders", full);
  append("orders", {.key = "", .value = ""});
  append("orders", {});

  auto records = all("orders");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].key, full.key);
  EXPECT_EQ(records[0].value, full.value);
  EXPECT_EQ(records[0].headers, full.headers);
  EXPECT_EQ(records[0].timestamp, *full.timestamp);
  EXPECT_EQ(records[0].idempotency_key, "once");
  EXPECT_EQ(records[0].version, 1u);
  EXPECT_EQ(records[1].key, "");
  EXPECT_EQ(records[1].value, "");
  EXPECT_EQ(records[2].key, std::nullopt);
  EXPECT_EQ(records[2].value, std::nullopt);
  EXPECT_EQ(records[2].version, 0u);
  EXPECT_EQ(records[2].offset, 2u);
}

TEST_P(EventLogContract, ReadsFromAnOffsetWithinLimits) {
  create("orders", {.offset_first = 10});
  for (int i = 0; i < 10; ++i) append("orders", {.value = std::string(100, 'x')});
  auto read = [&](Offset from, ReadLimits limits) { return run(log().read("orders", 0, from, limits)).value(); };

  EXPECT_EQ(read(13, {.records_max = 2}).records.size(), 2u);
  EXPECT_EQ(read(13, {.records_max = 2}).records[0].offset, 13u);
  EXPECT_EQ(read(0, {}).records[0].offset, 10u);
  EXPECT_EQ(read(0, {}).bounds, (Bounds{10, 20}));
  EXPECT_EQ(read(10, {.bytes_max = 1}).records.size(), 1u);
  EXPECT_LT(read(10, {.bytes_max = 350}).records.size(), 4u);
  EXPECT_TRUE(read(20, {}).records.empty());
  EXPECT_TRUE(read(1'000'000, {}).records.empty());
}

TEST_P(EventLogContract, NamesUnknownTopicsAndPartitions) {
  create("orders", {.partitions = 2});
  const Error topic{ErrorCode::not_found, "there is no topic 'order'"};
  const Error partition{ErrorCode::not_found, "topic 'orders' has no partition 2"};

  EXPECT_EQ(refused("order", {{.value = "v"}}), topic);
  EXPECT_EQ(refused("orders", {{.value = "v", .partition = 2}}), partition);
  EXPECT_EQ(run(log().read("order", 0, 0, {})).error(), topic);
  EXPECT_EQ(run(log().read("orders", 2, 0, {})).error(), partition);
  EXPECT_EQ(run(log().bounds("orders", 2)).error(), partition);
  EXPECT_EQ(run(log().wait({{"orders", 2, 0}}, {})).error(), partition);
  EXPECT_EQ(run(log().key_version("order", "k")).error(), topic);
}

TEST_P(EventLogContract, PutsKeysWhereKafkaPutsThem) {
  create("orders", {.partitions = 12});

  EXPECT_EQ(append("orders", {.key = "foobar"}).partition, 6u);
  EXPECT_EQ(append("orders", {.key = "abc"}).partition, 3u);
  EXPECT_EQ(append("orders", {.key = "abc", .partition = 11}).partition, 11u);
  EXPECT_LT(append("orders", {.value = "no key"}).partition, 12u);
}

TEST_P(EventLogContract, CountsTheVersionsOfEachKeyFromOne) {
  create("orders", {.partitions = 4});
  create("other");

  EXPECT_EQ(append("orders", keyed("7", "a")).version, 1u);
  EXPECT_EQ(append("orders", keyed("7", "b")).version, 2u);
  EXPECT_EQ(append("orders", keyed("8", "c")).version, 1u);
  EXPECT_EQ(append("other", keyed("7", "d")).version, 1u);
  EXPECT_EQ(run(log().key_version("orders", "7")).value(), 2u);
  EXPECT_EQ(run(log().key_version("orders", "9")).value(), 0u);
}

TEST_P(EventLogContract, ChecksTheExpectedVersionOfAKey) {
  create("orders");
  EXPECT_EQ(refused("orders", {keyed("7", "x", Expected::exists())}),
            (Error{ErrorCode::conflict, "key '7' of topic 'orders' has no record"}));
  EXPECT_EQ(append("orders", keyed("7", "a", Expected::none())).version, 1u);
  EXPECT_EQ(append("orders", keyed("7", "b", Expected::exactly(1))).version, 2u);
  EXPECT_EQ(append("orders", keyed("7", "c", Expected::exists())).version, 3u);
  EXPECT_EQ(append("orders", keyed("7", "d")).version, 4u);
  EXPECT_EQ(append("orders", keyed("8", "e", Expected::exactly(0))).version, 1u);

  const Error conflict{ErrorCode::conflict, "key '7' of topic 'orders' is at version 4"};
  EXPECT_EQ(refused("orders", {keyed("7", "x", Expected::exactly(3))}), conflict);
  EXPECT_EQ(refused("orders", {keyed("7", "x", Expected::none())}), conflict);
  EXPECT_EQ(refused("orders", {{.value = "x", .expected = Expected::none()}}).code, ErrorCode::invalid);
  EXPECT_EQ(all("orders").size(), 5u);
}

TEST_P(EventLogContract, AppendsAllRecordsOrNone) {
  create("orders", {.partitions = 2, .record_bytes_max = 10});
  auto first = run(log().append("orders", {keyed("7", "a"), keyed("7", "b", Expected::exactly(1))})).value();
  EXPECT_EQ(first[1].version, 2u);

  EXPECT_EQ(refused("orders", {keyed("1", "a"), keyed("7", "b", Expected::none())}).code, ErrorCode::conflict);
  EXPECT_EQ(refused("orders", {keyed("1", "a"), keyed("2", "0123456789")}).code, ErrorCode::over_limit);
  EXPECT_EQ(refused("orders", {keyed("1", "a"), {.value = "b", .partition = 5}}).code, ErrorCode::not_found);
  EXPECT_EQ(run(log().key_version("orders", "1")).value(), 0u);
  EXPECT_EQ(all("orders", 0).size() + all("orders", 1).size(), 2u);
  EXPECT_TRUE(run(log().append("orders", {})).value().empty());
}

TEST_P(EventLogContract, AnswersARepeatWithTheOriginal) {
  create("orders");
  append("orders", keyed("7", "before"));
  NewRecord record = keyed("7", "a", Expected::exactly(1));
  record.idempotency_key = "request-1";
  Appended original = append("orders", record);

  Appended repeat = append("orders", record);
  EXPECT_TRUE(repeat.repeated);
  repeat.repeated = false;
  EXPECT_EQ(repeat, original);
  EXPECT_EQ(all("orders").size(), 2u);

  auto both = run(log().append("orders", {{.value = "x", .idempotency_key = "request-2"},
                                          {.value = "y", .idempotency_key = "request-2"}}))
                  .value();
  EXPECT_FALSE(both[0].repeated);
  EXPECT_TRUE(both[1].repeated);
  EXPECT_EQ(both[1].offset, both[0].offset);
  EXPECT_EQ(all("orders").size(), 3u);
}

TEST_P(EventLogContract, ReadsTheRecordsOfOneKeyInEitherDirection) {
  create("orders", {.partitions = 3});
  constexpr Version count = 200;
  for (Version i = 1; i <= count; ++i) {
    append("orders", {.key = "7", .value = std::to_string(i), .partition = static_cast<PartitionNumber>(i % 3)});
    append("orders", keyed("8", "between"));
  }
  auto read = [&](Version from, Direction direction, ReadLimits limits) {
    std::vector<Version> versions;
    for (const Record& record : run(log().read_key("orders", "7", from, direction, limits)).value()) {
      EXPECT_EQ(record.value, std::to_string(record.version));
      versions.push_back(record.version);
    }
    return versions;
  };

  for (Version from : {Version{1}, Version{63}, Version{64}, Version{65}, Version{127}, Version{199}, Version{200}}) {
    auto up = read(from, Direction::ascending, {});
    auto down = read(from, Direction::descending, {});
    ASSERT_EQ(up.size(), count - from + 1);
    ASSERT_EQ(down.size(), from);
    for (std::size_t i = 0; i < up.size(); ++i) ASSERT_EQ(up[i], from + i);
    for (std::size_t i = 0; i < down.size(); ++i) ASSERT_EQ(down[i], from - i);
  }
  EXPECT_EQ(read(0, Direction::ascending, {.records_max = 2}), (std::vector<Version>{1, 2}));
  EXPECT_EQ(read(63, Direction::ascending, {.records_max = 3}), (std::vector<Version>{63, 64, 65}));
  EXPECT_EQ(read(900, Direction::descending, {.records_max = 2}), (std::vector<Version>{200, 199}));
  EXPECT_EQ(read(5, Direction::ascending, {.bytes_max = 1}), (std::vector<Version>{5}));
  EXPECT_TRUE(read(201, Direction::ascending, {}).empty());
  EXPECT_TRUE(run(log().read_key("orders", "unknown", 1, Direction::ascending, {})).value().empty());
}

TEST_P(EventLogContract, WakesAWaiterWhenItsOffsetIsThere) {
  create("orders", {.partitions = 2});
  std::optional<bool> one, both, later;
  auto wait = [&](std::vector<Position> positions, std::optional<bool>& answer) {
    start(log().wait(std::move(positions), {}), [&](Result<bool> done) { answer = done.value(); });
  };
  wait({{"orders", 0, 0}}, one);
  wait({{"orders", 0, 5}, {"orders", 1, 0}}, both);
  wait({{"orders", 1, 1}}, later);

  append("orders", {.value = "a", .partition = 0});
  EXPECT_EQ(one, true);
  EXPECT_FALSE(both || later);
  append("orders", {.value = "b", .partition = 1});
  EXPECT_EQ(both, true);
  EXPECT_FALSE(later);
  append("orders", {.value = "c", .partition = 1});
  EXPECT_EQ(later, true);
  EXPECT_TRUE(run(log().wait({{"orders", 0, 0}}, {})).value());
}

TEST_P(EventLogContract, EndsAWaitThatIsCancelled) {
  create("orders");
  std::stop_source cancel;
  std::optional<bool> answer;
  start(log().wait({{"orders", 0, 0}}, cancel.get_token()), [&](Result<bool> done) { answer = done.value(); });
  EXPECT_FALSE(answer);

  cancel.request_stop();
  EXPECT_EQ(answer, false);
  append("orders", {.value = "nobody waits"});
  EXPECT_FALSE(run(log().wait({{"orders", 0, 7}}, cancel.get_token())).value());
}

// A plain model beside it: 1,000 random steps, and then all of it must be equal.
TEST_P(EventLogContract, AgreesWithAModelInMemory) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 dice(seed);
  constexpr PartitionNumber partitions = 3;
  create("orders", {.partitions = partitions, .offset_first = 4});
  std::vector<std::vector<Record>> model(partitions);
  std::map<std::string, std::vector<Record>> histories;
  std::map<std::string, Appended> answered;

  for (int step = 0; step < 1000; ++step) {
    std::vector<NewRecord> records(dice() % 4);
    for (NewRecord& record : records) {
      if (dice() % 4 != 0) record.key = std::to_string(dice() % 20);
      record.value = std::string(dice() % 50, static_cast<char>('a' + dice() % 26));
      record.timestamp = Timestamp(std::chrono::milliseconds(dice()));
      record.partition = dice() % partitions;
      if (dice() % 8 == 0) record.headers = {{"name", std::to_string(step)}};
      if (dice() % 8 == 0) record.idempotency_key = std::to_string(dice() % 200);
      if (record.key && dice() % 4 == 0) record.expected = Expected::exactly(dice() % 5);
    }
    auto next_model = model;
    auto next_histories = histories;
    auto next_answered = answered;
    bool fits = true;
    std::vector<Appended> expected;
    for (const NewRecord& record : records) {
      if (auto known = next_answered.find(record.idempotency_key); known != next_answered.end()) {
        expected.push_back(known->second);
        expected.back().repeated = true;
        continue;
      }
      Version version = record.key ? next_histories[*record.key].size() : 0;
      fits = fits && (record.expected.kind == Expected::Kind::any || record.expected.version == version);
      auto& partition = next_model[*record.partition];
      Record made{*record.partition, 4 + partition.size(), *record.timestamp, record.key ? version + 1 : 0,
                  record.key,        record.value,         record.headers,    record.idempotency_key};
      partition.push_back(made);
      if (record.key) next_histories[*record.key].push_back(made);
      expected.push_back({made.partition, made.offset, made.timestamp, made.version, false});
      if (!record.idempotency_key.empty()) next_answered[record.idempotency_key] = expected.back();
    }

    auto appended = run(log().append("orders", records));
    ASSERT_EQ(appended.has_value(), fits) << "step " << step;
    if (!fits) continue;
    ASSERT_EQ(appended.value(), expected) << "step " << step;
    model = std::move(next_model);
    histories = std::move(next_histories);
    answered = std::move(next_answered);
  }
  for (PartitionNumber partition = 0; partition < partitions; ++partition) {
    EXPECT_EQ(all("orders", partition), model[partition]);
  }
  for (const auto& [key, history] : histories) {
    EXPECT_EQ(run(log().read_key("orders", key, 1, Direction::ascending, {})).value(), history);
  }
}

}  // namespace millrace::eventlog
