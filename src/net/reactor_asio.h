#pragma once

// The inside of the reactor, for the sockets of this folder: the only way to its io_context.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "net/reactor.h"
#include "net/ready_set.h"

namespace millrace::net {

// Threads that run work which may wait for a disk. `finished` is called on them. Work that has not begun when the pool
// is destroyed is dropped.
class BackgroundPool {
 public:
  explicit BackgroundPool(std::size_t threads_max) : threads_max_(threads_max) {}
  ~BackgroundPool();
  void run(Task work, Task finished);

 private:
  struct Job {
    Task work;
    Task finished;
  };
  void serve();

  std::size_t threads_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Job> jobs_{};  // guarded by mutex_, as are the next two
  std::size_t idle_ = 0;
  bool ending_ = false;
  std::vector<std::thread> threads_{};  // started when first needed, by the reactor's thread
};

struct Sleeper {
  Timer timer{};
  std::coroutine_handle<> waiting{};
  WaitEnd end = WaitEnd::elapsed;
};

struct Reactor::Impl {
  explicit Impl(const ReactorOptions& chosen) : options(chosen), background(chosen.background_threads) {
    ReadySet::of(io).tell(sockets_served);
  }

  void round();
  void finish_tick();
  void wake_sleepers();

  ReactorOptions options;
  boost::asio::io_context io{1};  // one thread runs it: no wake-ups and fewer locks
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open{io.get_executor()};
  std::atomic<bool> stopping = false;
  std::atomic<std::thread::id> thread{};
  std::list<std::function<void()>> tick_ends{};
  bool ending = false;  // they are being called
  std::list<Sleeper*> sleepers{};
  std::size_t background_running = 0;
  bool sockets_served = false;  // in this round
  BackgroundPool background;
};

inline boost::asio::io_context& io_context_of(Reactor& reactor) {
  return reactor.impl().io;
}

}  // namespace millrace::net
