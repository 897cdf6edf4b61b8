#include "front/kafka/kafka_path.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

TEST(KafkaPath, TakesEverythingBehindTheTopicAsTheMessage) {
  auto message = [](std::string_view raw) {
    KafkaPath path = read_kafka_path(raw);
    EXPECT_EQ(path.action, KafkaAction::produce_message) << raw;
    EXPECT_EQ(path.topic, "T") << raw;
    return path.message;
  };

  EXPECT_EQ(message("/produce/T/hello%20world"), "hello world");
  EXPECT_EQ(message("/produce/T/a/b//c/../d/./"), "a/b//c/../d/./");
  EXPECT_EQ(message("/produce/T//"), "/");
  EXPECT_EQ(message("/produce/T/a+b"), "a+b");
  EXPECT_EQ(message("/produce/T/%22100%%20done%22"), "\"100% done\"");
  EXPECT_EQ(message("/produce/T/%2525%zz%4"), "%25%zz%4");
  EXPECT_EQ(message("/produce/T/{\"a\":[1|2^3]}"), "{\"a\":[1|2^3]}");
  EXPECT_EQ(message("/produce/T/%7B%22text%22:%22a%20b%22%7D"), "{\"text\":\"a b\"}");
  EXPECT_EQ(message("/produce/T/%C3%A4\xc3\xb6%00"), std::string("äö\0", 5));
}

TEST(KafkaPath, LooksForRecordsInTheBodyWhenThePathHasNoMessage) {
  for (std::string_view raw : {"/produce", "/produce/"}) {
    EXPECT_EQ(read_kafka_path(raw).action, KafkaAction::produce) << raw;
    EXPECT_EQ(read_kafka_path(raw).topic, "") << raw;
  }
  for (std::string_view raw : {"/produce/a%2Eb", "/produce/a.b/"}) {
    EXPECT_EQ(read_kafka_path(raw).action, KafkaAction::produce) << raw;
    EXPECT_EQ(read_kafka_path(raw).topic, "a.b") << raw;
  }
}

TEST(KafkaPath, TakesASlashAtTheEndForNone) {
  for (std::string_view raw : {"/fetch", "/fetch/"}) EXPECT_EQ(read_kafka_path(raw).action, KafkaAction::fetch) << raw;
  for (std::string_view raw : {"/consume/g/i", "/consume/g/i/"}) {
    KafkaPath path = read_kafka_path(raw);
    EXPECT_EQ(path.action, KafkaAction::consume) << raw;
    EXPECT_EQ(path.topic, "") << raw;
  }
  EXPECT_EQ(read_kafka_path("/offsets/earliest/").name, "earliest");
  EXPECT_EQ(read_kafka_path("/topics/").action, KafkaAction::topics);
}

TEST(KafkaPath, DecodesItsSegments) {
  KafkaPath path = read_kafka_path("/consume/the%20group/a%2Fb/orders");

  EXPECT_EQ(path.group, "the group");
  EXPECT_EQ(path.instance, "a/b");
  EXPECT_EQ(path.topic, "orders");
  EXPECT_EQ(read_kafka_path("/delete-consumer/g/i").action, KafkaAction::remove_consumer);
  EXPECT_EQ(read_kafka_path("/follow/orders,audit").topic, "orders,audit");
  EXPECT_EQ(read_kafka_path("/checkpoints/mail").name, "mail");
}

TEST(KafkaPath, KnowsNothingElse) {
  for (std::string_view raw : {"", "/", "/nothing", "/fetch/orders", "/consume", "/consume/g", "/consume/g/i/t/more",
                               "/consume//i", "/consume/g//", "/commit/g", "/commit/g/i/t", "/topics/orders", "/Fetch",
                               "/producer/T", "/offsets", "/checkpoints", "/records"}) {
    EXPECT_EQ(read_kafka_path(raw).action, KafkaAction::unknown) << raw;
  }
}

}  // namespace
}  // namespace millrace::front
