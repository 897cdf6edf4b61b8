#include "front/kafka/kafka_json.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

TEST(KafkaJson, LeavesOutCommasThatStandAloneBeforeABracket) {
  EXPECT_EQ(without_trailing_commas("[1,2,]"), "[1,2]");
  EXPECT_EQ(without_trailing_commas("[{\"a\":1,\n },\t]"), "[{\"a\":1\n }\t]");
  EXPECT_EQ(without_trailing_commas(R"([",]", "\",]",])"), R"([",]", "\",]"])");
  EXPECT_EQ(without_trailing_commas("[[1,],[2,],]"), "[[1],[2]]");
}

TEST(KafkaJson, LeavesEveryOtherCommaToTheParser) {
  for (std::string_view text : {"[,]", "{,}", "[1,,]", ",]", "[1,2]", "[1,", "\"a,]", "\"\\"}) {
    EXPECT_EQ(without_trailing_commas(text), text) << text;
  }
  EXPECT_FALSE(KafkaBody::parse("[1,,]").has_value());
  EXPECT_FALSE(KafkaBody::parse("[,]").has_value());
  EXPECT_TRUE(KafkaBody::parse("[1 , ]").has_value());
}

TEST(KafkaJson, TakesAnEmptyBodyForNull) {
  EXPECT_TRUE(KafkaBody::parse("").value().root().is_null());
  EXPECT_TRUE(KafkaBody::parse(" \r\n").value().root().is_null());
  EXPECT_TRUE(KafkaBody::parse("null").value().root().is_null());
}

TEST(KafkaJson, ReadsWhatJavaScriptWritesOfTextThatWasCut) {
  auto body = KafkaBody::parse(R"(["a\ud800b",])");
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->root().items()[0].string(),
            "a\xef\xbf\xbd"
            "b");
}

TEST(KafkaJson, TakesWholeNumbersInAnyForm) {
  EXPECT_EQ(whole_number(JsonValue(5.0)), 5);
  EXPECT_EQ(whole_number(JsonValue(1.7e12)), 1'700'000'000'000);
  EXPECT_EQ(whole_number(JsonValue(std::int64_t{-3})), -3);
  EXPECT_EQ(whole_number(JsonValue(5.5)), std::nullopt);
  EXPECT_EQ(whole_number(JsonValue(1e300)), std::nullopt);
  EXPECT_EQ(whole_number(JsonValue(std::string_view("5"))), std::nullopt);
  EXPECT_EQ(whole_number("17"), 17);
  for (std::string_view text : {"", "1.5", "x", "1x", " 1", "99999999999999999999"}) {
    EXPECT_EQ(whole_number(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace::front
