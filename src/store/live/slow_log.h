#pragma once

// The latest commands that took long, per database, as SLOWLOG shows them. Nothing of it is stored. Confined to the
// reactor.

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>

#include "store/caller.h"
#include "store/store.h"

namespace millrace::store {

class SlowLog {
 public:
  struct Entry {
    std::uint64_t id = 0;
    std::int64_t at = 0;  // seconds since 1970
    std::chrono::microseconds took{0};
    std::vector<std::string> words{};  // cut off where they are many or long
    std::string address{};
  };

  struct Limits {
    std::chrono::microseconds slower_than{10'000};  // negative: nothing is kept
    std::size_t entries_max = 128;
  };

  void set_limits(DatabaseId database, Limits limits);
  Limits limits(DatabaseId database) const;

  // Keeps it when it took long enough.
  void took(DatabaseId database, const Command& command, const Caller& caller, std::int64_t now,
            std::chrono::nanoseconds time);

  const std::deque<Entry>& entries(DatabaseId database) const;  // the latest first
  void clear(DatabaseId database);

 private:
  struct Log {
    Limits limits{};
    std::deque<Entry> entries{};
    std::uint64_t next = 0;
  };

  std::map<DatabaseId, Log> logs_{};
};

}  // namespace millrace::store
