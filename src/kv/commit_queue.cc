#include "kv/commit_queue.h"

#include <algorithm>

namespace millrace::kv {

void CommitQueue::Wait::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  // Usually the newest number; a home that was idle may wait for an older one.
  Wait* place = &queue_.waiting_;
  while (place->before_ != &queue_.waiting_ && place->before_->number_ > number_) place = place->before_;
  link_before(*place);
}

void CommitQueue::Wait::link_before(Wait& other) {
  before_ = other.before_;
  after_ = &other;
  before_->after_ = this;
  other.before_ = this;
}

void CommitQueue::Wait::unlink() {
  before_->after_ = after_;
  after_->before_ = before_;
  before_ = after_ = this;
}

CommitQueue::~CommitQueue() {
  while (waiting_.after_ != &waiting_) waiting_.after_->unlink();
  while (ready_.after_ != &ready_) ready_.after_->unlink();
}

void CommitQueue::call_after(Number number, std::function<void()> wake) {
  auto after = std::upper_bound(wakes_.begin(), wakes_.end(), number,
                                [](Number wanted, const Wake& other) { return wanted < other.number; });
  wakes_.insert(after, {number, std::move(wake)});
}

void CommitQueue::pending_failed(const Error& error) {
  while (!wakes_.empty() && wakes_.back().number == pending()) wakes_.pop_back();
  while (waiting_.before_ != &waiting_ && waiting_.before_->number_ == pending()) {
    Wait& failed = *waiting_.before_;
    failed.outcome_ = error;
    failed.unlink();
    failed.link_before(*ready_.after_);  // in front, as they are taken from the back
  }
}

void CommitQueue::durable_up_to(Number number) {
  durable_ = std::max(durable_, number);
}

void CommitQueue::take_durable() {
  while (waiting_.after_ != &waiting_ && waiting_.after_->number_ <= durable_) {
    Wait& done = *waiting_.after_;
    done.unlink();
    done.link_before(ready_);
  }
}

void CommitQueue::resume_ready() {
  for (;;) {
    if (!wakes_.empty() && wakes_.front().number <= durable_) {
      auto call = std::move(wakes_.front().call);
      wakes_.pop_front();
      call();
      continue;
    }
    take_durable();
    if (ready_.after_ == &ready_) return;
    Wait& next = *ready_.after_;
    next.unlink();
    next.waiting_.resume();
  }
}

}  // namespace millrace::kv
