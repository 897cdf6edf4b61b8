// What waits: in queues, for flow control, for hosts, for the clock; and over a restart.

#include <algorithm>

#include "delivery/delivery.h"
#include "delivery/testing.h"

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;

constexpr const char* url = "https://a.example/in";

std::vector<std::string> bodies(const FakeReceivers& receivers) {
  std::vector<std::string> all;
  for (const auto& request : receivers.requests) all.push_back(request.body);
  return all;
}

Async<void> enqueue(Bench& bench, std::string queue, std::string body, std::string to = url) {
  PublishRequest request = Bench::request(to, body);
  request.queue = queue;
  request.content.retry_delay = "1000";
  std::string id = co_await bench.publish(std::move(request));
  EXPECT_NE(id, "");
}

// --- Queues ---

TEST(Queue, DeliversInOrderOneAtATime) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<std::string> wanted;
    for (int i = 0; i < 50; ++i) {
      wanted.push_back(std::to_string(i));
      co_await enqueue(bench, "q", wanted.back());
    }
    co_await bench.until([&] { return bench.receivers->requests.size() == 50; });
    co_await bench.quiet();
    auto queue = co_await bench.delivery().queue("q");

    EXPECT_EQ(bodies(*bench.receivers), wanted);
    EXPECT_EQ(bench.receivers->open_most, 1);
    EXPECT_EQ(queue->lag, 0u);
    EXPECT_EQ(queue->parallelism, 1);
  });
}

TEST(Queue, IsHeldUpByTheRetriesOfItsFirst) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = [](const FakeReceivers::Request& request) {
      bool fails = request.body == "first" && request.header("Upstash-Retried") != "2";
      return net::OutboundResponse{.status = fails ? 500 : 200};
    };
    co_await enqueue(bench, "q", "first");
    co_await enqueue(bench, "q", "second");
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    bench.advance(1s);
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 2u);
    bench.advance(1s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 4; });

    EXPECT_EQ(bodies(*bench.receivers), (std::vector<std::string>{"first", "first", "first", "second"}));
  });
}

TEST(Queue, IsHeldUpByCallbacks) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->held["https://cb.example/"] = true;
    auto callback = std::make_shared<Callback>();
    callback->url = "https://cb.example/";
    PublishRequest request = Bench::request(url, "first");
    request.queue = "q";
    request.content.callback = callback;
    co_await bench.publish(std::move(request));
    co_await enqueue(bench, "q", "second");
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 2u);
    bench.receivers->release();
    co_await bench.until([&] { return bench.receivers->requests.size() == 3; });

    EXPECT_EQ(bench.receivers->requests[2].body, "second");
  });
}

TEST(Queue, DeliversNothingWhilePausedAndGoesOnWithTheOldest) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    co_await bench.delivery().put_queue("q", 2, true);
    for (int i = 0; i < 4; ++i) co_await enqueue(bench, "q", std::to_string(i));
    co_await bench.quiet();
    EXPECT_TRUE(bench.receivers->requests.empty());
    auto queue = co_await bench.delivery().queue("q");
    EXPECT_EQ(queue->lag, 4u);
    EXPECT_EQ(queue->parallelism, 2);
    co_await bench.delivery().pause_queue("q", false);
    co_await bench.until([&] { return bench.receivers->requests.size() == 4; });

    EXPECT_LE(bench.receivers->open_most, 2);
    EXPECT_EQ(bench.receivers->requests[0].body, "0");
  });
}

TEST(Queue, PausedBetweenRetriesWaits) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = answering(500);
    co_await enqueue(bench, "q", "first");
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();
    co_await bench.delivery().pause_queue("q", true);
    bench.advance(5s);
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    co_await bench.delivery().pause_queue("q", false);
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
  });
}

TEST(Queue, TakesADelayedMessageWhenItIsDue) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url, "late");
    request.queue = "q";
    request.delay = 10s;
    co_await bench.publish(std::move(request));
    co_await enqueue(bench, "q", "early");
    co_await bench.quiet();
    EXPECT_EQ(bodies(*bench.receivers), (std::vector<std::string>{"early"}));
    bench.advance(10s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
  });
}

