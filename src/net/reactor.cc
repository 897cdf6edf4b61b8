#include "net/reactor.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "net/reactor_asio.h"

namespace millrace::net {

namespace asio = boost::asio;

BackgroundPool::~BackgroundPool() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    jobs_.clear();
  }
  arrived_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void BackgroundPool::run(Task work, Task finished) {
  bool thread_wanted = false;
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(work), std::move(finished)});
    thread_wanted = idle_ < jobs_.size();
  }
  if (thread_wanted && threads_.size() < threads_max_) threads_.emplace_back([this] { serve(); });
  arrived_.notify_one();
}

void BackgroundPool::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    arrived_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (ending_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.work();
    job.finished();
    job = {};
    lock.lock();
  }
}

// The task is shared with the pending wait, which may outlive the timer by one round.
struct Timer::State {
  struct Shot {
    Task task;
    bool pending = true;
  };

  State(asio::io_context& io, std::chrono::nanoseconds delay, Task task)
      : clock(io, delay), shot(std::make_shared<Shot>(Shot{std::move(task)})) {
    clock.async_wait([shot = shot](boost::system::error_code) {
      if (!shot->pending) return;
      shot->pending = false;
      std::exchange(shot->task, {})();
    });
  }
  ~State() {
    shot->pending = false;
    shot->task = {};
  }

  asio::steady_timer clock;
  std::shared_ptr<Shot> shot;
};

Timer::Timer() = default;
Timer::Timer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&&) noexcept = default;
Timer::~Timer() = default;
void Timer::cancel() {
  state_.reset();
}
bool Timer::pending() const {
  return state_ && state_->shot->pending;
}

Reactor::Reactor(ReactorOptions options) : impl_(std::make_unique<Impl>(options)) {}
Reactor::~Reactor() = default;

void Reactor::run() {
  impl_->thread = std::this_thread::get_id();
  while (!impl_->stopping) impl_->round();
  impl_->wake_sleepers();
  while (impl_->background_running > 0) impl_->round();
  // What the woken coroutines made ready, as long as it leads to more at once; bounded, for some never cease.
  for (int rounds_left = 1000; rounds_left > 0 && impl_->io.poll_one() > 0; --rounds_left) impl_->finish_tick();
  impl_->finish_tick();
  impl_->thread = std::thread::id{};
}

void Reactor::Impl::round() {
  sockets_served = false;
  io.run_one();
  // Clients have then been served by the dozen: looking for more at once would mostly be in vain.
  for (std::size_t done = 1; done < options.round_max && !sockets_served && io.poll_one() > 0; ++done) {
  }
  finish_tick();
}

void Reactor::Impl::finish_tick() {
  ending = true;
  for (auto at = tick_ends.begin(); at != tick_ends.end();) (*at++)();
  ending = false;
}

void Reactor::Impl::wake_sleepers() {
  for (auto* sleeper : sleepers) {
    sleeper->timer.cancel();
    sleeper->end = WaitEnd::stopped;
    asio::post(io, [waiting = sleeper->waiting] { waiting.resume(); });
  }
  sleepers.clear();
}

void Reactor::stop() {
  impl_->stopping = true;
  asio::post(impl_->io, [] {});
}

bool Reactor::on_this_thread() const {
  return impl_->thread == std::this_thread::get_id();
}

void Reactor::post(Task task) {
  asio::post(impl_->io, std::move(task));
}

Timer Reactor::after(std::chrono::nanoseconds delay, Task task) {
  return Timer{std::make_unique<Timer::State>(impl_->io, delay, std::move(task))};
}

Async<WaitEnd> Reactor::sleep(std::chrono::nanoseconds delay) {
  struct Awaiter : Sleeper {
    Reactor& reactor;
    std::chrono::nanoseconds delay;
    Awaiter(Reactor& owner, std::chrono::nanoseconds wait) : reactor(owner), delay(wait) {}
    bool await_ready() const { return false; }
    bool await_suspend(std::coroutine_handle<> handle) {
      if (reactor.impl_->stopping) {
        end = WaitEnd::stopped;
        return false;
      }
      waiting = handle;
      auto& sleepers = reactor.impl_->sleepers;
      auto place = sleepers.insert(sleepers.end(), this);
      timer = reactor.after(delay, [this, place] {
        reactor.impl_->sleepers.erase(place);
        waiting.resume();
      });
      return true;
    }
    WaitEnd await_resume() const { return end; }
  };
  Awaiter elapsed{*this, delay};  // named: g++ 12 may destroy such a temporary twice
  co_return co_await elapsed;
}

TickEnd Reactor::on_tick_end(std::function<void()> callback) {
  auto& callbacks = impl_->tick_ends;
  auto place = callbacks.insert(callbacks.end(), std::move(callback));
  return TickEnd{[&callbacks, place] { callbacks.erase(place); }};
}

void Reactor::hand_over(Task work, std::coroutine_handle<> waiting) {
  ++impl_->background_running;
  impl_->background.run(std::move(work), [this, waiting] {
    post([this, waiting] {
      --impl_->background_running;
      waiting.resume();
    });
  });
}

}  // namespace millrace::net
