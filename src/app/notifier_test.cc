#include "app/notifier.h"

#include <gtest/gtest.h>

#include "delivery/testing.h"
#include "eventlog/embedded/embedded_log.h"

namespace millrace::app {
namespace {

using delivery::Bench;

constexpr const char* url = "https://a.example/in";

std::vector<std::string> bodies(const Bench& bench) {
  std::vector<std::string> all;
  for (const auto& request : bench.receivers->requests) all.push_back(request.body);
  std::sort(all.begin(), all.end());
  return all;
}

Async<void> append(eventlog::EventLog& log, std::string topic, std::string value) {
  std::vector<eventlog::NewRecord> records(1);
  records[0].key = "k";
  records[0].value = std::move(value);
  auto appended = co_await log.append(std::move(topic), std::move(records));
  EXPECT_TRUE(appended);
}

class NotifierTest : public testing::Test {
 protected:
  void run(std::function<Async<void>(Notifier&)> body) {
    bench_.run([&]() -> Async<void> {
      NotifierOptions options;
      options.on_problem = [this](const std::string& line) { problems_.push_back(line); };
      options.pause = [this]() -> Async<void> { co_await bench_.quiet(std::chrono::milliseconds(1)); };
      Notifier notifier(log_, bench_.delivery(), std::move(options));
      std::stop_source stopping;
      bool ended = false;
      start(notifier.follow(stopping.get_token()), [&] { ended = true; });
      co_await body(notifier);
      stopping.request_stop();
      co_await bench_.until([&] { return ended; });
    });
  }

  Async<void> make_group() {
    std::vector<delivery::Endpoint> endpoints = {{"a", url, ""}};
    auto put = co_await bench_.delivery().put_endpoints("g", std::move(endpoints));
    EXPECT_TRUE(put);
  }

  Bench bench_{};
  eventlog::EmbeddedLog log_{bench_.memory().home()};
  std::vector<std::string> problems_{};
};

TEST_F(NotifierTest, MakesEachRecordFromNowOnOneMessageAlsoOverARestart) {
  run([&](Notifier& notifier) -> Async<void> {
    co_await make_group();
    co_await log_.create("tasks", {.partitions = 2});
    co_await append(log_, "tasks", "before");
    auto done = co_await notifier.notify("tasks", "g");
    EXPECT_TRUE(done) << done.error().message;
    co_await append(log_, "tasks", "1");
    co_await append(log_, "tasks", "2");
    co_await bench_.until([&] { return bench_.receivers->requests.size() == 2; });
    EXPECT_EQ(bodies(bench_), (std::vector<std::string>{"1", "2"}));
    const auto& seen = bench_.receivers->requests[0];
    EXPECT_EQ(seen.header("Millrace-Topic"), "tasks");
    EXPECT_EQ(seen.header("Millrace-Key"), "k");
    EXPECT_EQ(seen.header("Upstash-Topic-Name"), "g");
  });
  take_now(log_.append("tasks", {eventlog::NewRecord{.value = "3"}}));
  run([&](Notifier&) -> Async<void> {
    co_await append(log_, "tasks", "4");
    co_await bench_.until([&] { return bench_.receivers->requests.size() == 2; });
    co_await bench_.quiet();
    EXPECT_EQ(bodies(bench_), (std::vector<std::string>{"3", "4"}));
  });
  EXPECT_TRUE(problems_.empty());
}

TEST_F(NotifierTest, EndsAndRefusesWhatIsNotThere) {
  run([&](Notifier& notifier) -> Async<void> {
    co_await make_group();
    co_await log_.create("tasks", {});
    auto no_topic = co_await notifier.notify("none", "g");
    auto no_group = co_await notifier.notify("tasks", "none");
    EXPECT_EQ(no_topic.error().code, ErrorCode::not_found);
    EXPECT_EQ(no_group.error().code, ErrorCode::not_found);
    co_await notifier.notify("tasks", "g");
    auto ended = co_await notifier.end("tasks");
    EXPECT_TRUE(ended);
    co_await append(log_, "tasks", "1");
    co_await bench_.quiet();
    EXPECT_TRUE(bench_.receivers->requests.empty());
    ended = co_await notifier.end("tasks");
    EXPECT_EQ(ended.error().code, ErrorCode::not_found);
  });
}

}  // namespace
}  // namespace millrace::app
