#include "front/qstash/objects.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

using delivery::Message;

constexpr Timestamp born{std::chrono::milliseconds(1'760'000'000'000)};

template <class Write>
std::string written(Write write) {
  std::string out;
  JsonWriter json(out);
  write(json);
  return out;
}

Message plain() {
  Message message{.id = "msg_a", .url = "https://a.example/in", .created_at = born, .not_before = born};
  return message;
}

std::string shown(const Message& message) {
  return written([&](JsonWriter& json) { append_message(json, message); });
}

TEST(MessageObject, HasWhatClientsNeedAndNothingThatIsNotSet) {
  EXPECT_EQ(shown(plain()), R"({"messageId":"msg_a","url":"https://a.example/in","method":"POST","maxRetries":3,)"
                            R"("notBefore":1760000000000,"createdAt":1760000000000,"header":{}})");
}

TEST(MessageObject, GathersTheValuesOfAHeader) {
  Message message = plain();
  message.content.headers = {{"X-A", "1"}, {"X-B", "2"}, {"X-A", "3"}};

  EXPECT_NE(shown(message).find(R"("header":{"X-A":["1","3"],"X-B":["2"]})"), std::string::npos) << shown(message);
}

TEST(MessageObject, ShowsABodyThatIsNoTextInBase64) {
  Message message = plain();
  message.content.body = "gr\xc3\xbc\xc3\x9f";
  EXPECT_NE(shown(message).find("\"body\":\"gr\xc3\xbc\xc3\x9f\""), std::string::npos) << shown(message);
  message.content.body = "\xff\x01";
  EXPECT_NE(shown(message).find(R"("bodyBase64":"/wE=")"), std::string::npos) << shown(message);
}

TEST(MessageObject, SaysThePeriodOfFlowControlAndItsLimitsOnlyWhenSet) {
  Message message = plain();
  message.content.flow_control = delivery::FlowControl{.key = "k", .rate = 3};

  std::string text = shown(message);
  EXPECT_NE(text.find(R"("flowControlKey":"k","rate":3,"period":1)"), std::string::npos) << text;
  EXPECT_EQ(text.find("parallelism"), std::string::npos);
}

TEST(MessageObject, HidesWhatIsRedactedBehindADigest) {
  Message message = plain();
  message.content.body = "secret";
  message.content.headers = {{"X-Key", "k"}, {"X-Open", "o"}};
  message.content.redaction = {.body = true, .header_names = {"X-Key"}};

  std::string text = shown(message);
  EXPECT_EQ(text.find("\"secret\""), std::string::npos);
  EXPECT_NE(text.find("\"body\":\"REDACTED:2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"X-Key\":[\"REDACTED:8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a\"]"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\"X-Open\":[\"o\"]"), std::string::npos);
}

TEST(EventObject, SaysTheSameUnderBothNames) {
  delivery::Event event{.time = born, .state = delivery::State::error, .message_id = "msg_a", .error = "no"};
  event.response = delivery::Response{.status = 500, .headers = {{"X", "1"}}, .body = "b"};
  auto message = std::make_shared<Message>(plain());
  message->content.retry_delay = "1000";
  event.message = message;

  std::string text = written([&](JsonWriter& json) { append_event(json, event); });
  for (const char* part : {R"("state":"ERROR")", R"("responseStatus":500)", R"("responseHeader":{"X":["1"]})",
                           R"("responseHeaders":{"X":["1"]})", R"("responseBody":"Yg==")", R"("retryDelayExpr":"1000")",
                           R"("retryDelayExpression":"1000")"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
}

TEST(DeadLetterObject, AlwaysHasAStatus) {
  delivery::DeadLetter letter{.id = "1-0", .time = born, .message = plain()};

  std::string text = written([&](JsonWriter& json) { append_dead_letter(json, letter); });
  EXPECT_TRUE(text.starts_with(R"({"dlqId":"1-0","messageId":"msg_a")")) << text;
  EXPECT_NE(text.find(R"("responseStatus":0,"responseHeader":{})"), std::string::npos) << text;
}

TEST(PublishedObject, IsAnArrayForAGroupAlone) {
  std::vector<delivery::Published> one = {{.message_id = "m", .url = "u", .deduplicated = true}};
  auto text = [&](bool group) { return written([&](JsonWriter& json) { append_published(json, one, group); }); };

  EXPECT_EQ(text(false), R"({"messageId":"m","url":"u","deduplicated":true})");
  EXPECT_EQ(text(true), R"([{"messageId":"m","url":"u","deduplicated":true}])");
}

TEST(Version1Objects, HaveBothNamesOfAnId) {
  delivery::UrlGroup group{.name = "g", .id = "tpc_1", .endpoints = {{.url = "u", .id = "ept_1"}}};

  EXPECT_EQ(written([&](JsonWriter& json) { append_topic_v1(json, group); }),
            R"({"topicId":"tpc_1","id":"tpc_1","name":"g","endpoints":[{"endpointId":"ept_1","id":"ept_1","url":"u",)"
            R"("topicId":"tpc_1","topicName":"g"}],"endpointIds":["ept_1"]})");
}

TEST(Version1Objects, NameThePublishInPlaceOfItsTasks) {
  delivery::Event event{.time = born, .state = delivery::State::retry, .message_id = "msg_task"};
  auto message = std::make_shared<Message>(plain());
  message->parent = "msg_parent";
  event.message = message;

  EXPECT_EQ(written([&](JsonWriter& json) { append_event_v1(json, event); }),
            R"({"time":1760000000000,"state":"planned","messageId":"msg_parent","taskId":"msg_task"})");
}

}  // namespace
}  // namespace millrace::front
