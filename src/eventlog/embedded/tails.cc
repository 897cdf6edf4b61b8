#include "eventlog/embedded/tails.h"

#include <algorithm>

namespace millrace::eventlog {

Offset Tails::durable(PartitionId partition) const {
  auto found = tails_.find(partition);
  return found == tails_.end() ? 0 : found->second.durable;
}

void Tails::advance(PartitionId partition, Offset next) {
  Tail& tail = tails_[partition];
  if (next <= tail.durable) return;
  tail.durable = next;
  // Who is woken may wait again, cancel others or be gone: look anew after each.
  for (;;) {
    Waiters& waiters = tails_[partition].waiters;
    if (waiters.empty() || waiters.begin()->first >= next) return;
    waiters.begin()->second->finish(true);
  }
}

void Tails::forget(TopicNumber topic, PartitionNumber partitions) {
  for (PartitionNumber partition = 0; partition < partitions; ++partition) {
    for (auto tail = tails_.find({topic, partition}); tail != tails_.end(); tail = tails_.find({topic, partition})) {
      if (tail->second.waiters.empty()) {
        tails_.erase(tail);
      } else {
        tail->second.waiters.begin()->second->finish(true);
      }
    }
  }
}

Tails::Wait Tails::until(std::vector<Target> targets, std::stop_token cancel) {
  return {*this, std::move(targets), std::move(cancel)};
}

bool Tails::Wait::await_ready_by_offset() const {
  return std::ranges::any_of(targets_,
                             [&](const Target& target) { return tails_.durable(target.partition) > target.offset; });
}

bool Tails::Wait::await_ready() const {
  return cancel_.stop_requested() || await_ready_by_offset();
}

void Tails::Wait::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  places_.reserve(targets_.size());
  for (const Target& target : targets_) {
    places_.emplace_back(target.partition, tails_.tails_[target.partition].waiters.emplace(target.offset, this));
  }
  on_cancel_.emplace(cancel_, Cancelled{this});
}

void Tails::Wait::finish(bool reached) {
  leave();
  reached_ = reached;
  if (auto waiting = std::exchange(waiting_, {})) waiting.resume();
}

void Tails::Wait::leave() {
  for (auto& [partition, place] : places_) tails_.tails_[partition].waiters.erase(place);
  places_.clear();
}

}  // namespace millrace::eventlog
