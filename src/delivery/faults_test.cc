// The store fails at every place in turn: nothing that was accepted is lost, and queues keep their order.

#include <algorithm>
#include <map>

#include "delivery/testing.h"
#include "kv/faulty/faulty_engine.h"

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;
using Call = kv::FaultyEngine::Call;

constexpr const char* url = "https://a.example/in";

PublishRequest numbered(int number) {
  PublishRequest request = Bench::request(url, std::to_string(number));
  request.content.retries = 5;
  request.content.retry_delay = "10";
  switch (number % 4) {
    case 0: request.queue = "q"; break;
    case 1: request.content.flow_control = FlowControl{"k", 1, {}, 1s}; break;
    case 2: request.delay = 50ms; break;
    case 3: request.content.body.append(5000, '.'); break;
  }
  return request;
}

int number_of(const std::string& body) {
  return std::stoi(body);
}

// Publishes until each was accepted, with the n-th call to the engine failing; true when no call failed.
bool survives(Call call, std::uint64_t nth) {
  constexpr int messages = 12;
  auto made = std::make_unique<kv::FaultyEngine>(kv::make_memory_engine());
  kv::FaultyEngine& engine = *made;
  Bench bench({.in_flight_max = 4, .pause_after_fault = 5ms}, std::move(made));
  std::map<int, int> arrived;
  std::vector<int> queued;
  auto take = [&](const FakeReceivers::Request& request) {
    int number = number_of(request.body);
    bool good = number % 3 != 0 || request.header("Upstash-Retried") != "0";
    if (good && arrived[number]++ == 0 && number % 4 == 0) queued.push_back(number);
    return net::OutboundResponse{.status = good ? 200 : 500};
  };
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = take;
    engine.fail(call, nth);
    for (int number = 0; number < messages; ++number) {
      for (bool accepted = false; !accepted;) {
        PublishRequest request = numbered(number);
        auto published = co_await bench.delivery().publish(std::move(request));
        accepted = published.has_value();
      }
    }
    // The other half of what can fail lies in what follows.
    for (int i = 0; i < 2000 && arrived.size() < messages; ++i) {
      bench.advance(5ms);
      co_await bench.quiet(1ms);
    }
    co_await bench.quiet();
  });
  const bool failed = !bench.problems.empty();
  engine.fail(call, 0);
  // Whatever is left comes after a restart.
  bench.run([&]() -> Async<void> {
    bench.receivers->rules[url] = take;
    bench.advance(1s);
    co_await bench.quiet();
    for (int i = 0; i < 100 && arrived.size() < messages; ++i) {
      bench.advance(100ms);
      co_await bench.quiet(1ms);
    }
  });
  EXPECT_EQ(arrived.size(), static_cast<std::size_t>(messages)) << "call " << nth;
  EXPECT_TRUE(std::is_sorted(queued.begin(), queued.end())) << "call " << nth;
  return !failed;
}

TEST(Faults, OfAnyWriteLoseNothing) {
  int without = 0;
  for (std::uint64_t nth = 1; nth <= 150 && without < 20; ++nth) {
    if (survives(Call::write, nth))
      ++without;
    else
      without = 0;
  }
}

TEST(Faults, OfAnyReadLoseNothing) {
  for (std::uint64_t nth = 1; nth <= 200; nth += 3) survives(Call::read, nth);
}

}  // namespace
}  // namespace millrace::delivery
