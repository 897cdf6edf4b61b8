// Queues: an order of messages, of which the first few have their turn.

#include <algorithm>

#include "delivery/destination.h"
#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr int parallelism_max = 1000;  // as many attempts as there may be in all
constexpr std::size_t slice = 100;     // messages that get their turn in one transaction

Error unknown(const std::string& name) {
  return {ErrorCode::not_found, "queue not found: " + name};
}

std::string lock_name(const std::string& queue) {
  return "queue " + queue;
}

}  // namespace

QueueState& Delivery::Impl::queue_state(const std::string& name, Transaction& transaction, Staged& staged) {
  auto [found, made] = queues.try_emplace(name);
  if (made) {
    found->second.row.created_at = found->second.row.updated_at = now();
    transaction.add("hset", std::string(queues_key), name, encode(found->second.row));
    staged.queues_made.push_back(name);
  }
  return found->second;
}

// Ascends also within a millisecond and when the clock goes back.
std::int64_t Delivery::Impl::next_place(QueueState& queue) {
  queue.last = std::max(queue.last + 1, count_of(now()) * 1000);
  return queue.last;
}

Async<void> Delivery::Impl::refill_later(std::string queue) {
  while (!stopping) {
    std::string name = queue;
    auto done = co_await refill(std::move(name));
    if (done) break;
    problem(done.error().message);
    net::WaitEnd end = co_await reactor.sleep(options.limits.pause_after_fault);
    if (end == net::WaitEnd::stopped) break;
  }
}

// Gives the first messages their turn and takes out those that are finished, as far as no callback holds their place.
Async<Result<void>> Delivery::Impl::refill(std::string name) {
  std::string lock = lock_name(name);
  auto waiting = locks.hold(std::move(lock));
  auto held = co_await waiting;
  for (bool more = true; more && !stopping;) {
    more = false;
    auto queue = queues.find(name);
    if (queue == queues.end() || queue->second.row.paused) break;
    const auto turns = static_cast<std::size_t>(queue->second.row.parallelism);
    Transaction head;
    head.add("zrange", order_key(name), "0", std::to_string(turns - 1));
    auto first = co_await database.run(std::move(head));
    if (!first) co_return first.error();
    std::vector<std::string> ids;
    Transaction look;
    for (store::Reply& each : first->front().elements) {
      ids.push_back(std::move(each.text));
      look.add("get", status_key(ids.back()));
      look.add("scard", holders_key(ids.back()));
    }
    auto rows = co_await database.run(std::move(look));
    if (!rows) co_return rows.error();

    Transaction turn;
    std::int64_t at = count_of(now());
    bool released = false;
    for (std::size_t i = 0; i < ids.size() && turn.size() < 2 * slice; ++i) {
      auto text = text_of((*rows)[2 * i]);
      auto status = text ? decode_status(*text) : std::nullopt;
      if (!status || terminal(status->state)) {
        if ((*rows)[2 * i + 1].integer > 0) continue;
        turn.add("zrem", order_key(name), ids[i]);
        more = true;
      } else if (!status->released && !entries.contains(ids[i])) {
        status->released = true;
        turn.add("set", status_key(ids[i]), encode(*status));
        turn.add("zadd", std::string(due_key), score(at), "m" + ids[i]);
        released = true;
      }
    }
    more = more || turn.size() >= 2 * slice;
    if (turn.empty()) break;
    auto done = co_await database.run(std::move(turn));
    if (!done) co_return done.error();
    if (released) due_inserted(at);
  }
  co_return Result<void>{};
}

// A message whose time has come takes its place in the order.
Async<void> Delivery::Impl::join_queue(EntryPointer entry) {
  const std::string name = entry->message->queue;
  Transaction join;
  Staged staged;
  QueueState& queue = queue_state(name, join, staged);
  entry->status.joined = true;
  join.add("zrem", entry->place, entry->place == due_key ? "m" + entry->id : entry->id);
  join.add("zadd", order_key(name), score(next_place(queue)), entry->id);
  join.add("set", status_key(entry->id), encode(entry->status));
  entry->phase = Entry::Phase::finishing;
  auto done = co_await database.run(std::move(join));
  if (!done) {
    problem(done.error().message);
    abandon(staged);
    due_rewind = std::min(due_rewind, entry->at);
    arm(after_fault());
  }
  drop(entry);
  if (done) spawn(refill_later(name));
}

