#include "delivery/delivery.h"

#include <algorithm>

#include "delivery/signature.h"
#include "delivery/testing.h"

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;
using States = std::vector<State>;

constexpr const char* url = "https://a.example/in?x=1";

TEST(Publish, SendsTheBodySignedWithItsHeaders) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url, "{\"order\":42}");
    request.content.method = "PUT";
    request.content.headers = {{"Content-Type", "application/json"}, {"X-Tenant", "t-9"}, {"Host", "evil"}};
    request.content.caller_address = "10.0.0.7";
    std::string id = co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    const auto& seen = bench.receivers->requests[0];

    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.url, url);
    EXPECT_EQ(seen.body, "{\"order\":42}");
    EXPECT_EQ(seen.header("Content-Type"), "application/json");
    EXPECT_EQ(seen.header("X-Tenant"), "t-9");
    EXPECT_EQ(seen.header("Host"), "");
    EXPECT_EQ(seen.header("User-Agent"), "Upstash-QStash");
    EXPECT_EQ(seen.header("Upstash-Message-Id"), id);
    EXPECT_EQ(seen.header("Upstash-Retried"), "0");
    EXPECT_EQ(seen.header("Upstash-Caller-Ip"), "10.0.0.7");
    EXPECT_EQ(seen.header("Upstash-Region"), "EU-CENTRAL-1");
    EXPECT_EQ(seen.header("Webhook-Id"), id);
    EXPECT_TRUE(verify_signature(seen.header("Upstash-Signature"), seen.body, {"sig_current", ""}, bench.now));
  });
}

TEST(Publish, IsCreatedActiveAndDeliveredOnce) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url);
    std::string id = co_await bench.publish(std::move(request));
    std::optional<State> state;
    for (int i = 0; i < 1000 && state != State::delivered; ++i) {
      state = co_await bench.state(id);
      co_await bench.quiet();
    }
    States states = co_await bench.states(id);
    auto message = co_await bench.delivery().message(id);

    EXPECT_EQ(states, (States{State::created, State::active, State::delivered}));
    EXPECT_TRUE(message);
    EXPECT_EQ(message->message.content.body, "hello");
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    bench.advance(61s);
    auto later = co_await bench.delivery().message(id);
    EXPECT_FALSE(later);
  });
}

TEST(Publish, WaitsForItsTime) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url);
    request.delay = 60s;
    std::string id = co_await bench.publish(std::move(request));
    bench.advance(59s);
    co_await bench.quiet();
    EXPECT_TRUE(bench.receivers->requests.empty());
    bench.advance(1s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
  });
}

TEST(Publish, OfAPastTimeIsSentNow) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url);
    request.not_before = bench.now - 1h;
    request.delay = 1h;
    co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
  });
}

TEST(Publish, RefusesWhatIsWrongOrTooMuchAndKeepsNothingOfIt) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<PublishRequest> requests(7, Bench::request(url));
    requests[0].destination.url = "shop";
    requests[1].delay = 24h * 366;
    requests[2].content.retries = 101;
    requests[3].content.body.assign((10 << 20) + 1, 'x');
    requests[4].content.retry_delay = "1 +";
    requests[5].deduplication_id = "a:b";
    requests[6].destination = {"", "nowhere"};
    auto answers = co_await bench.delivery().publish_batch(std::move(requests));
    co_await bench.quiet();

    EXPECT_TRUE(answers);
    for (const auto& answer : *answers) EXPECT_FALSE(answer);
    EXPECT_EQ((*answers)[1].error().message, "quota maxDelay exceeded, current limit: 31536000");
    EXPECT_EQ((*answers)[2].error().message, "quota maxRetries exceeded");
    EXPECT_EQ((*answers)[3].error().message, "quota maxMessageSize exceeded");
    EXPECT_EQ((*answers)[5].error().message, "DeduplicationId cannot contain ':'");
    EXPECT_EQ((*answers)[6].error().code, ErrorCode::not_found);
    EXPECT_TRUE(bench.receivers->requests.empty());
  });
}

