#include "front/redis/sse_stream.h"

#include "front/redis/sse_events.h"

namespace millrace::front {

using store::Message;
using store::Subscription;

SseStream::SseStream(net::Reactor& reactor, store::PubSub& pubsub, store::Monitors& monitors,
                     store::DatabaseId database, SseOptions options)
    : reactor_(reactor), pubsub_(pubsub), monitors_(monitors), database_(database), options_(options) {}

SseStream::~SseStream() {
  for (const auto& [kind, name] : subscriptions_) pubsub_.unsubscribe(database_, kind, name, *this);
  monitors_.remove(*this);
}

void SseStream::subscribe(Subscription kind, const std::vector<std::string>& names) {
  std::string_view word = kind == Subscription::pattern ? "psubscribe" : "subscribe";
  for (const std::string& name : names) {
    if (pubsub_.subscribe(database_, kind, name, *this)) subscriptions_.emplace_back(kind, name);
    add(subscribed_payload(word, name, subscriptions_.size()));
  }
}

void SseStream::monitor() {
  monitors_.add(database_, *this);
  add("\"OK\"");
}

void SseStream::deliver(const Message& message) {
  if (message.kind == Message::Kind::pmessage) {
    add(pattern_message_payload(message.pattern, message.channel, message.payload));
  } else {
    add(message_payload(message.channel, message.payload));
  }
}

void SseStream::show(std::string_view line) {
  add(line);
}

void SseStream::add(std::string_view payload) {
  if (too_slow_) return;
  if (buffer_.size() + payload.size() > options_.buffer_bytes) {
    too_slow_ = true;
    buffer_ = {};
  } else {
    append_sse_event(buffer_, payload);
  }
  wake();
}

void SseStream::beat() {
  if (buffer_.empty() && !too_slow_) buffer_ = sse_heartbeat;
  wake();
  heartbeat_ = reactor_.after(options_.heartbeat, [this] { beat(); });
}

// By a post: whoever publishes goes on first.
void SseStream::wake() {
  auto waiting = std::exchange(waiting_, {});
  if (waiting) reactor_.post([waiting] { waiting.resume(); });
}

auto SseStream::news() {
  struct Awaiter {
    SseStream& stream;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) { stream.waiting_ = handle; }
    void await_resume() const {}
  };
  return Awaiter{*this};
}

Async<void> SseStream::run(std::shared_ptr<SseStream> self, net::HttpStream& stream) {
  stream.on_close([raw = self.get()] { raw->wake(); });
  self->heartbeat_ = self->reactor_.after(self->options_.heartbeat, [raw = self.get()] { raw->beat(); });
  while (stream.open() && !self->too_slow_) {
    if (self->buffer_.empty()) {
      auto news = self->news();
      co_await news;
      continue;
    }
    std::string events = std::exchange(self->buffer_, {});
    bool taken = co_await stream.write(std::move(events));
    if (!taken) break;
  }
  self->heartbeat_.cancel();
  stream.on_close({});
}

}  // namespace millrace::front
