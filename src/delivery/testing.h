#pragma once

// Delivery for tests: on a store in memory, with a clock that is set and receivers that answer what they are told.
//
//   Bench bench;
//   bench.run([&]() -> Async<void> {
//     co_await bench.publish("https://a.example/in", "hello");
//     co_await bench.until([&] { return bench.receivers.requests.size() == 1; });
//   });

#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delivery/delivery.h"
#include "kv/memory/memory_engine.h"
#include "kv/testing.h"
#include "net/outbound.h"
#include "net/reactor.h"
#include "store/embedded/embedded_store.h"

namespace millrace::delivery {

// Receivers: each URL answers by its rule, or 200.
class FakeReceivers final : public net::Outbound {
 public:
  struct Request {
    std::string method{};
    std::string url{};
    net::HeaderList headers{};
    std::string body{};
    std::chrono::milliseconds timeout{};

    std::string header(std::string_view name) const {
      for (const auto& [each, value] : headers) {
        if (each == name) return value;
      }
      return "";
    }
  };
  using Rule = std::function<net::OutboundResponse(const Request&)>;

  explicit FakeReceivers(net::Reactor& reactor) : reactor_(reactor) {}

  void send(net::OutboundRequest request, std::function<void(net::OutboundResponse)> done) override {
    Request seen{request.method, request.url, request.headers, request.body ? *request.body : "", request.timeout};
    requests.push_back(seen);
    open_most = std::max(open_most, ++open);
    if (held.contains(seen.url)) {
      waiting.emplace_back(std::move(seen), std::move(done));
      return;
    }
    answer(seen, std::move(done));
  }

  // Answers everything that was held back.
  void release() {
    held.clear();
    for (auto& [request, done] : std::exchange(waiting, {})) answer(request, std::move(done));
  }

  std::map<std::string, Rule> rules{};
  std::map<std::string, bool> held{};  // URLs that do not answer until `release`
  std::vector<Request> requests{};
  std::deque<std::pair<Request, std::function<void(net::OutboundResponse)>>> waiting{};
  int open = 0;
  int open_most = 0;

 private:
  void answer(const Request& request, std::function<void(net::OutboundResponse)> done) {
    net::OutboundResponse response{.status = 200, .body = "ok", .latency = std::chrono::milliseconds(3)};
    if (auto rule = rules.find(request.url); rule != rules.end()) response = rule->second(request);
    reactor_.post([this, response = std::move(response), done = std::move(done)]() mutable {
      --open;
      done(std::move(response));
    });
  }

  net::Reactor& reactor_;
};

inline FakeReceivers::Rule answering(int status, std::string body = "", net::HeaderList headers = {}) {
  return [=](const FakeReceivers::Request&) {
    return net::OutboundResponse{.status = status, .headers = headers, .body = body};
  };
}

class Bench {
 public:
  explicit Bench(Limits limits = {}) : Bench(limits, kv::make_memory_engine()) {}

  // On another engine, such as a faulty one.
  Bench(Limits limits, std::unique_ptr<kv::Engine> engine) : memory_(std::move(engine)) { options_.limits = limits; }

  // Runs `body` on a reactor, with delivery started; may be called again, which is a restart.
  void run(std::function<Async<void>()> body) {
    net::Reactor reactor;
    FakeReceivers outbound(reactor);
    receivers = &outbound;
    reactor_ = &reactor;
    DeliveryOptions options = options_;
    options.clock = [this] { return now; };
    options.keys = {"sig_current", "sig_next"};
    options.on_problem = [this](const std::string& line) { problems.push_back(line); };
    auto created = take_now(store_.find_database("delivery"));
    if (!created) created = take_now(store_.create_database("delivery"));
    {
      Delivery delivery(reactor, store_, *created, outbound, options);
      delivery_ = &delivery;
      reactor.post([&] { start(whole(body), [&] { reactor.stop(); }); });
      reactor.run();
      delivery_ = nullptr;
    }
    receivers = nullptr;
  }

  Delivery& delivery() { return *delivery_; }

  void advance(std::chrono::milliseconds by) {
    now += by;
    if (delivery_ != nullptr) delivery_->look_again();
  }

  // Returns when it is so; fails the test when it does not become so.
  Async<void> until(std::function<bool()> condition) {
    for (int i = 0; i < 5'000; ++i) {
      if (condition()) co_return;
      co_await reactor_->sleep(std::chrono::milliseconds(1));
    }
    ADD_FAILURE() << "it did not become so";
  }

  // Long enough for everything that can happen now to have happened.
  Async<void> quiet(std::chrono::milliseconds time = std::chrono::milliseconds(20)) { co_await reactor_->sleep(time); }

  static PublishRequest request(std::string url, std::string body = "hello") {
    PublishRequest made;
    made.destination.url = std::move(url);
    made.content.body = std::move(body);
    return made;
  }

  Async<std::string> publish(PublishRequest request) {
    auto published = co_await delivery().publish(std::move(request));
    EXPECT_TRUE(published) << published.error().message;
    co_return published ? published->front().message_id : "";
  }

  Async<std::vector<State>> states(std::string id) {
    Filter filter;
    filter.message_ids = {id};
    PageRequest page{.count = 1000, .order = Order::earliest_first};
    auto events = co_await delivery().events(std::move(filter), std::move(page));
    std::vector<State> states;
    if (events) {
      for (const Event& event : events->items) states.push_back(event.state);
    }
    co_return states;
  }

  Async<Page<DeadLetter>> dead_letters() {
    Filter everything;
    PageRequest page;
    auto letters = co_await delivery().dead_letters(std::move(everything), std::move(page));
    if (!letters) co_return Page<DeadLetter>();
    co_return std::move(*letters);
  }

  // The state of a message, or nothing.
  Async<std::optional<State>> state(std::string id) {
    auto message = co_await delivery().message(std::move(id));
    std::optional<State> state;
    if (message) state = message->state;
    co_return state;
  }

  FakeReceivers* receivers = nullptr;
  Timestamp now{std::chrono::milliseconds(1'760'000'000'000)};
  std::vector<std::string> problems{};
  int start_failures = 0;
  kv::MemoryHome& memory() { return memory_; }
  DeliveryOptions& options() { return options_; }

 private:
  Async<void> whole(std::function<Async<void>()> body) {
    auto started = co_await delivery_->start();
    if (started) {
      co_await body();
    } else {
      problems.push_back(started.error().message);
      start_failures += 1;
    }
    co_await delivery_->stop(std::chrono::milliseconds(200));
  }

  DeliveryOptions options_{};
  kv::MemoryHome memory_;
  store::EmbeddedStore store_{memory_.home(), [this] { return now; }};
  net::Reactor* reactor_ = nullptr;
  Delivery* delivery_ = nullptr;
};

}  // namespace millrace::delivery
