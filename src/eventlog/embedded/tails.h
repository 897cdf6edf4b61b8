#pragma once

// Who waits for which offset, and up to where each partition is known to be durable. Confined to the reactor. A waiter
// costs a row in an ordered map; an append wakes only those whose offset it reaches.

#include <coroutine>
#include <map>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

class Tails {
 public:
  struct PartitionId {
    TopicNumber topic = 0;
    PartitionNumber partition = 0;

    bool operator==(const PartitionId&) const = default;
  };
  struct Target {
    PartitionId partition{};
    Offset offset = 0;
  };

  // Up to, and without, which offset `partition` is known to be durable; 0 when nothing is known yet.
  Offset durable(PartitionId partition) const;

  // The partition is durable up to, and without, `next`: remembers it and wakes whom it concerns.
  void advance(PartitionId partition, Offset next);

  // The topic is gone: wakes all that wait for it, and remembers no more of it.
  void forget(TopicNumber topic, PartitionNumber partitions);

  // Awaits that any of `targets` is durable, its offset included: true; or that `cancel` is requested: false.
  class Wait;
  Wait until(std::vector<Target> targets, std::stop_token cancel);

 private:
  using Waiters = std::multimap<Offset, Wait*>;
  struct Tail {
    Offset durable = 0;
    Waiters waiters{};
  };
  struct Hash {
    std::size_t operator()(PartitionId id) const {
      return std::hash<std::uint64_t>{}(static_cast<std::uint64_t>(id.topic) << 32 | id.partition);
    }
  };

  std::unordered_map<PartitionId, Tail, Hash> tails_;
};

class Tails::Wait {
 public:
  Wait(Tails& tails, std::vector<Target> targets, std::stop_token cancel)
      : tails_(tails), targets_(std::move(targets)), cancel_(std::move(cancel)) {}
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;
  ~Wait() { leave(); }

  bool await_ready() const;
  void await_suspend(std::coroutine_handle<> waiting);
  bool await_resume() const { return reached_ || await_ready_by_offset(); }

 private:
  friend class Tails;
  struct Cancelled {
    Wait* wait;
    void operator()() const { wait->finish(false); }
  };

  bool await_ready_by_offset() const;
  void finish(bool reached);
  void leave();

  Tails& tails_;
  std::vector<Target> targets_;
  std::stop_token cancel_;
  std::vector<std::pair<PartitionId, Waiters::iterator>> places_{};
  std::coroutine_handle<> waiting_{};
  bool reached_ = false;
  std::optional<std::stop_callback<Cancelled>> on_cancel_{};
};

}  // namespace millrace::eventlog