TEST(Queue, GoesWithItsMessages) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    co_await bench.delivery().put_queue("q", 1, true);
    co_await enqueue(bench, "q", "first");
    auto gone = co_await bench.delivery().delete_queue("q");
    EXPECT_TRUE(gone);
    auto queue = co_await bench.delivery().queue("q");
    EXPECT_EQ(queue.error().code, ErrorCode::not_found);
    co_await enqueue(bench, "q", "second");
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();

    EXPECT_EQ(bodies(*bench.receivers), (std::vector<std::string>{"second"}));
  });
}

// --- Flow control ---

PublishRequest limited(std::string key, std::optional<int> parallelism, std::optional<int> rate, std::string body) {
  PublishRequest request = Bench::request(url, std::move(body));
  request.content.flow_control = FlowControl{std::move(key), parallelism, rate, 60s};
  return request;
}

TEST(FlowControl, BoundsTheAttemptsInFlight) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->held[url] = true;
    for (int i = 0; i < 20; ++i) {
      PublishRequest request = limited("k", 3, {}, std::to_string(i));
      co_await bench.publish(std::move(request));
    }
    co_await bench.quiet();
    auto status = co_await bench.delivery().flow_control("k");
    EXPECT_EQ(bench.receivers->requests.size(), 3u);
    EXPECT_EQ(status->parallelism_count, 3);
    EXPECT_EQ(status->waiting, 17u);
    bench.receivers->release();
    co_await bench.until([&] { return bench.receivers->requests.size() == 20; });
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->open_most, 3);
    std::vector<std::string> seen = bodies(*bench.receivers);
    std::vector<std::string> wanted;
    for (int i = 0; i < 20; ++i) wanted.push_back(std::to_string(i));
    EXPECT_EQ(seen, wanted);
  });
}

TEST(FlowControl, BoundsTheRateAndGoesOnInTheNextPeriod) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    for (int i = 0; i < 7; ++i) {
      PublishRequest request = limited("k", {}, 3, std::to_string(i));
      co_await bench.publish(std::move(request));
    }
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 3u);
    bench.advance(59s);
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 3u);
    bench.advance(1s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 6; });
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 6u);
    auto reset = co_await bench.delivery().reset_rate("k");
    EXPECT_TRUE(reset);
    co_await bench.until([&] { return bench.receivers->requests.size() == 7; });
  });
}

TEST(FlowControl, PausesAndKeepsPinnedLimits) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest first = limited("a/b", 1, {}, "0");
    co_await bench.publish(std::move(first));
    co_await bench.delivery().pause_flow_control("a/b", true);
    PublishRequest second = limited("a/b", 1, {}, "1");
    co_await bench.publish(std::move(second));
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    co_await bench.delivery().pin_flow_control("a/b", 7, std::nullopt, std::nullopt);
    co_await bench.delivery().pause_flow_control("a/b", false);
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
    PublishRequest third = limited("a/b", 2, {}, "2");
    co_await bench.publish(std::move(third));
    auto status = co_await bench.delivery().flow_control("a/b");
    auto all = co_await bench.delivery().flow_controls("b");
    auto none = co_await bench.delivery().flow_control("unknown");

    EXPECT_EQ(status->limits.parallelism, 7);
    EXPECT_TRUE(status->parallelism_pinned);
    EXPECT_EQ(all->size(), 1u);
    EXPECT_EQ(none.error().code, ErrorCode::not_found);
  });
}

