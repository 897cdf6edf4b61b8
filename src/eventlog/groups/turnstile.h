#pragma once

// Lets one coroutine in at a time, in the order they came: the calls for one instance. Confined to the reactor.

#include <coroutine>
#include <cstddef>
#include <deque>

namespace millrace::eventlog {

class Turnstile {
 public:
  // Awaits that nobody else is in. Who was let in calls leave().
  auto enter() {
    struct Awaiter {
      Turnstile& stile;
      bool await_ready() const {
        if (stile.taken_) return false;
        return stile.taken_ = true;
      }
      void await_suspend(std::coroutine_handle<> waiting) const { stile.waiting_.push_back(waiting); }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }

  void leave() {
    if (waiting_.empty()) {
      taken_ = false;
      return;
    }
    auto next = waiting_.front();
    waiting_.pop_front();
    next.resume();
  }

  std::size_t waiting() const { return waiting_.size(); }

 private:
  bool taken_ = false;
  std::deque<std::coroutine_handle<>> waiting_{};
};

}  // namespace millrace::eventlog
