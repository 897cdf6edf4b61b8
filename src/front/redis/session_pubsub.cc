// What comes to a client by itself: messages of channels, and the lines of MONITOR.

#include "front/redis/session.h"

namespace millrace::front {
namespace {

using store::Message;
using store::Subscription;

// As client-output-buffer-limit pubsub: a listener that does not keep up is dropped, for its messages cannot wait in
// memory for ever.
constexpr std::size_t output_hard = std::size_t{32} << 20;
constexpr std::size_t output_soft = std::size_t{8} << 20;
constexpr std::chrono::seconds output_soft_time{60};

constexpr std::string_view subscribe_words[] = {"subscribe", "psubscribe", "ssubscribe"};
constexpr std::string_view unsubscribe_words[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};

}  // namespace

// Channels and patterns are counted together, shard channels alone.
std::size_t Session::subscriptions_counted_with(Subscription kind) const {
  const auto count = [this](Subscription of) { return subscribed_[static_cast<std::size_t>(of)].size(); };
  if (kind == Subscription::shard) return count(kind);
  return count(Subscription::channel) + count(Subscription::pattern);
}

void Session::append_subscription(std::string& out, std::string_view word, const std::string* name, Subscription kind) {
  append_push_head(out, 3, version_);
  append_bulk(out, word);
  name != nullptr ? append_bulk(out, *name) : append_nil(out, version_);
  append_integer(out, static_cast<std::int64_t>(subscriptions_counted_with(kind)));
}

void Session::subscribe_to(Subscription kind, Arguments names, std::string& out) {
  for (const auto& name : names) {
    if (names_of(kind).insert(name).second) live_.pubsub.subscribe(*database_, kind, name, *this);
    append_subscription(out, subscribe_words[static_cast<std::size_t>(kind)], &name, kind);
  }
}

void Session::unsubscribe_from(Subscription kind, Arguments names, std::string& out) {
  const auto word = unsubscribe_words[static_cast<std::size_t>(kind)];
  auto& mine = names_of(kind);
  std::vector<std::string> all;
  if (names.empty()) {
    if (mine.empty()) return append_subscription(out, word, nullptr, kind);
    all.assign(mine.begin(), mine.end());
    names = all;
  }
  for (const auto& name : names) {
    if (mine.erase(name) > 0) live_.pubsub.unsubscribe(*database_, kind, name, *this);
    append_subscription(out, word, &name, kind);
  }
}

void Session::leave_all_subscriptions() {
  for (const auto kind : {Subscription::channel, Subscription::pattern, Subscription::shard}) {
    for (const auto& name : names_of(kind)) live_.pubsub.unsubscribe(*database_, kind, name, *this);
    names_of(kind).clear();
  }
}

void Session::deliver(const Message& message) {
  const Outbox::Aloud aloud(outbox_);
  auto& out = outbox_.begin();
  append_push_head(out, message.kind == Message::Kind::pmessage ? 4 : 3, version_);
  switch (message.kind) {
    case Message::Kind::message: append_bulk(out, "message"); break;
    case Message::Kind::smessage: append_bulk(out, "smessage"); break;
    case Message::Kind::pmessage:
      append_bulk(out, "pmessage");
      append_bulk(out, message.pattern);
      break;
  }
  append_bulk(out, message.channel);
  append_bulk(out, message.payload);
  outbox_.end();
  bound_output();
}

void Session::show(std::string_view line) {
  append_simple(outbox_.begin(), line);
  outbox_.end();
  bound_output();
}

void Session::bound_output() {
  const auto waiting = peer_.unsent() + outbox_.held_bytes();
  if (waiting > output_hard) peer_.close();
  if (waiting <= output_soft) {
    much_since_.reset();
  } else if (!much_since_) {
    much_since_ = std::chrono::steady_clock::now();
  }
}

void Session::sweep(SteadyTime now) {
  if (!much_since_) return;
  bound_output();
  if (much_since_ && now >= *much_since_ + output_soft_time) peer_.close();
}

void Session::monitor(Arguments, std::string& out) {
  if (!monitoring_) live_.monitors.add(*database_, *this);
  monitoring_ = true;
  append_simple(out, "OK");
}

// In RESP2 a subscriber could not tell PONG from a message.
void Session::answer_restricted_ping(Arguments arguments) {
  auto& out = outbox_.begin();
  append_array_head(out, 2);
  append_bulk(out, "pong");
  append_bulk(out, arguments.empty() ? std::string_view() : std::string_view(arguments[0]));
  outbox_.end();
}

}  // namespace millrace::front