TEST(Hosts, ThatDoNotAnswerDoNotHoldUpOthers) {
  Bench bench({.in_flight_max = 20, .in_flight_of_host_max = 5});
  bench.run([&]() -> Async<void> {
    bench.receivers->held["https://slow.example/"] = true;
    for (int i = 0; i < 200; ++i) {
      PublishRequest request = Bench::request("https://slow.example/");
      co_await bench.publish(std::move(request));
    }
    for (int i = 0; i < 50; ++i) {
      PublishRequest request = Bench::request(url);
      co_await bench.publish(std::move(request));
    }
    auto fast = [&] {
      return std::count_if(bench.receivers->requests.begin(), bench.receivers->requests.end(),
                           [](const auto& each) { return each.url == url; });
    };
    co_await bench.until([&] { return fast() == 50; });
    EXPECT_EQ(bench.receivers->requests.size(), 55u);
    bench.receivers->release();
    co_await bench.until([&] { return bench.receivers->requests.size() == 250; });
  });
}

TEST(Hosts, ShareTheirTurnsWithFlowControl) {
  Bench bench({.in_flight_of_host_max = 4});
  bench.run([&]() -> Async<void> {
    bench.receivers->held[url] = true;
    for (int i = 0; i < 120; ++i) {
      PublishRequest request = i % 3 == 0 ? Bench::request(url) : limited(i % 3 == 1 ? "k" : "l", 3, {}, "hello");
      co_await bench.publish(std::move(request));
    }
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 4u);
    bench.receivers->release();
    for (int i = 0; i < 200 && bench.receivers->requests.size() < 120; ++i) co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 120u);
    EXPECT_LE(bench.receivers->open_most, 4);
  });
}

// --- Schedules ---

TEST(Schedule, FiresOnceATick) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    ScheduleRequest request{.destination = {url, ""}, .cron = " */10 * * * * "};
    request.content.body = "tick";
    auto id = co_await bench.delivery().put_schedule(std::move(request));
    EXPECT_TRUE(id);
    auto shown = co_await bench.delivery().schedule(*id);
    EXPECT_EQ(shown->request.cron, "*/10 * * * *");
    EXPECT_TRUE(shown->next);
    for (std::size_t tick = 1; tick <= 3; ++tick) {
      auto before = co_await bench.delivery().schedule(*id);
      bench.advance(*before->next - bench.now - 1ms);
      co_await bench.quiet();
      EXPECT_EQ(bench.receivers->requests.size(), tick - 1);
      bench.advance(1ms);
      co_await bench.until([&] { return bench.receivers->requests.size() == tick; });
      co_await bench.quiet();
    }
    EXPECT_EQ(bench.receivers->requests[0].header("Upstash-Schedule-Id"), *id);
    shown = co_await bench.delivery().schedule(*id);
    EXPECT_EQ(shown->last_states.size(), 1u);
    EXPECT_EQ(shown->last_states[0].second, ScheduleState::success);
  });
}

TEST(Schedule, FiresOnceForWhatItMissedWhileTheServerWasDown) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    ScheduleRequest request{.id = "nightly", .destination = {url, ""}, .cron = "* * * * *"};
    auto id = co_await bench.delivery().put_schedule(std::move(request));
    EXPECT_TRUE(id);
  });
  bench.advance(10min);
  bench.run([&]() -> Async<void> {
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
  });
  bench.run([&]() -> Async<void> {
    co_await bench.quiet();
    EXPECT_TRUE(bench.receivers->requests.empty());
    bench.advance(1min);
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
  });
}

TEST(Schedule, DoesNothingWhilePausedAndIsReplacedWhole) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    ScheduleRequest request{.id = "s", .destination = {url, ""}, .cron = "* * * * *"};
    request.content.body = "old";
    ScheduleRequest same = request;
    co_await bench.delivery().put_schedule(std::move(request));
    co_await bench.delivery().pause_schedule("s", true);
    bench.advance(10min);
    co_await bench.quiet();
    EXPECT_TRUE(bench.receivers->requests.empty());
    same.content.body = "";
    Timestamp created = bench.now;
    co_await bench.delivery().put_schedule(std::move(same));
    auto shown = co_await bench.delivery().schedule("s");
    EXPECT_EQ(shown->request.content.body, "");
    EXPECT_LT(shown->created_at, created);
    EXPECT_FALSE(shown->paused);
    bench.advance(1min);
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    auto gone = co_await bench.delivery().delete_schedule("s");
    EXPECT_TRUE(gone);
    bench.advance(1h);
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    gone = co_await bench.delivery().delete_schedule("s");
    EXPECT_EQ(gone.error().code, ErrorCode::not_found);
  });
}

