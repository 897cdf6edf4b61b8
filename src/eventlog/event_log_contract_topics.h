#pragma once

// More of event_log_contract.h: what is asked of topics as a whole, offsets by time, and checkpoints.

#include "eventlog/event_log_contract.h"
#include "eventlog/following.h"

namespace millrace::eventlog {

TEST_P(EventLogContract, AltersATopic) {
  create("orders", {.partitions = 2, .offset_first = 1});
  TopicSettings wanted{.partitions = 3,
                       .offset_first = 1,
                       .record_bytes_max = 10,
                       .retention_time = std::chrono::hours(1),
                       .retention_bytes = 1 << 20,
                       .unread_expires = true};

  EXPECT_EQ(run(log().alter("orders", wanted)).value().settings, wanted);
  EXPECT_EQ(run(log().show("orders")).value().settings, wanted);
  EXPECT_EQ(append("orders", {.value = "a", .partition = 2}).offset, 1u);
  EXPECT_EQ(refused("orders", {{.value = "01234567890"}}).code, ErrorCode::over_limit);
}

TEST_P(EventLogContract, RefusesSettingsThatATopicCannotTakeOn) {
  create("orders", {.partitions = 2});
  auto refusal = [&](TopicSettings settings) { return run(log().alter("orders", settings)).error().code; };

  EXPECT_EQ(refusal({.partitions = 1}), ErrorCode::invalid);
  EXPECT_EQ(refusal({.partitions = 2, .offset_first = 1}), ErrorCode::invalid);
  EXPECT_EQ(refusal({.partitions = 2, .retention_time = std::chrono::milliseconds(999)}), ErrorCode::invalid);
  EXPECT_EQ(refusal({.partitions = 2, .retention_bytes = 0}), ErrorCode::invalid);
  EXPECT_EQ(run(log().alter("unknown", {})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(log().show("orders")).value().settings, (TopicSettings{.partitions = 2}));
}

TEST_P(EventLogContract, RemovesATopicWithAllThatIsInIt) {
  create("orders");
  NewRecord record = keyed("7", "a");
  record.idempotency_key = "once";
  append("orders", record);
  std::optional<bool> woken;
  start(log().wait({{"orders", 0, 5}}, {}), [&](Result<bool> done) { woken = done.value(); });

  run(log().remove("orders", InUse::stays)).value();
  EXPECT_EQ(woken, true);
  EXPECT_EQ(run(log().show("orders")).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(log().remove("orders", InUse::stays)).error().code, ErrorCode::not_found);
  create("orders", {.offset_first = 3});
  Appended again = append("orders", record);
  EXPECT_EQ(again.offset, 3u);
  EXPECT_EQ(again.version, 1u);
  EXPECT_FALSE(again.repeated);
}

TEST_P(EventLogContract, TellsHowMuchATopicHolds) {
  create("orders", {.partitions = 2, .offset_first = 1});
  append("orders", {.value = "0123456789", .partition = 1});
  append("orders", {.value = "0123456789", .partition = 1});

  auto status = run(log().status("orders")).value();
  EXPECT_EQ(status.topic.name, "orders");
  ASSERT_EQ(status.partitions.size(), 2u);
  EXPECT_EQ(status.partitions[0], (PartitionStatus{{1, 1}, 0, 0}));
  EXPECT_EQ(status.partitions[1].bounds, (Bounds{1, 3}));
  EXPECT_EQ(status.partitions[1].records, 2u);
  EXPECT_GE(status.partitions[1].bytes, 20u);
  EXPECT_EQ(run(log().status("unknown")).error().code, ErrorCode::not_found);
}

TEST_P(EventLogContract, AppendsToSeveralTopicsOrToNone) {
  create("orders");
  create("audit", {.record_bytes_max = 5});
  auto done = run(log().append(
      {{"orders", keyed("7", "a")}, {"audit", {.value = "b"}}, {"orders", keyed("7", "c", Expected::exactly(1))}}));
  ASSERT_TRUE(done);
  EXPECT_EQ((*done)[1].offset, 0u);
  EXPECT_EQ((*done)[2].offset, 1u);
  EXPECT_EQ((*done)[2].version, 2u);

  EXPECT_EQ(run(log().append({{"orders", {.value = "d"}}, {"audit", {.value = "123456"}}})).error().code,
            ErrorCode::over_limit);
  EXPECT_EQ(run(log().append({{"orders", {.value = "d"}}, {"none", {.value = "e"}}})).error().code,
            ErrorCode::not_found);
  EXPECT_EQ(all("orders").size(), 2u);
  EXPECT_EQ(all("audit").size(), 1u);
}

TEST_P(EventLogContract, TakesNoRecordWithoutKeyWhereItCompacts) {
  create("orders", {.cleanup = Cleanup::compact});

  EXPECT_EQ(refused("orders", {{.value = "a"}}).code, ErrorCode::invalid);
  EXPECT_EQ(append("orders", keyed("", "a")).offset, 0u);
}

// A plain search beside it, with timestamps in any order.
TEST_P(EventLogContract, FindsOffsetsByTime) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 dice(seed);
  create("orders", {.partitions = 2, .offset_first = 5});
  auto at = [](std::uint64_t time) { return Timestamp(std::chrono::milliseconds(time)); };
  EXPECT_EQ(run(log().offset_at("orders", 0, at(0))).value(), 5u);

  constexpr std::size_t count = 20'000;
  std::vector<std::uint64_t> times;
  for (std::size_t done = 0; done < count; done += 500) {
    std::vector<NewRecord> records(500);
    for (NewRecord& record : records) {
      times.push_back(times.size() / 4 + dice() % 1000 + (dice() % 5000 == 0 ? 100'000 : 0));
      record = {.value = "v", .timestamp = at(times.back()), .partition = 0};
    }
    run(log().append("orders", records)).value();
  }
  for (int i = 0; i < 500; ++i) {
    std::uint64_t wanted = dice() % (i % 10 == 0 ? 120'000 : 7'000);
    std::size_t expected = 0;
    while (expected < count && times[expected] < wanted) ++expected;
    ASSERT_EQ(run(log().offset_at("orders", 0, at(wanted))).value(), 5 + expected) << wanted;
  }
  EXPECT_EQ(run(log().offset_at("orders", 2, at(0))).error().code, ErrorCode::not_found);
}

TEST_P(EventLogContract, KeepsCheckpointsThatChangeOnlyFromWhatIsExpected) {
  create("orders");
  using Kind = CheckpointExpected::Kind;
  Checkpoint first{"mailer", 7, {}};
  Checkpoint second{"mailer", 9, TopicPartition{"orders", 0}};
  EXPECT_EQ(run(log().checkpoint("mailer")).error().code, ErrorCode::not_found);

  EXPECT_EQ(run(log().set_checkpoint(first, {Kind::exactly, 0})).value(), (CheckpointAnswer{false, {}}));
  EXPECT_EQ(run(log().set_checkpoint(first, {Kind::none})).value(), (CheckpointAnswer{true, first}));
  EXPECT_EQ(run(log().set_checkpoint(second, {Kind::none})).value(), (CheckpointAnswer{false, first}));
  EXPECT_EQ(run(log().set_checkpoint(second, {Kind::exactly, 6})).value(), (CheckpointAnswer{false, first}));
  EXPECT_EQ(run(log().set_checkpoint(second, {Kind::exactly, 7})).value(), (CheckpointAnswer{true, second}));
  EXPECT_EQ(run(log().checkpoint("mailer")).value(), second);
  EXPECT_EQ(run(log().set_checkpoint({"another", 1, {}}, {})).value().changed, true);
  EXPECT_EQ(run(log().checkpoints()).value(), (std::vector<Checkpoint>{{"another", 1, {}}, second}));

  EXPECT_EQ(run(log().set_checkpoint({"", 1, {}}, {})).error().code, ErrorCode::invalid);
  EXPECT_EQ(run(log().set_checkpoint({"x", 1, TopicPartition{"orders", 1}}, {})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(log().remove_checkpoint("mailer", {Kind::exactly, 7})).value(), (CheckpointAnswer{false, second}));
  EXPECT_EQ(run(log().remove_checkpoint("mailer", {})).value(), (CheckpointAnswer{true, {}}));
  EXPECT_EQ(run(log().remove_checkpoint("mailer", {})).error().code, ErrorCode::not_found);
}

TEST_P(EventLogContract, FollowsSeveralTopics) {
  create("orders", {.partitions = 2});
  create("audit");
  append("orders", {.value = "a", .partition = 1});
  Following following(log(), {{"audit", 0, 0}, {"orders", 0, 0}, {"orders", 1, 0}});
  auto first = run(following.next({}, {})).value();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].topic, "orders");
  EXPECT_EQ(first[0].partition, 1u);
  EXPECT_EQ(first[0].records.at(0).value, "a");

  std::optional<std::vector<TopicBatch>> second, none;
  start(following.next({}, {}), [&](auto done) { second = std::move(done.value()); });
  EXPECT_FALSE(second);
  append("audit", {.value = "b"});
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at(0).topic, "audit");
  EXPECT_EQ(following.positions(), (std::vector<Position>{{"audit", 0, 1}, {"orders", 0, 0}, {"orders", 1, 1}}));

  std::stop_source cancel;
  start(following.next({}, cancel.get_token()), [&](auto done) { none = std::move(done.value()); });
  cancel.request_stop();
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
}

TEST_P(EventLogContract, AFollowersAnswerHasALimit) {
  create("orders", {.partitions = 3});
  for (PartitionNumber partition = 0; partition < 3; ++partition) {
    for (int i = 0; i < 4; ++i) append("orders", {.value = std::string(100, 'v'), .partition = partition});
  }
  Following following(log(), {{"orders", 0, 0}, {"orders", 1, 0}, {"orders", 2, 0}});
  std::size_t records = 0;
  int answers = 0;
  for (auto some = run(following.ready({{}, 300}, false)).value(); !some.empty(); ++answers) {
    for (const TopicBatch& batch : some) records += batch.records.size();
    some = run(following.ready({{}, 300}, false)).value();
  }
  EXPECT_EQ(records, 12u);
  EXPECT_GE(answers, 4);
}

}  // namespace millrace::eventlog
