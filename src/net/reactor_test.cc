#include "net/reactor.h"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <thread>
#include <vector>

namespace millrace::net {
namespace {

using namespace std::chrono_literals;

TEST(Reactor, RunsPostedCallsInTheirOrder) {
  Reactor reactor;
  std::vector<int> seen;
  for (int number : {1, 2, 3}) reactor.post([&seen, number] { seen.push_back(number); });
  reactor.post([&] { reactor.stop(); });

  reactor.run();

  EXPECT_EQ(seen, (std::vector{1, 2, 3}));
}

TEST(Reactor, NeverRunsACallFromWithinPost) {
  Reactor reactor;
  bool inside = false;
  reactor.post([&] {
    inside = true;
    reactor.post([&] {
      EXPECT_FALSE(inside);
      reactor.stop();
    });
    inside = false;
  });
  reactor.run();
}

TEST(Reactor, TakesCallsFromOtherThreads) {
  constexpr int threads = 4;
  constexpr int calls = 1000;
  Reactor reactor;
  int seen = 0;
  std::vector<std::thread> posters;
  for (int thread = 0; thread < threads; ++thread) {
    posters.emplace_back([&] {
      for (int call = 0; call < calls; ++call) {
        reactor.post([&] {
          EXPECT_TRUE(reactor.on_this_thread());
          if (++seen == threads * calls) reactor.stop();
        });
      }
    });
  }

  reactor.run();

  EXPECT_EQ(seen, threads * calls);
  for (auto& poster : posters) poster.join();
}

TEST(Reactor, EndsATickAfterABoundedRound) {
  Reactor reactor{{.round_max = 4}};
  int calls = 0;
  std::vector<int> calls_at_ends;
  auto registration = reactor.on_tick_end([&] { calls_at_ends.push_back(calls); });
  for (int call = 0; call < 10; ++call) reactor.post([&] { ++calls; });
  reactor.post([&] { reactor.stop(); });

  reactor.run();

  ASSERT_GE(calls_at_ends.size(), 3u);
  EXPECT_EQ(calls_at_ends[0], 4);
  EXPECT_EQ(calls_at_ends[1], 8);
  EXPECT_EQ(calls_at_ends[2], 10);
}

TEST(Reactor, CallsTickEndsInTheirOrderAndForgetsDestroyedOnes) {
  Reactor reactor;
  std::string order;
  auto first = reactor.on_tick_end([&] { order += 'a'; });
  auto second = reactor.on_tick_end([&] { order += 'b'; });
  {
    auto gone = reactor.on_tick_end([&] { order += 'x'; });
  }
  reactor.post([&] { reactor.stop(); });

  reactor.run();

  EXPECT_EQ(order.substr(0, 2), "ab");
  EXPECT_EQ(order.find('x'), std::string::npos);
}

TEST(Reactor, CallsTimersInTheOrderOfTheirTime) {
  Reactor reactor;
  std::string order;
  auto late = reactor.after(20ms, [&] {
    order += 'l';
    reactor.stop();
  });
  auto early = reactor.after(1ms, [&] { order += 'e'; });

  reactor.run();

  EXPECT_EQ(order, "el");
  EXPECT_FALSE(early.pending());
}

TEST(Reactor, ForgetsATimerThatWasDestroyedEvenWhenItWasDue) {
  Reactor reactor;
  bool called = false;
  auto doomed = reactor.after(1ms, [&] { called = true; });
  auto end = reactor.after(5ms, [&] { reactor.stop(); });
  reactor.post([&] {
    std::this_thread::sleep_for(3ms);  // both are handled in one round, the first already due
    doomed.cancel();
  });

  reactor.run();

  EXPECT_FALSE(called);
}

TEST(Reactor, LetsATimerReplaceItselfInItsCall) {
  Reactor reactor;
  int calls = 0;
  Timer timer;
  std::function<void()> again = [&] {
    if (++calls == 3) return reactor.stop();
    timer = reactor.after(1ms, again);
  };
  timer = reactor.after(1ms, again);

  reactor.run();

  EXPECT_EQ(calls, 3);
}

Async<WaitEnd> sleep_then_stop(Reactor& reactor) {
  const auto end = co_await reactor.sleep(1ms);
  reactor.stop();
  co_return end;
}

TEST(Reactor, ResumesASleeperOnTime) {
  Reactor reactor;
  WaitEnd end = WaitEnd::stopped;
  start(sleep_then_stop(reactor), [&](WaitEnd value) { end = value; });

  reactor.run();

  EXPECT_EQ(end, WaitEnd::elapsed);
}

TEST(Reactor, WakesSleepersWhenItStops) {
  Reactor reactor;
  int woken = 0;
  for (int sleeper = 0; sleeper < 3; ++sleeper) {
    start(reactor.sleep(1h), [&](WaitEnd end) { woken += end == WaitEnd::stopped; });
  }
  reactor.post([&] { reactor.stop(); });

  reactor.run();

  EXPECT_EQ(woken, 3);
}

Async<int> compute_elsewhere(Reactor& reactor, std::thread::id& worker) {
  const int value = co_await reactor.on_background([&worker] {
    worker = std::this_thread::get_id();
    return 42;
  });
  EXPECT_TRUE(reactor.on_this_thread());
  reactor.stop();
  co_return value;
}

TEST(Reactor, RunsBackgroundWorkElsewhereAndGoesOnHere) {
  Reactor reactor;
  std::thread::id worker;
  int value = 0;
  reactor.post([&] { start(compute_elsewhere(reactor, worker), [&](int result) { value = result; }); });

  reactor.run();

  EXPECT_EQ(value, 42);
  EXPECT_NE(worker, std::this_thread::get_id());
}

Async<bool> sees_the_failure(Reactor& reactor) {
  bool seen = false;
  try {
    co_await reactor.on_background([] { throw std::runtime_error("disk"); });
  } catch (const std::runtime_error&) {
    seen = true;
  }
  reactor.stop();
  co_return seen;
}

TEST(Reactor, ThrowsTheExceptionOfBackgroundWorkToItsAwaiter) {
  Reactor reactor;
  bool seen = false;
  start(sees_the_failure(reactor), [&](bool result) { seen = result; });

  reactor.run();

  EXPECT_TRUE(seen);
}

TEST(Reactor, FinishesBackgroundWorkBeforeRunReturns) {
  constexpr int jobs = 20;
  Reactor reactor{{.background_threads = 3}};
  std::atomic<int> worked = 0;
  int resumed = 0;
  for (int job = 0; job < jobs; ++job) {
    start(reactor.on_background([&] { ++worked; }), [&] { ++resumed; });
  }
  reactor.post([&] { reactor.stop(); });

  reactor.run();

  EXPECT_EQ(worked, jobs);
  EXPECT_EQ(resumed, jobs);
}

Async<bool> move_to(Reactor& reactor) {
  co_await reactor.on_reactor();
  const bool there = reactor.on_this_thread();
  co_await reactor.on_reactor();  // at once
  reactor.stop();
  co_return there;
}

TEST(Reactor, TakesOverACoroutineFromAnotherThread) {
  Reactor reactor;
  bool there = false;
  std::thread stranger([&] { start(move_to(reactor), [&](bool result) { there = result; }); });

  reactor.run();
  stranger.join();

  EXPECT_TRUE(there);
}

}  // namespace
}  // namespace millrace::net