// A message that is due while its queue is paused waits for its turn anew.
Async<void> Delivery::Impl::leave_to_queue(EntryPointer entry) {
  const std::string name = entry->message->queue;
  std::string lock = lock_name(name);
  auto waiting = locks.hold(std::move(lock));
  auto held = co_await waiting;
  auto queue = queues.find(name);
  if (!entry->canceled && queue != queues.end() && queue->second.row.paused) {
    Transaction leave;
    entry->phase = Entry::Phase::finishing;
    entry->status.released = false;
    leave.add("zrem", entry->place, entry->place == due_key ? "m" + entry->id : entry->id);
    leave.add("set", status_key(entry->id), encode(entry->status));
    auto done = co_await database.run(std::move(leave));
    if (!done) problem(done.error().message);
    drop(entry);
    if (!done) arm(after_fault());
    if (!done) due_rewind = std::min(due_rewind, entry->at);
    co_return;
  }
  drop(entry);
  due_inserted(entry->at);  // the queue goes on: claimed again
}

// --- The seam ---

Async<Result<void>> Delivery::put_queue(std::string name, int parallelism, bool paused) {
  if (auto good = check_name("queue name", name); !good) co_return good.error();
  if (parallelism < 1 || parallelism > parallelism_max) {
    co_return Error{ErrorCode::invalid, "invalid parallelism: write a number from 1 to 1000"};
  }
  if (!impl_->queues.contains(name) && impl_->queues.size() >= impl_->options.limits.queues_max) {
    co_return Error{ErrorCode::over_limit, "quota maxQueues exceeded"};
  }
  Transaction put;
  Staged staged;
  QueueState& queue = impl_->queue_state(name, put, staged);
  const QueueRow before = queue.row;
  queue.row.parallelism = parallelism;
  queue.row.paused = paused;
  queue.row.updated_at = impl_->now();
  put.add("hset", std::string(queues_key), name, encode(queue.row));
  auto done = co_await impl_->database.run(std::move(put));
  if (!done) {
    if (auto found = impl_->queues.find(name); found != impl_->queues.end()) found->second.row = before;
    impl_->abandon(staged);
    co_return done.error();
  }
  impl_->spawn(impl_->refill_later(name));
  co_return Result<void>{};
}

Async<Result<void>> Delivery::pause_queue(std::string name, bool paused) {
  auto found = impl_->queues.find(name);
  if (found == impl_->queues.end()) co_return unknown(name);
  const int parallelism = found->second.row.parallelism;
  co_return co_await put_queue(std::move(name), parallelism, paused);
}

Async<Result<std::vector<Queue>>> Delivery::queues() {
  std::vector<Queue> all;
  Transaction count;
  for (const auto& [name, state] : impl_->queues) {
    const QueueRow& row = state.row;
    all.push_back({name, row.created_at, row.updated_at, row.parallelism, row.paused, 0});
    count.add("zcard", order_key(name));
  }
  auto counts = co_await impl_->database.run(std::move(count));
  if (!counts) co_return counts.error();
  for (std::size_t at = 0; at < all.size(); ++at) all[at].lag = static_cast<std::uint64_t>((*counts)[at].integer);
  co_return all;
}

Async<Result<Queue>> Delivery::queue(std::string name) {
  auto found = impl_->queues.find(name);
  if (found == impl_->queues.end()) co_return unknown(name);
  const QueueRow row = found->second.row;
  Queue queue{name, row.created_at, row.updated_at, row.parallelism, row.paused, 0};
  Transaction count;
  count.add("zcard", order_key(name));
  auto counts = co_await impl_->database.run(std::move(count));
  if (!counts) co_return counts.error();
  queue.lag = static_cast<std::uint64_t>(counts->front().integer);
  co_return queue;
}

Async<Result<void>> Delivery::delete_queue(std::string name) {
  if (!impl_->queues.contains(name)) co_return unknown(name);
  Filter filter;
  filter.queues = {name};
  auto gone = co_await cancel(std::move(filter), std::nullopt);
  if (!gone) co_return gone.error();
  std::string lock = lock_name(name);
  auto waiting = impl_->locks.hold(std::move(lock));
  auto held = co_await waiting;
  Transaction count;
  count.add("zcard", order_key(name));
  auto left = co_await impl_->database.run(std::move(count));
  if (!left) co_return left.error();
  if (left->front().integer > 0) {
    // Only finished ones, whose callbacks are under way: nothing is lost with their places.
    Transaction clear;
    clear.add("del", order_key(name));
    auto cleared = co_await impl_->database.run(std::move(clear));
    if (!cleared) co_return cleared.error();
  }
  Transaction remove;
  remove.add("hdel", std::string(queues_key), name);
  impl_->queues.erase(name);
  auto done = co_await impl_->database.run(std::move(remove));
  if (!done) co_return done.error();
  co_return Result<void>{};
}

}  // namespace millrace::delivery
