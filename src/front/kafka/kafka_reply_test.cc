#include "front/kafka/kafka_reply.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

const Timestamp moment{std::chrono::milliseconds(1'731'000'004'211)};

std::string written(const eventlog::Record& record, ShowVersion version = ShowVersion::no) {
  std::string out;
  append_record(out, "orders", record, version);
  return out;
}

TEST(KafkaReply, WritesAllFieldsOfARecord) {
  eventlog::Record record{.partition = 2,
                          .offset = 17,
                          .timestamp = moment,
                          .version = 3,
                          .key = "customer-1",
                          .value = "{\"n\":1}",
                          .headers = {{"trace", "7f"}, {"a", ""}}};

  EXPECT_EQ(written(record),
            R"({"topic":"orders","partition":2,"offset":17,"timestamp":1731000004211,"key":"customer-1",)"
            R"("value":"{\"n\":1}","headers":[{"key":"trace","value":"7f"},{"key":"a","value":""}]})");
  EXPECT_NE(written(record, ShowVersion::yes).find(R"("version":3)"), std::string::npos);
}

TEST(KafkaReply, WritesWhatIsMissing) {
  EXPECT_EQ(
      written({.timestamp = moment}),
      R"({"topic":"orders","partition":0,"offset":0,"timestamp":1731000004211,"key":"","value":null,"headers":[]})");
}

TEST(KafkaReply, ReplacesBytesThatAreNoText) {
  std::string out = written({.key = "\xff", .value = "a\x80z\xc3", .headers = {{"\xfe", "\xc3\xa4"}}});

  EXPECT_NE(out.find("\"key\":\"\xef\xbf\xbd\",\"value\":\"a\xef\xbf\xbdz\xef\xbf\xbd\""), std::string::npos) << out;
  EXPECT_NE(out.find("{\"key\":\"\xef\xbf\xbd\",\"value\":\"ä\"}"), std::string::npos) << out;
}

TEST(KafkaReply, TellsAVersionWhereItWasAskedFor) {
  eventlog::Appended at{.partition = 1, .offset = 41, .timestamp = moment, .version = 2};
  std::string plain;
  append_metadata(plain, "orders", at, ShowVersion::no);
  std::string versioned;
  append_metadata(versioned, "orders", at, ShowVersion::yes);

  EXPECT_EQ(plain, R"({"topic":"orders","partition":1,"offset":41,"timestamp":1731000004211})");
  EXPECT_EQ(versioned, R"({"topic":"orders","partition":1,"offset":41,"timestamp":1731000004211,"version":2})");
}

TEST(KafkaReply, RepeatsTheStatusInErrors) {
  auto response = kafka_error(404, "Topic 'a\"b' does not exist");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error":"Topic 'a\"b' does not exist","status":404})");
}

TEST(KafkaReply, WritesOffsetsThatAreNone) {
  std::string out;
  append_offset(out, {"orders", 3}, -1);

  EXPECT_EQ(out, R"({"topic":"orders","partition":3,"offset":-1})");
}

}  // namespace
}  // namespace millrace::front
