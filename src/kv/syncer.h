#pragma once

// The one thread that makes written batches durable, for all reactors of the process. While a sync runs, further
// batches are written; the next sync covers all of them.
//
// Thread-safe. The engine outlives it. Destroying it finishes the requests there are and joins the thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kv/engine.h"

namespace millrace::kv {

class Syncer {
 public:
  // Told why when a sync failed. Nobody can say then what is durable, so the default prints one line and ends the
  // process; a test may return, after which nothing waiting is ever answered.
  using OnFailure = std::function<void(const Error&)>;
  static void end_process(const Error& error);

  explicit Syncer(Engine& engine, OnFailure on_failure = end_process);
  ~Syncer();

  // Who waits for a sync; both are called on the sync thread.
  class Client {
   public:
    virtual ~Client() = default;
    virtual void sync_begins() = 0;  // what was written up to here is covered
    virtual void sync_done() = 0;    // and is durable now
  };

  // Has `client` covered by the next sync that begins.
  void request(std::shared_ptr<Client> client);

  // Syncs this often from now on, whether requested or not: for Durability::interval.
  void every(std::chrono::milliseconds interval);

  // Syncs on the calling thread. False after a failure, which has been reported.
  bool sync_here();

  std::uint64_t syncs() const;                     // completed so far, those of `sync_here` included
  std::chrono::nanoseconds sync_duration() const;  // of a typical recent sync

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::kv
