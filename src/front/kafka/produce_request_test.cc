#include "front/kafka/produce_request.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

using eventlog::Expected;
using eventlog::Header;

std::vector<ProducedRecord> read(std::string_view body, std::string_view topic = "") {
  return read_produced(body, topic).value();
}

std::string refusal(std::string_view body, std::string_view topic = "") {
  auto records = read_produced(body, topic);
  return records ? "taken" : records.error().message;
}

std::unique_ptr<net::HttpRequest> request(std::string_view headers, std::string_view body = "") {
  return net::HttpRequest::parse(
      "POST /kafka/produce HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
      std::string(headers) + "\r\n" + std::string(body));
}

TEST(ProduceRequest, ReadsEveryFieldOfARecord) {
  auto records = read(
      R"({"topic":"orders","key":"customer-1","value":"{\"n\":1}","partition":2,"timestamp":1731000000000,
          "headers":[{"key":"trace","value":"7f"},{"key":"trace","value":""}],"unknown":[{}]})");

  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].topic, "orders");
  const eventlog::NewRecord& record = records[0].record;
  EXPECT_EQ(record.key, "customer-1");
  EXPECT_EQ(record.value, "{\"n\":1}");
  EXPECT_EQ(record.partition, 2u);
  EXPECT_EQ(record.timestamp, Timestamp(std::chrono::milliseconds(1'731'000'000'000)));
  EXPECT_EQ(record.headers, (std::vector<Header>{{"trace", "7f"}, {"trace", ""}}));
  EXPECT_FALSE(records[0].versioned);
}

TEST(ProduceRequest, ReadsArraysInTheirOrderWithOneCommaTooMany) {
  auto records = read(R"([{"topic":"a","value":"1",},{"topic":"b","value":"2"},])");

  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].topic, "a");
  EXPECT_EQ(records[1].record.value, "2");
  EXPECT_TRUE(read("[]").empty());
}

TEST(ProduceRequest, PutsThePathsTopicBeforeTheBodys) {
  EXPECT_EQ(read(R"({"topic":"other","value":"v"})", "orders")[0].topic, "orders");
  EXPECT_EQ(read(R"({"topic":7,"value":"v"})", "orders")[0].topic, "orders");
}

TEST(ProduceRequest, TakesNumbersAndBooleansAsTheirTextAndNullAsATombstone) {
  auto value = [](std::string_view json) {
    return read("{\"topic\":\"t\",\"value\":" + std::string(json) + "}")[0].record.value;
  };

  EXPECT_EQ(value("17"), "17");
  EXPECT_EQ(value("1.5"), "1.5");
  EXPECT_EQ(value("true"), "true");
  EXPECT_EQ(value("\"\""), "");
  EXPECT_EQ(value("\"null\""), "null");
  EXPECT_EQ(value("null"), std::nullopt);
}

TEST(ProduceRequest, KnowsAnEmptyKeyFromNone) {
  EXPECT_EQ(read(R"({"topic":"t","value":"v","key":""})")[0].record.key, "");
  EXPECT_EQ(read(R"({"topic":"t","value":"v","key":null})")[0].record.key, std::nullopt);
  EXPECT_EQ(read(R"({"topic":"t","value":"v"})")[0].record.key, std::nullopt);
}

