#include "delivery/rows.h"

#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

Timestamp at(std::int64_t milliseconds) {
  return Timestamp(std::chrono::milliseconds(milliseconds));
}

Message full_message() {
  auto nested = std::make_shared<Callback>();
  nested->url = "https://c.example/nested";
  auto callback = std::make_shared<Callback>();
  callback->url = "https://c.example/cb";
  callback->retries = 0;
  callback->timeout = std::chrono::seconds(7);
  callback->headers = {{"X-A", "1"}, {"X-A", "2"}};
  callback->failure_callback = nested;
  Message message{.id = "msg_a", .url = "https://a.example/in?x=1"};
  message.content.method = "PUT";
  message.content.headers = {{"Content-Type", "text/plain"}};
  message.content.body = std::string("\0\xff body", 7);
  message.content.retries = 0;
  message.content.retry_delay = "1000 * retried";
  message.content.timeout = std::chrono::seconds(30);
  message.content.callback = callback;
  message.content.flow_control = FlowControl{"k", 2, std::nullopt, std::chrono::hours(1)};
  message.content.labels = {"a", "b"};
  message.content.redaction.header_names = {"X-Secret"};
  message.content.caller_address = "10.0.0.7";
  message.group = "g";
  message.endpoint = "e";
  message.queue = "q";
  message.schedule = "s";
  message.parent = "msg_p";
  message.created_at = at(5);
  message.not_before = at(6);
  message.source = "msg_s";
  message.source_queue = "sq";
  return message;
}

TEST(Rows, KeepAMessageWhole) {
  Message message = full_message();
  std::string bytes = encode(message);
  auto row = decode_message("msg_a", bytes);

  ASSERT_TRUE(row);
  EXPECT_EQ(encode(row->message), bytes);
  EXPECT_EQ(row->message.content.body, message.content.body);
  EXPECT_EQ(row->message.content.callback->failure_callback->url, "https://c.example/nested");
  EXPECT_EQ(row->message.content.callback->retries, 0);
  EXPECT_EQ(row->message.content.flow_control, message.content.flow_control);
  EXPECT_EQ(row->message.source_queue, "sq");
  EXPECT_FALSE(row->body_apart);
}

TEST(Rows, LeaveOutABodyThatIsLong) {
  Message message = full_message();
  message.content.body.assign(body_in_row_max + 1, 'x');
  auto row = decode_message("msg_a", encode(message));

  ASSERT_TRUE(row);
  EXPECT_TRUE(row->body_apart);
  EXPECT_EQ(row->body_bytes, body_in_row_max + 1);
  EXPECT_EQ(row->message.content.body, "");
}

TEST(Rows, KeepAStatusWhole) {
  StatusRow status{.state = State::retry, .retried = 2, .next_delivery = at(9), .joined = true, .released = true};
  status.dead_letter = "5-0";
  status.events.push_back({.time = at(1)});
  status.events.push_back({.time = at(2),
                           .state = State::error,
                           .error = "500",
                           .response = Response{500, {{"A", "b"}}, "no"},
                           .latency = std::chrono::milliseconds(12)});

  EXPECT_EQ(decode_status(encode(status)), status);
}

TEST(Rows, KeepQueuesFlowsSchedulesAndLogEntries) {
  QueueRow queue{at(1), at(2), 3, true};
  FlowRow flow{std::nullopt, 5, std::chrono::seconds(60), true, false, true};
  FlowCountRow count{at(7), 4};
  ScheduleStateRow state{true, at(1), std::nullopt, {"msg_a"}, "no"};
  LogRow log{"msg_a", 3, 2};

  EXPECT_EQ(decode_queue(encode(queue)), queue);
  EXPECT_EQ(decode_flow(encode(flow)), flow);
  EXPECT_EQ(decode_flow_count(encode(count)), count);
  EXPECT_EQ(decode_schedule_state(encode(state)), state);
  EXPECT_EQ(decode_log(encode(log)), log);
}

TEST(Rows, KeepGroupsAndSchedules) {
  UrlGroup group{.name = "g", .id = "tpc_1", .created_at = at(1), .updated_at = at(2)};
  group.endpoints = {{"a", "https://a.example", "ept_1"}, {"", "https://b.example", "ept_2"}};
  group.headers = {{"Upstash-Retries", "3"}};
  ScheduleRow schedule;
  schedule.request = {.id = "scd_1", .cron = "* * * * *", .content = full_message().content, .queue = "q"};
  schedule.request.destination.group = "g";
  auto read = decode_schedule("scd_1", encode(schedule));

  EXPECT_EQ(decode_group("g", encode(group))->endpoints, group.endpoints);
  EXPECT_EQ(decode_group("g", encode(group))->headers, group.headers);
  ASSERT_TRUE(read);
  EXPECT_EQ(encode(*read), encode(schedule));
}

TEST(Rows, RefuseWhatIsCutOrHasMoreBehindIt) {
  std::string bytes = encode(full_message());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_message("msg_a", std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_message("msg_a", bytes + "x"));
}

}  // namespace
}  // namespace millrace::delivery
