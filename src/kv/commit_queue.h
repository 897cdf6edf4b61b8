#pragma once

// The batches of one reactor by their numbers, which units wait for which, and what is to be called once they are
// durable. One batch at a time is pending: it has the number after the last written one. A batch that could not be
// written leaves its number to the next.
//
// Confined to its reactor. Nothing is resumed but by `resume_ready`.

#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "base/result.h"

namespace millrace::kv {

class CommitQueue {
 public:
  using Number = std::uint64_t;

  // co_await queue.wait(number): returns when that batch is durable or has failed.
  class Wait {
   public:
    Wait(CommitQueue& queue, Number number) : queue_(queue), number_(number) {}
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    ~Wait() { unlink(); }  // a coroutine that is destroyed while it waits is not resumed

    bool await_ready() const { return number_ <= queue_.durable_; }
    void await_suspend(std::coroutine_handle<> waiting);
    Result<void> await_resume() { return std::move(outcome_); }

   private:
    friend class CommitQueue;
    explicit Wait(CommitQueue& queue) : Wait(queue, 0) {}

    void link_before(Wait& other);
    void unlink();

    CommitQueue& queue_;
    Number number_;
    Wait* before_ = this;  // a ring
    Wait* after_ = this;
    std::coroutine_handle<> waiting_{};
    Result<void> outcome_{};
  };

  CommitQueue() = default;
  ~CommitQueue();

  Number pending() const { return written_ + 1; }
  Number written() const { return written_; }
  Number durable() const { return durable_; }
  bool idle() const { return waiting_.after_ == &waiting_ && ready_.after_ == &ready_; }

  Wait wait(Number number) { return Wait(*this, number); }

  // Calls `wake` once the batch is durable; never if it fails.
  void call_after(Number number, std::function<void()> wake);

  void pending_was_written() { ++written_; }
  void pending_failed(const Error& error);
  void durable_up_to(Number number);

  // Calls and resumes whatever its batch has come to, including what that makes ready.
  void resume_ready();

 private:
  struct Wake {
    Number number = 0;
    std::function<void()> call{};
  };

  void take_durable();

  Number written_ = 0;
  Number durable_ = 0;
  Wait waiting_{*this};  // the rings' anchors; by ascending number
  Wait ready_{*this};
  std::deque<Wake> wakes_{};
};

}  // namespace millrace::kv