TEST(Batch, AnswersEachInItsPlaceAndSendsTheGoodOnes) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<PublishRequest> requests = {Bench::request("https://a.example/1"), Bench::request("no"),
                                            Bench::request("https://a.example/3")};
    auto answers = co_await bench.delivery().publish_batch(std::move(requests));
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });

    EXPECT_TRUE((*answers)[0]);
    EXPECT_FALSE((*answers)[1]);
    EXPECT_EQ((*answers)[2]->front().url, "https://a.example/3");
  });
}

TEST(Batch, OfMoreThanCanBeInFlightIsSentWhole) {
  Bench bench({.in_flight_max = 10});
  bench.run([&]() -> Async<void> {
    std::vector<PublishRequest> requests(500, Bench::request(url));
    auto answers = co_await bench.delivery().publish_batch(std::move(requests));
    co_await bench.until([&] { return bench.receivers->requests.size() == 500; });
    co_await bench.quiet();
    std::vector<std::string> ids;
    for (const auto& each : bench.receivers->requests) ids.push_back(each.header("Upstash-Message-Id"));
    std::sort(ids.begin(), ids.end());

    EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
    EXPECT_EQ(bench.receivers->requests.size(), 500u);
    EXPECT_LE(bench.receivers->open_most, 10);
  });
}

TEST(LargeBodies, ArriveWhole) {
  Bench bench({.in_flight_bytes_max = 3 << 20});
  bench.run([&]() -> Async<void> {
    for (int i = 0; i < 8; ++i) {
      PublishRequest request = Bench::request(url, std::string((1 << 20) + i, 'x'));
      if (i % 2 == 1) request.delay = 1s;
      co_await bench.publish(std::move(request));
    }
    bench.advance(2s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 8; });
    std::size_t bytes = 0;
    for (const auto& each : bench.receivers->requests) {
      bytes += each.body.size();
      EXPECT_TRUE(verify_signature(each.header("Upstash-Signature"), each.body, {"sig_current", ""}, bench.now));
    }
    EXPECT_EQ(bytes, 8u * (1 << 20) + 28);
  });
}

// --- Retries ---

TEST(Retry, GrowsAndEndsInADeadLetter) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = answering(500, "no");
    PublishRequest request = Bench::request(url);
    request.content.retries = 2;
    std::string id = co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();
    bench.advance(11s);
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    bench.advance(1s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
    co_await bench.quiet();
    bench.advance(148s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 3; });
    co_await bench.quiet();
    EXPECT_EQ(bench.receivers->requests[2].header("Upstash-Retried"), "2");

    States states = co_await bench.states(id);
    EXPECT_EQ(states, (States{State::created, State::active, State::error, State::retry, State::active, State::error,
                              State::retry, State::active, State::error, State::failed}));
    auto letters = co_await bench.dead_letters();
    EXPECT_EQ(letters.items.size(), 1u);
    EXPECT_EQ(letters.items[0].message.id, id);
    EXPECT_EQ(letters.items[0].response.status, 500);
    EXPECT_EQ(letters.items[0].response.body, "no");
    EXPECT_FALSE(letters.cursor);
  });
}

TEST(Retry, SucceedsAtLast) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = [](const FakeReceivers::Request& request) {
      return net::OutboundResponse{.status = request.header("Upstash-Retried") == "0" ? 503 : 204};
    };
    PublishRequest request = Bench::request(url);
    request.content.retry_delay = "1000";
    std::string id = co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();
    bench.advance(1s);
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
    co_await bench.quiet();

    States states = co_await bench.states(id);
    EXPECT_EQ(states,
              (States{State::created, State::active, State::error, State::retry, State::active, State::delivered}));
  });
}

TEST(Retry, IsNotMadeWhenTheReceiverForbidsIt) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = answering(489, "", {{"upstash-nonretryable-error", "true"}});
    PublishRequest request = Bench::request(url);
    std::string id = co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();
    std::optional<State> state = co_await bench.state(id);

    EXPECT_EQ(state, State::failed);
  });
}

TEST(Retry, WithoutAResponseKeepsTheError) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = [](const FakeReceivers::Request&) {
      return net::OutboundResponse{.error = "context deadline exceeded"};
    };
    PublishRequest request = Bench::request(url);
    request.content.retries = 0;
    co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    co_await bench.quiet();
    auto letters = co_await bench.dead_letters();

    EXPECT_EQ(letters.items.size(), 1u);
    EXPECT_EQ(letters.items[0].response.status, 0);
    EXPECT_EQ(letters.items[0].response.body, "context deadline exceeded");
  });
}