TEST(Schedule, TellsWhyATickMadeNothing) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<Endpoint> endpoints = {{"a", url, ""}};
    co_await bench.delivery().put_endpoints("g", std::move(endpoints));
    ScheduleRequest request{.id = "s", .destination = {"", "g"}, .cron = "* * * * *"};
    auto put = co_await bench.delivery().put_schedule(std::move(request));
    EXPECT_TRUE(put);
    bench.advance(1min);
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.delivery().delete_group("g");
    bench.advance(1min);
    co_await bench.quiet();
    auto shown = co_await bench.delivery().schedule("s");

    EXPECT_EQ(shown->error, "url group not found: g");
    EXPECT_TRUE(shown->next);
  });
}

TEST(Schedule, IsRefusedWithAWrongLine) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    ScheduleRequest request{.destination = {url, ""}, .cron = "61 * * * *"};
    auto put = co_await bench.delivery().put_schedule(std::move(request));

    EXPECT_EQ(put.error().code, ErrorCode::invalid);
  });
}

// --- Restarts ---

TEST(Restart, SendsAgainWhatWasInFlightAndKeepsTheOrderOfQueues) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->held[url] = true;
    PublishRequest request = Bench::request(url, "alone");
    co_await bench.publish(std::move(request));
    for (int i = 0; i < 5; ++i) co_await enqueue(bench, "q", std::to_string(i));
    PublishRequest waits = limited("k", 1, {}, "flow 0");
    PublishRequest behind = limited("k", 1, {}, "flow 1");
    co_await bench.publish(std::move(waits));
    co_await bench.publish(std::move(behind));
    co_await bench.until([&] { return bench.receivers->requests.size() == 3; });
  });
  bench.run([&]() -> Async<void> {
    co_await bench.until([&] { return bench.receivers->requests.size() == 8; });
    co_await bench.quiet();
    std::vector<std::string> queued;
    for (const std::string& body : bodies(*bench.receivers)) {
      if (body.size() == 1) queued.push_back(body);
    }
    EXPECT_EQ(queued, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
    EXPECT_EQ(bench.receivers->requests.size(), 8u);
  });
  bench.run([&]() -> Async<void> {
    co_await bench.quiet();
    EXPECT_TRUE(bench.receivers->requests.empty());
  });
}

// --- Dead letters ---

Async<void> make_dead_letters(Bench& bench, int count) {
  bench.receivers->rules[url] = answering(500, "no");
  for (int i = 0; i < count; ++i) {
    PublishRequest request = Bench::request(url, std::to_string(i));
    request.content.retries = 0;
    request.content.labels = {i % 2 == 0 ? "even" : "odd"};
    co_await bench.publish(std::move(request));
  }
  std::size_t wanted = bench.receivers->requests.size();
  co_await bench.until([&bench, wanted] { return bench.receivers->requests.size() >= wanted; });
  co_await bench.quiet();
}

TEST(DeadLetters, AreListedInPages) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    co_await make_dead_letters(bench, 25);
    std::vector<std::string> seen;
    std::optional<std::string> cursor = "";
    while (cursor) {
      Filter everything;
      PageRequest page{.cursor = *cursor, .count = 10, .order = Order::earliest_first};
      auto letters = co_await bench.delivery().dead_letters(std::move(everything), std::move(page));
      for (const DeadLetter& each : letters->items) seen.push_back(each.id);
      cursor = letters->cursor;
    }
    std::sort(seen.begin(), seen.end());
    EXPECT_EQ(seen.size(), 25u);
    EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
  });
}

