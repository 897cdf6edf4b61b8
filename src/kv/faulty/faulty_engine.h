#pragma once

// An engine around another one that fails when a test wants it, and that can forget what was not synced.
//
// Thread-safe, as far as the engine inside is. `lose_power` while no other call runs.

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "kv/engine.h"

namespace millrace::kv {

class FaultyEngine : public Engine {
 public:
  enum class Call { any, read, write, sync };

  explicit FaultyEngine(std::unique_ptr<Engine> inside) : inside_(std::move(inside)) {}

  // The n-th such call from now on fails, with `unavailable`, and changes nothing; 1 is the next one. 0: none.
  void fail(Call call, std::uint64_t nth);
  // All such calls fail until `fail(call, 0)`.
  void fail_always(Call call);
  // Calls of all kinds so far: when failing the n-th reaches this, a test body has been failed everywhere.
  std::uint64_t calls() const;

  // Reads with ReadTier::memory find nothing until the same key, or a scan, was read from anywhere.
  void forget_memory();

  // Syncs wait from now on, until released.
  void hold_syncs();
  void release_syncs();
  // Returns once a sync waits.
  void await_held_sync();

  // Goes back to what the last completed sync covered.
  void lose_power();

  Result<Found> get(std::string_view key, ReadFrom from, std::string& value) override;
  Result<std::vector<Found>> multi_get(std::span<const std::string> keys, ReadFrom from,
                                       std::vector<std::string>& values) override;
  Result<ScanEnd> scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) override;
  Result<void> write(std::span<const Write> batch) override;
  Result<void> sync() override;
  std::unique_ptr<Snapshot> snapshot() override { return inside_->snapshot(); }
  Result<void> erase_range(const KeyRange& range) override;
  std::uint64_t approximate_size(const KeyRange& range) override { return inside_->approximate_size(range); }
  Result<void> verify() override { return inside_->verify(); }

 private:
  struct Undo {
    std::string key{};
    std::optional<std::string> value{};
  };
  struct Plan {
    std::uint64_t left = 0;
    bool always = false;
  };

  // Counts the call. Whether it is to fail.
  bool fails(Call call);
  void remember(std::string_view key);

  const std::unique_ptr<Engine> inside_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Call, Plan> plans_;  // guarded by the mutex above, as is all below
  std::uint64_t calls_ = 0;
  std::deque<Undo> undo_;  // of what is not synced, the latest at the back
  bool cold_ = false;
  std::map<std::string, bool, std::less<>> warm_;
  bool scans_warm_ = false;
  bool holding_ = false;
  int held_ = 0;
};

}  // namespace millrace::kv
