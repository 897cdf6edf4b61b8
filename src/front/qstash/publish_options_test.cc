#include "front/qstash/publish_options.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

using namespace std::chrono_literals;
using delivery::Headers;

PublishOptions read(std::vector<net::HttpHeader> headers, HeaderReading reading = {}) {
  auto options = read_publish_options(headers, reading);
  EXPECT_TRUE(options) << (options ? "" : options.error().message);
  return options ? std::move(*options) : PublishOptions{};
}

std::string fault(std::vector<net::HttpHeader> headers) {
  auto options = read_publish_options(headers);
  return options ? "accepted" : options.error().message;
}

TEST(PublishOptions, ReadsEachControlHeader) {
  auto options = read({{"Upstash-Method", "put"},
                       {"upstash-retries", "2"},
                       {"Upstash-Retry-Delay", "1000 * retried"},
                       {"Upstash-Timeout", "30"},
                       {"UPSTASH-DELAY", "1h30m3s"},
                       {"Upstash-Not-Before", "1760000000"},
                       {"Upstash-Deduplication-Id", "once"},
                       {"Upstash-Content-Based-Deduplication", "True"},
                       {"Upstash-Flow-Control-Key", "orders"},
                       {"Upstash-Flow-Control-Value", "parallelism=2, rate=3, period=60s"},
                       {"Upstash-Label", "eu, orders,,"},
                       {"Upstash-Cron", " */10 * * * * "},
                       {"Upstash-Schedule-Id", "nightly"},
                       {"Upstash-Queue-Name", "mail"}});

  EXPECT_EQ(options.method, "PUT");
  EXPECT_EQ(options.retries, 2);
  EXPECT_EQ(options.retry_delay, "1000 * retried");
  EXPECT_EQ(options.timeout, 30s);
  EXPECT_EQ(options.delay, 5403s);
  EXPECT_EQ(options.not_before, Timestamp(1'760'000'000s));
  EXPECT_EQ(options.deduplication_id, "once");
  EXPECT_EQ(options.deduplicate_content, true);
  EXPECT_EQ(options.flow_control, (delivery::FlowControl{.key = "orders", .parallelism = 2, .rate = 3, .period = 60s}));
  EXPECT_EQ(options.labels, (std::vector<std::string>{"eu", "orders"}));
  EXPECT_EQ(options.cron, "*/10 * * * *");
  EXPECT_EQ(options.schedule_id, "nightly");
  EXPECT_EQ(options.queue, "mail");
}

TEST(PublishOptions, TakesAnEmptyValueForNone) {
  auto options = read({{"Upstash-Callback", ""}, {"Upstash-Method", ""}, {"Upstash-Cron", ""}, {"Upstash-Delay", ""}});

  EXPECT_FALSE(options.callback);
  EXPECT_FALSE(options.method);
  EXPECT_FALSE(options.delay);
  EXPECT_TRUE(options.cron.empty());
}

TEST(PublishOptions, ForwardsWhatHasThePrefixAndTheContentType) {
  auto options = read({{"authorization", "Bearer secret"},
                       {"content-type", "text/plain;charset=UTF-8"},
                       {"content", "application/json"},
                       {"Upstash-Forward-x-api-KEY", "k"},
                       {"Upstash-Forward-Upstash-Workflow-Url", "https://a.example"},
                       {"Upstash-Forward-Authorization", "Bearer theirs"},
                       {"Upstash-Forward-Content-Type", "text/html"},
                       {"Upstash-Forward-Host", "evil.example"},
                       {"Upstash-Forward-Transfer-Encoding", "chunked"},
                       {"Upstash-Telemetry-Sdk", "x"}});

  EXPECT_EQ(options.headers, (Headers{{"Content-Type", "text/plain;charset=UTF-8"},
                                      {"X-Api-Key", "k"},
                                      {"Upstash-Workflow-Url", "https://a.example"},
                                      {"Authorization", "Bearer theirs"}}));
  EXPECT_EQ(read({{"Upstash-Forward-Content-Type", "text/html"}}).headers, (Headers{{"Content-Type", "text/html"}}));
}

TEST(PublishOptions, ForwardsEverythingWhenAskedTo) {
  std::vector<net::HttpHeader> headers = {
      {"host", "h"},       {"Authorization", "Bearer a"}, {"x-one", "1"},          {"upstash-header-forward", "true"},
      {"connection", "x"}, {"content-length", "5"},       {"upstash-delay", "1s"}, {"upstash-forward-x-one", "2"}};

  EXPECT_EQ(read(headers).headers, (Headers{{"X-One", "2"}}));
  EXPECT_EQ(read(headers, {.authorization_ours = false}).headers,
            (Headers{{"X-One", "2"}, {"Authorization", "Bearer a"}}));
}

TEST(PublishOptions, ConfiguresCallbacksByTheirOwnHeaders) {
  auto options = read({{"Upstash-Callback", "https://a.example/cb"},
                       {"Upstash-Callback-Method", "PUT"},
                       {"Upstash-Callback-Retries", "1"},
                       {"Upstash-Callback-Retry-Delay", "500"},
                       {"Upstash-Callback-Timeout", "3s"},
                       {"Upstash-Callback-Forward-x-Tenant", "t"},
                       {"Upstash-Callback-Flow-Control-Key", "cb"},
                       {"Upstash-Callback-Flow-Control-Value", "rate=1"},
                       {"Upstash-Callback-Failure-Callback", "https://a.example/cb-failed"},
                       {"Upstash-Failure-Callback", "https://a.example/failed"},
                       {"Upstash-Failure-Callback-Method", "DELETE"},
                       {"Upstash-Retries", "7"}});

  ASSERT_TRUE(options.callback && options.failure_callback && options.callback->failure_callback);
  const delivery::Callback& callback = *options.callback;
  EXPECT_EQ(callback.url, "https://a.example/cb");
  EXPECT_EQ(callback.method, "PUT");
  EXPECT_EQ(callback.retries, 1);
  EXPECT_EQ(callback.retry_delay, "500");
  EXPECT_EQ(callback.timeout, 3s);
  EXPECT_EQ(callback.headers, (Headers{{"X-Tenant", "t"}}));
  EXPECT_EQ(callback.flow_control->rate, 1);
  EXPECT_EQ(callback.failure_callback->url, "https://a.example/cb-failed");
  EXPECT_EQ(options.failure_callback->url, "https://a.example/failed");
  EXPECT_EQ(options.failure_callback->method, "DELETE");
  EXPECT_FALSE(options.failure_callback->retries);
  EXPECT_EQ(options.retries, 7);
}

TEST(PublishOptions, ReadsFlowControlInAnyOrderWithDefaults) {
  auto flow = read_flow_control("k", "period=1h30m3s,rate=5").value();
  EXPECT_EQ(flow.period, 5403s);
  EXPECT_EQ(flow.rate, 5);
  EXPECT_FALSE(flow.parallelism);
  EXPECT_EQ(read_flow_control("k", "parallelism=3")->period, 1s);
  for (const char* text : {"", "period=1s", "parallelism=0", "rate=-1", "rate=x", "rate", "speed=3", "rate=1,period=0",
                           "rate=1,period=8d", "rate=99999999999"}) {
    EXPECT_FALSE(read_flow_control("k", text)) << text;
  }
}

TEST(PublishOptions, ReadsWhatToRedact) {
  auto all = read({{"Upstash-Redact-Fields", "body,header"}});
  EXPECT_EQ(all.redaction, (delivery::Redaction{.body = true, .headers = true}));
  auto some = read({{"Upstash-Redact-Fields", "headers[authorization], header[X-Key]"}});
  EXPECT_EQ(some.redaction, (delivery::Redaction{.header_names = {"Authorization", "X-Key"}}));
}

TEST(PublishOptions, NamesTheHeaderThatItCannotRead) {
  EXPECT_EQ(fault({{"Upstash-Method", "TRACE"}}),
            "invalid Upstash-Method: 'TRACE' is none of GET, POST, PUT, PATCH, DELETE");
  EXPECT_EQ(fault({{"Upstash-Deduplication-Id", "a:b"}}), "DeduplicationId cannot contain ':'");
  EXPECT_EQ(fault({{"Upstash-Callback", "https://a.example"}, {"Upstash-Callback-Delay", "3s"}}),
            "invalid Upstash-Callback: a callback cannot be delayed");
  EXPECT_EQ(fault({{"Upstash-Flow-Control-Key", "k"}}),
            "invalid Upstash-Flow-Control-Key: it needs an Upstash-Flow-Control-Value");
  for (net::HttpHeader wrong : std::initializer_list<net::HttpHeader>{{"Upstash-Retries", "-1"},
                                                                      {"Upstash-Retries", "1.5"},
                                                                      {"Upstash-Retries", "99999999999"},
                                                                      {"Upstash-Delay", "soon"},
                                                                      {"Upstash-Not-Before", "tomorrow"},
                                                                      {"Upstash-Not-Before", "99999999999999"},
                                                                      {"Upstash-Timeout", "1y"},
                                                                      {"Upstash-Retry-Delay", "1 +"},
                                                                      {"Upstash-Cron", "* * *"},
                                                                      {"Upstash-Schedule-Id", "a b"},
                                                                      {"Upstash-Queue-Name", "a/b"},
                                                                      {"Upstash-Callback", "ftp://a.example"},
                                                                      {"Upstash-Redact-Fields", "url"}}) {
    EXPECT_NE(fault({wrong}), "accepted") << wrong.name << ": " << wrong.value;
  }
}

TEST(PublishOptions, EndsCallbacksOfCallbacks) {
  std::string name = "Upstash";
  std::vector<std::string> names;
  for (int depth = 0; depth < 6; ++depth) names.push_back(name += "-Callback");
  std::vector<net::HttpHeader> headers;
  for (const std::string& each : names) headers.push_back({each, "https://a.example"});

  EXPECT_NE(fault(headers), "accepted");
}

TEST(PublishOptions, ChangesOnlyWhatWasAskedFor) {
  delivery::PublishRequest request;
  request.content.headers = {{"Content-Type", "text/plain"}, {"X-One", "1"}};
  request.content.retries = 9;
  request.content.labels = {"old"};
  apply(read({{"Upstash-Forward-X-One", "2"}, {"Upstash-Method", "PUT"}}, {.content_type = false}), request);

  EXPECT_EQ(request.content.headers, (Headers{{"Content-Type", "text/plain"}, {"X-One", "2"}}));
  EXPECT_EQ(request.content.method, "PUT");
  EXPECT_EQ(request.content.retries, 9);
  EXPECT_EQ(request.content.labels, (std::vector<std::string>{"old"}));
}

TEST(PublishOptions, KnowsWhatCanBeAHeader) {
  EXPECT_TRUE(is_header("x-a_b", "v\tw"));
  EXPECT_FALSE(is_header("", "v"));
  EXPECT_FALSE(is_header("a b", "v"));
  EXPECT_FALSE(is_header("a", "v\r\nx: y"));
  EXPECT_FALSE(is_header("a:", "v"));
}

TEST(PublishOptions, WritesNamesInCanonicalCase) {
  EXPECT_EQ(canonical_name("x-api-KEY"), "X-Api-Key");
  EXPECT_EQ(canonical_name("content-type"), "Content-Type");
}

}  // namespace
}  // namespace millrace::front
