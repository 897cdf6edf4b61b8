#pragma once

// Databases with a rate: how long a command's answer has to wait so that no more than so many are answered in a second.
// Up to a tenth of a second's commands may come at once. Confined to the reactor.

#include <algorithm>
#include <cstdint>
#include <map>

#include "store/store.h"

namespace millrace::store {

class Throttle {
 public:
  // Counts one command at `now` (milliseconds). How many milliseconds its answer waits.
  std::int64_t take(DatabaseId database, std::uint64_t per_second, std::int64_t now) {
    constexpr std::int64_t burst = 100;
    constexpr std::int64_t second = 1'000'000;
    std::int64_t& free_at = free_at_[database];  // in microseconds, when what was taken so far is paid for
    free_at = std::max(free_at, (now - burst) * 1'000) + second / static_cast<std::int64_t>(per_second);
    return std::max<std::int64_t>(0, free_at / 1'000 - now);
  }

 private:
  std::map<DatabaseId, std::int64_t> free_at_{};
};

}  // namespace millrace::store
