#pragma once

// One thread's event loop. Sockets, timers and posted calls become ready; the loop handles them in rounds:
//
//   wait for the first ready handler, run it, run up to round_max - 1 more that are ready, then the tick-end callbacks.
//
// Whatever the handlers of a round wrote together is therefore written out once, at the end of the round. A round is
// bounded so that a flood of work cannot starve the tick's end.
//
// Threads: run() makes the calling thread the reactor's. post(), stop(), on_reactor() and on_this_thread() may be used
// from any thread; everything else belongs to the reactor's thread, or to any one thread before run().
//
// Shutdown: stop() lets run() finish the background work that was handed over, wakes all sleepers with
// WaitEnd::stopped, runs what became ready by that, and returns. Calls posted later are dropped with the reactor.
// The destructor joins the background threads.

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/async.h"
#include "net/unique_function.h"

namespace millrace::net {

struct ReactorOptions {
  std::size_t round_max = 64;          // 64 small requests are 0.4 ms: what one reply may wait for the others
  std::size_t background_threads = 2;  // they wait for disks; they compute little
};

enum class WaitEnd { elapsed, stopped };

// A call that is due later. Destroying it, or assigning another to it, cancels the call. Must not outlive the reactor.
class Timer {
 public:
  struct State;

  Timer();
  explicit Timer(std::unique_ptr<State> state);
  Timer(Timer&&) noexcept;
  Timer& operator=(Timer&&) noexcept;
  ~Timer();

  void cancel();
  bool pending() const;

 private:
  std::unique_ptr<State> state_;
};

// A callback at the end of each round; destroying it removes the callback. Must not outlive the reactor.
class TickEnd {
 public:
  TickEnd() = default;
  explicit TickEnd(Task remove) : remove_(std::move(remove)) {}
  TickEnd(TickEnd&& other) noexcept : remove_(std::exchange(other.remove_, {})) {}
  TickEnd& operator=(TickEnd&& other) noexcept {
    std::swap(remove_, other.remove_);
    return *this;
  }
  ~TickEnd() {
    if (remove_) remove_();
  }

 private:
  Task remove_{};
};

class Reactor {
 public:
  struct Impl;  // net/reactor_asio.h, for net alone

  explicit Reactor(ReactorOptions options = {});
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Handles events until stop(). Called once.
  void run();
  void stop();
  bool on_this_thread() const;

  // Calls `task` on the reactor's thread, after what was posted before it, never from within post().
  void post(Task task);

  // Calls `task` once `delay` has passed, unless the timer is destroyed before.
  [[nodiscard]] Timer after(std::chrono::nanoseconds delay, Task task);

  // Waits without holding the thread. Ends early, with `stopped`, when the reactor stops.
  Async<WaitEnd> sleep(std::chrono::nanoseconds delay);

  // Calls `callback` after each round, in the order of registration. What it makes ready belongs to the next round.
  [[nodiscard]] TickEnd on_tick_end(std::function<void()> callback);

  // co_await on_reactor(): the coroutine goes on on the reactor's thread (at once when it is there already).
  auto on_reactor() {
    struct Awaiter {
      Reactor& reactor;
      bool await_ready() const { return reactor.on_this_thread(); }
      void await_suspend(std::coroutine_handle<> waiting) {
        reactor.post([waiting] { waiting.resume(); });
      }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }

  // Runs `work` on a background thread and goes on with its value on the reactor. An exception of `work` is thrown
  // to the awaiter. The queue needs no bound of its own: each entry is a coroutine that waits for it.
  template <class Work>
  auto on_background(Work work) -> Async<std::invoke_result_t<Work&>>;

  Impl& impl() { return *impl_; }

 private:
  // Queues `work` for a background thread; `waiting` resumes on the reactor after it.
  void hand_over(Task work, std::coroutine_handle<> waiting);

  std::unique_ptr<Impl> impl_;
};

template <class Work>
auto Reactor::on_background(Work work) -> Async<std::invoke_result_t<Work&>> {
  using Value = std::invoke_result_t<Work&>;
  using Kept = std::conditional_t<std::is_void_v<Value>, std::monostate, Value>;
  std::optional<Kept> value;
  std::exception_ptr failure;
  auto guarded = [&] {
    try {
      if constexpr (std::is_void_v<Value>) {
        work();
        value.emplace();
      } else {
        value.emplace(work());
      }
    } catch (...) {
      failure = std::current_exception();
    }
  };
  struct Awaiter {
    Reactor& reactor;
    Task work;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiting) { reactor.hand_over(std::move(work), waiting); }
    void await_resume() const {}
  };
  Awaiter finished{*this, Task{guarded}};  // named: g++ 12 destroys such a temporary twice
  co_await finished;
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<Value>) co_return std::move(*value);
}

}  // namespace millrace::net
