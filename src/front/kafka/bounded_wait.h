#pragma once

// Ends a wait at the first of two: its time is over, or nobody is there any more for whom it waits. Costs memory only.
// Confined to the reactor.

#include <chrono>
#include <optional>
#include <stop_token>

#include "net/reactor.h"

namespace millrace::front {

class BoundedWait {
 public:
  BoundedWait(net::Reactor& reactor, std::stop_token gone, std::chrono::milliseconds time)
      : timer_(reactor.after(time, [source = source_]() mutable { source.request_stop(); })) {
    on_gone_.emplace(std::move(gone), End{this});
  }
  BoundedWait(const BoundedWait&) = delete;
  BoundedWait& operator=(const BoundedWait&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  struct End {
    BoundedWait* wait;
    // Whoever is woken may destroy the wait.
    void operator()() const {
      std::stop_source source = wait->source_;
      source.request_stop();
    }
  };

  std::stop_source source_{};
  net::Timer timer_;
  std::optional<std::stop_callback<End>> on_gone_{};
};

}  // namespace millrace::front