// --- Callbacks ---

TEST(Callback, TellsOfEveryAttemptAndOfFailure) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = answering(500, "no");
    PublishRequest request = Bench::request(url);
    auto callback = std::make_shared<Callback>();
    callback->url = "https://cb.example/";
    callback->headers = {{"X-Mine", "1"}};
    auto failure = std::make_shared<Callback>();
    failure->url = "https://failed.example/";
    request.content.retries = 1;
    request.content.retry_delay = "0";
    request.content.callback = callback;
    request.content.failure_callback = failure;
    std::string id = co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 5; });
    std::vector<FakeReceivers::Request> told;
    for (const auto& each : bench.receivers->requests) {
      if (each.url != url) told.push_back(each);
    }
    EXPECT_EQ(told.size(), 3u);
    EXPECT_NE(told[0].body.find("\"sourceMessageId\":\"" + id + "\""), std::string::npos);
    EXPECT_NE(told[0].body.find("\"status\":500"), std::string::npos);
    EXPECT_NE(told[0].body.find("\"body\":\"bm8=\""), std::string::npos);
    EXPECT_EQ(told[0].header("X-Mine"), "1");
    EXPECT_EQ(told[0].header("Content-Type"), "application/json");
    EXPECT_NE(told[0].header("Upstash-Message-Id"), id);
    auto failed = std::find_if(told.begin(), told.end(), [&](const auto& each) { return each.url == failure->url; });
    EXPECT_NE(failed, told.end());
    EXPECT_NE(failed->body.find("\"dlqId\":\""), std::string::npos);
  });
}

// --- Deduplication ---

TEST(Deduplication, ByIdGivesTheFirstMessage) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url);
    request.deduplication_id = "once";
    PublishRequest same = request;
    PublishRequest later = request;
    auto first = co_await bench.delivery().publish(std::move(request));
    auto second = co_await bench.delivery().publish(std::move(same));
    bench.advance(10min);
    auto third = co_await bench.delivery().publish(std::move(later));
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });

    EXPECT_FALSE(first->front().deduplicated);
    EXPECT_TRUE(second->front().deduplicated);
    EXPECT_EQ(second->front().message_id, first->front().message_id);
    EXPECT_FALSE(third->front().deduplicated);
  });
}

TEST(Deduplication, HoldsWithinABatchAndAmongThoseAtTheSameTime) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url);
    request.deduplicate_content = true;
    std::vector<PublishRequest> requests(3, request);
    requests[2].content.body = "other";
    int done = 0;
    for (int i = 0; i < 5; ++i) {
      std::vector<PublishRequest> again = requests;
      start(bench.delivery().publish_batch(std::move(again)), [&](auto) { ++done; });
    }
    co_await bench.until([&] { return done == 5; });
    co_await bench.quiet();

    EXPECT_EQ(bench.receivers->requests.size(), 2u);
  });
}

// --- Groups ---

TEST(Group, GetsOneMessageForEachEndpoint) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<Endpoint> endpoints = {{"a", "https://a.example/in", ""}, {"", "https://b.example/in", ""}};
    auto put = co_await bench.delivery().put_endpoints("g", std::move(endpoints));
    EXPECT_TRUE(put);
    PublishRequest request;
    request.destination.group = "g";
    auto published = co_await bench.delivery().publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });

    EXPECT_EQ(published->size(), 2u);
    EXPECT_NE((*published)[0].message_id, (*published)[1].message_id);
    EXPECT_EQ(bench.receivers->requests[0].header("Upstash-Topic-Name"), "g");
    std::vector<Endpoint> gone = {{"a", "", ""}};
    auto removed = co_await bench.delivery().delete_endpoints("g", std::move(gone));
    EXPECT_TRUE(removed);
    auto group = co_await bench.delivery().group("g");
    EXPECT_EQ(group->endpoints.size(), 1u);
    std::vector<Endpoint> last = {{"", "https://b.example/in", ""}};
    removed = co_await bench.delivery().delete_endpoints("g", std::move(last));
    group = co_await bench.delivery().group("g");
    EXPECT_EQ(group.error().code, ErrorCode::not_found);
  });
}

