#include "front/kafka/read_request.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

using eventlog::OffsetReset;
using eventlog::Position;
using eventlog::TopicPartition;
using std::chrono::milliseconds;

const KafkaLimits limits;

std::string text_of(const std::vector<Position>& positions) {
  std::string text;
  for (const Position& at : positions) {
    text += at.topic + ":" + std::to_string(at.partition) + ":" + std::to_string(at.offset) + " ";
  }
  return text;
}

std::unique_ptr<net::HttpRequest> with_headers(std::string_view headers) {
  return net::HttpRequest::parse("GET / HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n");
}

TEST(ReadRequest, FetchesTheTopLevelFirstAndEachPositionOnce) {
  auto request = read_fetch(R"({"topicPartitionOffsets":[{"topic":"audit","partition":0,"offset":3},
      {"topic":"orders","partition":1,"offset":17},{"topic":"audit","offset":3,"partition":0},],
      "topic":"orders","partition":1,"offset":17,"timeout":5000})",
                            limits)
                     .value();

  EXPECT_EQ(text_of(request.positions), "orders:1:17 audit:0:3 ");
  EXPECT_EQ(request.timeout, milliseconds(5000));
}

TEST(ReadRequest, FetchesFromTheBeginningUnlessTold) {
  auto request = read_fetch(R"({"topic":"orders"})", limits).value();

  EXPECT_EQ(text_of(request.positions), "orders:0:0 ");
  EXPECT_EQ(request.timeout, milliseconds(1000));
  EXPECT_EQ(read_fetch(R"({"topic":"orders","timeout":3600000})", limits).value().timeout, milliseconds(60'000));
  EXPECT_EQ(read_fetch(R"({"topic":"orders","timeout":0})", limits).value().timeout, milliseconds(0));
}

TEST(ReadRequest, RefusesFetchesThatCannotBe) {
  for (std::string_view body :
       {"", "{}", "[]", "7", "{\"topic\":7}", R"({"topicPartitionOffsets":[]})", R"({"topicPartitionOffsets":{}})",
        R"({"topicPartitionOffsets":[{"partition":0}]})", R"({"topic":"t","offset":-1})",
        R"({"topic":"t","partition":-1})", R"({"topic":"t","offset":"0"})", R"({"topic":"t","offset":0.5})",
        R"({"topic":"t","timeout":-1})", R"({"topic":"t","timeout":"1"})"}) {
    EXPECT_FALSE(read_fetch(body, limits).has_value()) << body;
  }
  EXPECT_FALSE(read_fetch(R"({"topicPartitionOffsets":[{"topic":"a"},{"topic":"b"}]})", {.positions_max = 1}));
}

TEST(ReadRequest, ConsumesTheTopicsOfPathAndBodyTogether) {
  auto request =
      read_consume(R"({"topic":"orders","topics":["audit","orders"]})", "mail", "timeout=70", limits).value();

  EXPECT_EQ(request.topics, (std::vector<std::string>{"mail", "orders", "audit"}));
  EXPECT_EQ(request.timeout, milliseconds(70));
  EXPECT_EQ(read_consume(R"({"topic":"orders","timeout":3})", "", "timeout=70", limits).value().timeout,
            milliseconds(3));
  EXPECT_EQ(read_consume("", "orders", "", limits).value().topics, (std::vector<std::string>{"orders"}));
  for (std::string_view body : {"", "{}", "[]", R"({"topics":"a"})", R"({"topics":[1]})", R"({"topic":1})"}) {
    EXPECT_FALSE(read_consume(body, "", "", limits).has_value()) << body;
  }
  EXPECT_FALSE(read_consume("", "orders", "timeout=soon", limits).has_value());
}

TEST(ReadRequest, ReadsTheSettingsOfAConsumer) {
  auto usual = read_consumer_options(*with_headers("")).value();
  EXPECT_TRUE(usual.auto_commit);
  EXPECT_EQ(usual.auto_commit_interval, milliseconds(5000));
  EXPECT_EQ(usual.offset_reset, OffsetReset::latest);
  EXPECT_EQ(usual.session_timeout, milliseconds(120'000));

  auto own =
      read_consumer_options(*with_headers("kafka-enable-auto-commit: false\r\nKafka-Auto-Commit-Interval: 100\r\n"
                                          "KAFKA-AUTO-OFFSET-RESET: earliest\r\nKafka-Session-Timeout-Ms: 6000\r\n"))
          .value();
  EXPECT_FALSE(own.auto_commit);
  EXPECT_EQ(own.auto_commit_interval, milliseconds(100));
  EXPECT_EQ(own.offset_reset, OffsetReset::earliest);
  EXPECT_EQ(own.session_timeout, milliseconds(6000));

  for (std::string_view header : {"Kafka-Enable-Auto-Commit: yes", "Kafka-Auto-Commit-Interval: -1",
                                  "Kafka-Auto-Offset-Reset: first", "Kafka-Session-Timeout-Ms: soon"}) {
    EXPECT_FALSE(read_consumer_options(*with_headers(std::string(header) + "\r\n")).has_value()) << header;
  }
}

TEST(ReadRequest, CommitsNothingOneOrMany) {
  EXPECT_TRUE(read_commit("", limits).value().empty());
  EXPECT_TRUE(read_commit("[]", limits).value().empty());
  EXPECT_EQ(text_of(read_commit(R"({"topic":"t","partition":1,"offset":5})", limits).value()), "t:1:5 ");
  EXPECT_EQ(
      text_of(read_commit(R"([{"topic":"t","offset":5},{"topic":"u","partition":2,"offset":0},])", limits).value()),
      "t:0:5 u:2:0 ");
  for (std::string_view body : {"{}", "7", R"({"topic":"t","partition":0})", R"({"topic":"t","offset":-1})"}) {
    EXPECT_FALSE(read_commit(body, limits).has_value()) << body;
  }
}

TEST(ReadRequest, NamesPartitionsInTheirOrder) {
  auto partitions =
      read_partitions(R"([{"topic":"t","partition":1},{"topic":"a"},{"topic":"t","partition":1}])", limits);

  ASSERT_TRUE(partitions.has_value());
  EXPECT_EQ(*partitions, (std::vector<TopicPartition>{{"t", 1}, {"a", 0}, {"t", 1}}));
  EXPECT_EQ(read_partitions(R"({"topic":"t"})", limits).value().size(), 1u);
  EXPECT_EQ(read_partitions(R"({"topic":"t","partition":9e15})", limits).value()[0].partition, 4294967295u);
  for (std::string_view body : {"", "[]", "{}", "[7]"}) EXPECT_FALSE(read_partitions(body, limits).has_value()) << body;
}

TEST(ReadRequest, TellsTimesOfOffsets) {
  EXPECT_EQ(read_offset_time("earliest").value().kind, OffsetTime::Kind::earliest);
  EXPECT_EQ(read_offset_time("latest").value().kind, OffsetTime::Kind::latest);
  EXPECT_EQ(read_offset_time("1731000000").value().at, Timestamp(milliseconds(1'731'000'000)));
  for (std::string_view text : {"", "-1", "soon", "1.5", "Earliest"}) {
    EXPECT_FALSE(read_offset_time(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace millrace::front
