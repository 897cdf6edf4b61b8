#pragma once

// Locks by name, for work that reads, waits and then writes. Who waits for a name gets it in the order of asking.
//
//   auto held = co_await locks.hold("queue mail");
//
// Confined to the reactor, where the next one goes on later, never from within the end of the one before. It outlives
// what it gave.

#include <coroutine>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "net/reactor.h"

namespace millrace::delivery {

class KeyLocks {
 public:
  explicit KeyLocks(net::Reactor& reactor) : reactor_(reactor) {}

  class Held {
   public:
    Held() = default;
    Held(KeyLocks* locks, std::string name) : locks_(locks), name_(std::move(name)) {}
    Held(Held&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), name_(std::move(other.name_)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(locks_, other.locks_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Held() {
      if (locks_ != nullptr) locks_->release(name_);
    }

   private:
    KeyLocks* locks_ = nullptr;
    std::string name_{};
  };

  struct Waiting {
    KeyLocks& locks;
    std::string name;
    bool await_ready() { return locks.waiters_.try_emplace(name).second; }
    void await_suspend(std::coroutine_handle<> waiter) { locks.waiters_[name].push_back(waiter); }
    Held await_resume() { return {&locks, std::move(name)}; }
  };

  Waiting hold(std::string name) { return {*this, std::move(name)}; }

 private:
  void release(const std::string& name) {
    auto found = waiters_.find(name);
    if (found->second.empty()) {
      waiters_.erase(found);
      return;
    }
    auto next = found->second.front();
    found->second.pop_front();
    reactor_.post([next] { next.resume(); });
  }

  net::Reactor& reactor_;
  std::unordered_map<std::string, std::deque<std::coroutine_handle<>>> waiters_{};
};

}  // namespace millrace::delivery