TEST(Group, GivesAllItsMessagesOneIdWhereAskedFor) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<Endpoint> endpoints = {{"a", "https://a.example/in", ""}, {"b", "https://b.example/in", ""}};
    co_await bench.delivery().put_endpoints("g", std::move(endpoints));
    PublishRequest request;
    request.destination.group = "g";
    request.one_id = true;
    auto published = co_await bench.delivery().publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 2; });
    std::string id = published->front().message_id;
    auto children = co_await bench.delivery().children(id);

    EXPECT_EQ((*published)[1].message_id, id);
    EXPECT_EQ(bench.receivers->requests[0].header("Upstash-Message-Id"), id);
    EXPECT_EQ(bench.receivers->requests[1].header("Upstash-Message-Id"), id);
    EXPECT_EQ(children->size(), 2u);
  });
}

// --- The log as the source ---

TEST(PublishFromLog, RemembersThePositionWithTheMessages) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    std::vector<PublishRequest> requests = {Bench::request(url), Bench::request("no url")};
    auto none = co_await bench.delivery().position("tasks");
    EXPECT_EQ(*none, std::nullopt);
    auto done = co_await bench.delivery().publish_from_log("tasks", 7, std::move(requests));
    EXPECT_TRUE(done);
    auto position = co_await bench.delivery().position("tasks");
    EXPECT_EQ(*position, 7u);
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    EXPECT_EQ(bench.problems.size(), 1u);
  });
}

// --- Cancelling ---

TEST(Cancel, EndsAMessageThatWaits) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    PublishRequest request = Bench::request(url);
    request.delay = 60s;
    std::string id = co_await bench.publish(std::move(request));
    auto canceled = co_await bench.delivery().cancel(id);
    EXPECT_TRUE(canceled);
    auto again = co_await bench.delivery().cancel(id);
    EXPECT_EQ(again.error().code, ErrorCode::not_found);
    bench.advance(60s);
    co_await bench.quiet();
    States states = co_await bench.states(id);

    EXPECT_TRUE(bench.receivers->requests.empty());
    EXPECT_EQ(states, (States{State::created, State::cancel_requested, State::canceled}));
  });
}

TEST(Cancel, OfAMessageInFlightMakesNoFurtherAttempt) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = answering(500);
    bench.receivers->held[url] = true;
    PublishRequest request = Bench::request(url);
    std::string id = co_await bench.publish(std::move(request));
    co_await bench.until([&] { return bench.receivers->requests.size() == 1; });
    auto canceled = co_await bench.delivery().cancel(id);
    EXPECT_TRUE(canceled);
    bench.receivers->release();
    co_await bench.quiet();
    bench.advance(1h);
    co_await bench.quiet();
    States states = co_await bench.states(id);

    EXPECT_EQ(bench.receivers->requests.size(), 1u);
    EXPECT_EQ(states, (States{State::created, State::active, State::cancel_requested, State::canceled}));
  });
}

TEST(Cancel, ByFilterTakesWhatMatchesAndByNoneEverything) {
  Bench bench;
  bench.run([&]() -> Async<void> {
    for (int i = 0; i < 600; ++i) {
      PublishRequest request = Bench::request(i % 2 == 0 ? "https://a.example/x?q" : "https://b.example/y");
      request.delay = 60s + i * 1ms;
      request.content.labels = {i % 3 == 0 ? "third" : "other"};
      co_await bench.publish(std::move(request));
    }
    PublishRequest queued = Bench::request(url);
    queued.queue = "q";
    co_await bench.delivery().put_queue("q", 1, true);
    co_await bench.publish(std::move(queued));
    Filter filter;
    filter.hosts = {"a.example"};
    filter.paths = {"/x"};
    filter.labels = {"third"};
    auto some = co_await bench.delivery().cancel(filter, 10);
    auto rest = co_await bench.delivery().cancel(filter, std::nullopt);
    Filter everything;
    auto all = co_await bench.delivery().cancel(std::move(everything), std::nullopt);

    EXPECT_EQ(*some, 10u);
    EXPECT_EQ(*rest, 90u);
    EXPECT_EQ(*all, 501u);
    bench.advance(1h);
    co_await bench.delivery().put_queue("q", 1, false);
    co_await bench.quiet();
    EXPECT_TRUE(bench.receivers->requests.empty());
  });
}

}  // namespace
}  // namespace millrace::delivery
