#include "delivery/engine.h"

#include <algorithm>

namespace millrace::delivery {
namespace {

constexpr std::chrono::milliseconds log_interval{100};  // an attempt that lasts this long is told before its end
constexpr std::chrono::seconds sweep_interval{60};
constexpr std::chrono::milliseconds stop_look{5};
constexpr std::int64_t timer_max = 60 * 60 * 1000;  // an hour: the clock may be set meanwhile

std::string joined(std::string_view prefix, std::string_view rest) {
  std::string key(prefix);
  key.append(rest);
  return key;
}

}  // namespace

std::string message_key(std::string_view id) {
  return joined("m:", id);
}
std::string status_key(std::string_view id) {
  return joined("s:", id);
}
std::string body_key(std::string_view id) {
  return joined("b:", id);
}
std::string order_key(std::string_view queue) {
  return joined("q:", queue);
}
std::string holders_key(std::string_view id) {
  return joined("h:", id);
}
std::string waiting_key(std::string_view lane) {
  return joined("w:", lane);
}
std::string children_key(std::string_view parent) {
  return joined("p:", parent);
}
std::string duplicate_key(std::string_view digest) {
  return joined("d:", digest);
}
std::string position_key(std::string_view reader) {
  return joined("r:", reader);
}

Delivery::Impl::Impl(net::Reactor& in, store::Store& store, store::DatabaseId id, net::Outbound& out,
                     DeliveryOptions given)
    : reactor(in), database(store, id), outbound(out), options(std::move(given)), locks(in), keys(options.keys) {}

void Delivery::Impl::problem(const std::string& line) {
  if (options.on_problem) options.on_problem("delivery: " + line);
}

void Delivery::Impl::spawn(Async<void> work) {
  ++tasks;
  millrace::start(std::move(work), [this] { --tasks; });
}

// --- Start and stop ---

Async<Result<void>> Delivery::Impl::start() {
  if (auto loaded = co_await load_queues(); !loaded) co_return loaded.error();
  if (auto loaded = co_await load_lanes(); !loaded) co_return loaded.error();
  started = true;
  for (const auto& [name, queue] : queues) spawn(refill_later(name));
  wake();
  every(log_interval, log_timer, [this] {
    if (!logging) spawn(log_attempts());
  });
  every(sweep_interval, sweep_timer, [this] {
    if (!sweeping) spawn(sweep());
  });
  co_return Result<void>{};
}

Async<Result<void>> Delivery::Impl::load_queues() {
  Transaction all;
  all.add("hgetall", std::string(queues_key));
  auto replies = co_await database.run(std::move(all));
  if (!replies) co_return replies.error();
  const std::vector<store::Reply> rows = std::move(replies->front().elements);
  Transaction last;
  std::vector<std::string> names;
  for (std::size_t at = 0; at + 1 < rows.size(); at += 2) {
    auto row = decode_queue(rows[at + 1].text);
    if (!row) co_return Error{ErrorCode::corrupt, "queue '" + rows[at].text + "' cannot be read"};
    queues[rows[at].text].row = *row;
    names.push_back(rows[at].text);
    last.add("zrange", order_key(names.back()), "-1", "-1", "withscores");
  }
  auto places = co_await database.run(std::move(last));
  if (!places) co_return places.error();
  for (std::size_t at = 0; at < names.size(); ++at) {
    if ((*places)[at].elements.size() == 2) queues[names[at]].last = score_of((*places)[at].elements[1]);
  }
  co_return Result<void>{};
}

// Lanes that nobody waits for any more leave the list here, where nobody can begin to wait meanwhile.
Async<Result<void>> Delivery::Impl::load_lanes() {
  Transaction all;
  all.add("smembers", std::string(lanes_key));
  auto members = co_await database.run(std::move(all));
  if (!members) co_return members.error();
  const std::vector<store::Reply> names = std::move(members->front().elements);
  Transaction counts;
  for (const store::Reply& name : names) counts.add("zcard", waiting_key(name.text));
  auto replies = co_await database.run(std::move(counts));
  if (!replies) co_return replies.error();
  Transaction gone;
  for (std::size_t at = 0; at < replies->size(); ++at) {
    const std::string& name = names[at].text;
    if ((*replies)[at].integer == 0) {
      gone.add("srem", std::string(lanes_key), name);
      continue;
    }
    LanePointer found;
    if (name.front() == 'f') {
      std::string key = name.substr(1);
      auto loaded = co_await load_flow(std::move(key));
      if (!loaded) co_return loaded.error();
      found = *loaded;
    } else {
      found = lane(name, true);
    }
    recorded_lanes.insert(name);
    lane_inserted(found, 0);
  }
  auto done = co_await database.run(std::move(gone));
  if (!done) co_return done.error();
  co_return Result<void>{};
}

Async<void> Delivery::Impl::stop(std::chrono::milliseconds grace) {
  stopping = true;
  timer.cancel();
  log_timer.cancel();
  sweep_timer.cancel();
  for (auto left = grace; (tasks > 0 || !entries.empty()) && left.count() > 0; left -= stop_look) {
    if (co_await reactor.sleep(stop_look) == net::WaitEnd::stopped) break;
  }
  alive.reset();
}

// --- Time ---

void Delivery::Impl::every(std::chrono::milliseconds interval, net::Timer& held, std::function<void()> call) {
  held = reactor.after(interval, [this, interval, &held, call = std::move(call)]() mutable {
    if (stopping) return;
    call();
    every(interval, held, std::move(call));
  });
}

void Delivery::Impl::arm(std::int64_t at) {
  if (at >= armed_at || stopping || !started) return;
  armed_at = at;
  auto wait = std::clamp<std::int64_t>(at - count_of(now()), 0, timer_max);
  timer = reactor.after(std::chrono::milliseconds(wait), [this] { on_timer(); });
}

void Delivery::Impl::on_timer() {
  armed_at = INT64_MAX;
  if (stopping) return;
  std::int64_t time = count_of(now());
  while (!openings.empty() && openings.begin()->first <= time) {
    auto found = waiting_lanes.find(openings.begin()->second);
    openings.erase(openings.begin());
    if (found != waiting_lanes.end()) poke(found->second);
  }
  if (!openings.empty()) arm(openings.begin()->first);
  wake();
}

// --- The seam ---

Delivery::Delivery(net::Reactor& reactor, store::Store& store, store::DatabaseId database, net::Outbound& outbound,
                   DeliveryOptions options)
    : impl_(std::make_unique<Impl>(reactor, store, database, outbound, std::move(options))) {}

Delivery::~Delivery() = default;

Async<Result<void>> Delivery::start() {
  return impl_->start();
}

Async<void> Delivery::stop(std::chrono::milliseconds grace) {
  return impl_->stop(grace);
}

void Delivery::look_again() {
  impl_->armed_at = INT64_MAX;
  impl_->on_timer();
}

const Limits& Delivery::limits() const {
  return impl_->options.limits;
}

SigningKeys Delivery::keys() const {
  return impl_->keys;
}

Async<Result<SigningKeys>> Delivery::rotate_keys() {
  SigningKeys rotated{impl_->keys.next, random_id("sig_")};
  if (impl_->options.keep_keys) {
    if (auto kept = impl_->options.keep_keys(rotated); !kept) co_return kept.error();
  }
  impl_->keys = rotated;
  co_return rotated;
}

Delivery::Parallelism Delivery::parallelism() const {
  auto sending = std::count_if(impl_->entries.begin(), impl_->entries.end(),
                               [](const auto& each) { return each.second->phase == Entry::Phase::sending; });
  return {static_cast<std::size_t>(sending), impl_->options.limits.in_flight_max};
}

}  // namespace millrace::delivery
