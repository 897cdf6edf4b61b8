#pragma once

// Small questions about keys.

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/unit.h"

namespace millrace::kv {

inline bool contains(const KeyRange& range, std::string_view key) {
  return key >= range.begin && (range.end.empty() || key < range.end);
}

// Whether every key of `inner` is in `outer`.
inline bool contains(const KeyRange& outer, const KeyRange& inner) {
  if (inner.begin < outer.begin) return false;
  return outer.end.empty() || (!inner.end.empty() && inner.end <= outer.end);
}

// Of this process only: never stored.
inline std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
}

}  // namespace millrace::kv
