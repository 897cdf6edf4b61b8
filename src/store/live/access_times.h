#pragma once

// When keys were last used, roughly: as many times as fit into a table that never grows, each shared by the keys that
// fall on it, so that a key may seem to be used by another one. Nothing of it is stored: before its first use a key
// counts as used at the start. Confined to the reactor.

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace millrace::store {

class AccessTimes {
 public:
  explicit AccessTimes(std::int64_t started) : started_(started) {}

  // Times are in milliseconds since 1970.
  void used(DatabaseId database, std::string_view key, std::int64_t at) {
    if (seconds_.empty()) seconds_.resize(places);
    seconds_[place(database, key)] = static_cast<std::int32_t>((at - started_) / 1000);
  }

  std::int64_t idle_seconds(DatabaseId database, std::string_view key, std::int64_t now) const {
    std::int64_t used = seconds_.empty() ? 0 : seconds_[place(database, key)];
    return (now - started_) / 1000 - used;
  }

 private:
  static constexpr std::size_t places = 1 << 16;  // 256 KiB

  static std::size_t place(DatabaseId database, std::string_view key) {
    return (std::hash<std::string_view>{}(key) ^ (database.number * 0x9e3779b97f4a7c15u)) % places;
  }

  std::int64_t started_;
  std::vector<std::int32_t> seconds_{};
};

}  // namespace millrace::store
