#pragma once

// One subscriber over HTTP: what happens while its client reads waits in a buffer, which is bounded. A client that
// falls behind further is cut off. Confined to the reactor, which it and the store must not outlive.

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/async.h"
#include "net/http.h"
#include "net/reactor.h"
#include "store/live/monitors.h"
#include "store/live/pubsub.h"

namespace millrace::front {

struct SseOptions {
  std::chrono::nanoseconds heartbeat = std::chrono::seconds(15);  // proxies close what is quiet for a minute
  std::size_t buffer_bytes = std::size_t{8} << 20;                // 8 MiB: how far Redis lets a subscriber stay behind
};

class SseStream final : public store::Subscriber, public store::Monitor {
 public:
  SseStream(net::Reactor& reactor, store::PubSub& pubsub, store::Monitors& monitors, store::DatabaseId database,
            SseOptions options);
  ~SseStream() override;
  SseStream(const SseStream&) = delete;
  SseStream& operator=(const SseStream&) = delete;

  // Each tells the client so, and counts from there on what comes.
  void subscribe(store::Subscription kind, const std::vector<std::string>& names);
  void monitor();

  // Sends what comes until the client goes, falls behind or the server stops.
  static Async<void> run(std::shared_ptr<SseStream> self, net::HttpStream& stream);

  void deliver(const store::Message& message) override;
  void show(std::string_view line) override;

 private:
  void add(std::string_view payload);
  void beat();
  void wake();
  auto news();

  net::Reactor& reactor_;
  store::PubSub& pubsub_;
  store::Monitors& monitors_;
  store::DatabaseId database_;
  SseOptions options_;
  std::vector<std::pair<store::Subscription, std::string>> subscriptions_{};
  std::string buffer_{};
  bool too_slow_ = false;
  std::coroutine_handle<> waiting_{};
  net::Timer heartbeat_{};
};

}  // namespace millrace::front