TEST(ProduceRequest, SaysWhatIsWrongAndWithWhichRecord) {
  EXPECT_EQ(refusal(""), "The request holds no record: neither in its path nor in its body");
  EXPECT_EQ(refusal(R"({"topic":"t"})"), "'value' is missing");
  EXPECT_EQ(refusal(R"({"value":"v"})"), "'topic' is missing");
  EXPECT_EQ(refusal(R"([{"topic":"t","value":"v"},{"topic":"t","value":{}}])"),
            "Record 1: 'value' is not a string: send JSON as a string that holds it");
  EXPECT_EQ(refusal(R"([{"topic":"t","value":"v"},7])"), "Record 1: a record is not a JSON object");
  EXPECT_EQ(refusal("7"), "a record is not a JSON object");
  EXPECT_EQ(refusal("{"), "The body is malformed: the text is not valid JSON");
  for (std::string_view member :
       {R"("key":7)", R"("partition":-1)", R"("partition":"0")", R"("partition":0.5)", R"("timestamp":-1)",
        R"("timestamp":"now")", R"("timestamp":1e15)", R"("headers":{})", R"("headers":[{"value":"v"}])",
        R"("headers":[{"key":"k","value":1}])", R"("expectedVersion":-1)", R"("expectedVersion":"some")", R"("id":{})",
        R"("topic":1)", R"("topic":"")"}) {
    EXPECT_NE(refusal("{\"topic\":\"t\",\"value\":\"v\"," + std::string(member) + "}"), "taken") << member;
  }
}

TEST(ProduceRequest, ReadsVersionsAndIdsOfRecords) {
  auto records = read(
      R"([{"topic":"t","key":"k","value":"v","expectedVersion":3,"id":"a"},{"topic":"t","key":"k","value":"v",
           "expectedVersion":"none"},{"topic":"t","value":"v","id":null}])");

  EXPECT_EQ(records[0].record.expected.kind, Expected::Kind::exactly);
  EXPECT_EQ(records[0].record.expected.version, 3u);
  EXPECT_EQ(records[0].record.idempotency_key, "a");
  EXPECT_TRUE(records[0].versioned);
  EXPECT_EQ(records[1].record.expected.kind, Expected::Kind::none);
  EXPECT_FALSE(records[2].versioned);
}

TEST(ProduceRequest, AppliesTheRequestsHeaders) {
  auto one = read(R"({"topic":"t","key":"k","value":"v"})");
  ASSERT_TRUE(apply_headers(*request("Expected-Version: 4\r\nEvent-Id: e\r\n"), one).has_value());
  EXPECT_EQ(one[0].record.expected.version, 4u);
  EXPECT_EQ(one[0].record.idempotency_key, "e");
  EXPECT_TRUE(one[0].versioned);

  auto two = read(R"([{"topic":"t","value":"v"},{"topic":"t","value":"w","id":"own"},{"topic":"t","value":"x"}])");
  ASSERT_TRUE(apply_headers(*request("Idempotency-Key: request\r\n"), two).has_value());
  EXPECT_EQ(two[0].record.idempotency_key, "request#0");
  EXPECT_EQ(two[1].record.idempotency_key, "own");
  EXPECT_EQ(two[2].record.idempotency_key, "request#2");

  EXPECT_FALSE(apply_headers(*request("Expected-Version: 1\r\n"), two).has_value());
  EXPECT_FALSE(apply_headers(*request("Expected-Version: some\r\n"), one).has_value());
}

TEST(ProduceRequest, TakesAWebhooksBodyAsItIsAndTheHeadersThatAreNotTheTransports) {
  auto hook = request(
      "Event-Origin: shop\r\nX-Hub-Signature-256: sha256=ab\r\nUser-Agent: u\r\nAccept-Encoding: gzip\r\n"
      "Content-Type: text/plain\r\nAuthorization: Basic x\r\nX-Forwarded-For: 1.2.3.4\r\nSec-Fetch-Mode: cors\r\n"
      "traceparent: 00\r\nCookie: c\r\n",
      "paid 42,]");
  ProducedRecord produced = read_webhook(*hook, "audit");

  EXPECT_EQ(produced.topic, "audit");
  EXPECT_EQ(produced.record.value, "paid 42,]");
  EXPECT_EQ(produced.record.key, std::nullopt);
  EXPECT_EQ(produced.record.headers,
            (std::vector<Header>{{"event-origin", "shop"}, {"x-hub-signature-256", "sha256=ab"}}));
  EXPECT_EQ(read_webhook(*request(""), "audit").record.value, "");
}

}  // namespace
}  // namespace millrace::front