TEST(DeadLetters, AreSentAnewWithChanges) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    co_await make_dead_letters(bench, 1);
    auto letters = co_await bench.dead_letters();
    bench.receivers->rules.clear();
    Delivery::Change change = [](PublishRequest& request) { request.content.headers = {{"X-Again", "yes"}}; };
    auto published = co_await bench.delivery().retry_dead_letter(letters.items[0].id, std::move(change));
    EXPECT_TRUE(published);
    EXPECT_NE(published->message_id, letters.items[0].message.id);
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
    EXPECT_EQ(bench.receivers->requests[1].body, "0");
    EXPECT_EQ(bench.receivers->requests[1].header("X-Again"), "yes");
    auto left = co_await bench.dead_letters();
    EXPECT_TRUE(left.items.empty());
    Delivery::Change none;
    auto again = co_await bench.delivery().retry_dead_letter(letters.items[0].id, std::move(none));
    EXPECT_EQ(again.error().code, ErrorCode::not_found);
  });
}

TEST(DeadLetters, AreDeletedByIdAndByFilter) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    co_await make_dead_letters(bench, 10);
    auto letters = co_await bench.dead_letters();
    auto gone = co_await bench.delivery().delete_dead_letter(letters.items[0].id);
    EXPECT_TRUE(gone);
    gone = co_await bench.delivery().delete_dead_letter(letters.items[0].id);
    EXPECT_EQ(gone.error().code, ErrorCode::not_found);
    Filter odd;
    odd.labels = {"odd"};
    PageRequest page;
    auto deleted = co_await bench.delivery().delete_dead_letters(std::move(odd), std::move(page));
    EXPECT_EQ(deleted->count, 4u);  // the latest one, which is gone, was odd
    auto left = co_await bench.dead_letters();
    EXPECT_EQ(left.items.size(), 5u);
    PageRequest retry_page;
    Filter rest;
    Delivery::Change none;
    bench.receivers->rules.clear();
    auto retried =
        co_await bench.delivery().retry_dead_letters(std::move(rest), std::move(retry_page), std::move(none));
    EXPECT_EQ(retried->items.size(), 5u);
    left = co_await bench.dead_letters();
    EXPECT_TRUE(left.items.empty());
  });
}

// --- Events ---

TEST(Events, ArePagedWithoutGapsInBothOrders) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    for (int i = 0; i < 300; ++i) {
      PublishRequest request = Bench::request(url, std::to_string(i));
      co_await bench.publish(std::move(request));
      if (i % 50 == 0) bench.advance(1ms);
    }
    co_await bench.until([&] { return bench.receivers->requests.size() == 300; });
    co_await bench.quiet();
    for (Order order : {Order::latest_first, Order::earliest_first}) {
      std::vector<std::string> seen;
      std::optional<std::string> cursor = "";
      while (cursor) {
        Filter everything;
        PageRequest page{.cursor = *cursor, .count = 37, .order = order};
        auto events = co_await bench.delivery().events(std::move(everything), std::move(page));
        EXPECT_LE(events->items.size(), 37u);
        for (const Event& each : events->items) seen.push_back(each.message_id + std::string(to_string(each.state)));
        cursor = events->cursor;
      }
      std::sort(seen.begin(), seen.end());
      EXPECT_EQ(seen.size(), 900u);
      EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
    }
    Filter delivered;
    delivered.states = {State::delivered};
    PageRequest page{.count = 1000};
    auto events = co_await bench.delivery().events(std::move(delivered), std::move(page));
    EXPECT_EQ(events->items.size(), 300u);
    EXPECT_EQ(events->items[0].response->status, 200);
  });
}

TEST(Events, TellOfALongAttemptBeforeItsEnd) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->held[url] = true;
    PublishRequest request = Bench::request(url);
    std::string id = co_await bench.publish(std::move(request));
    bench.now += 1s;
    std::vector<State> states;
    for (int i = 0; i < 500 && states.size() < 2; ++i) {
      co_await bench.quiet();
      states = co_await bench.states(id);
    }
    EXPECT_EQ(states, (std::vector<State>{State::created, State::active}));
    bench.receivers->release();
    co_await bench.quiet();
    states = co_await bench.states(id);
    EXPECT_EQ(states, (std::vector<State>{State::created, State::active, State::delivered}));
  });
}

}  // namespace
}  // namespace millrace::delivery
