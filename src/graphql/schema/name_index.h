#pragma once

// Finds the position of a name in a fixed run of names: the fields of a type, the arguments of a field, the types of a
// schema. Built once in an arena; a lookup is one hash and, but for collisions, one comparison. Runs of up to four
// names are compared one by one. Immutable once built.

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "graphql/language/arena.h"

namespace millrace::graphql {

// Mixes length and all bytes; stable within a process only.
inline std::uint32_t hash_name(std::string_view name) {
  std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15u;
  const char* at = name.data();
  std::size_t left = name.size();
  while (left >= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
    hash ^= hash >> 32;
    at += 8;
    left -= 8;
  }
  std::uint64_t tail = 0;
  std::memcpy(&tail, at, left);
  hash = (hash ^ tail) * 0xD6E8FEB86659FD93u;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

class NameIndex {
 public:
  static constexpr std::uint32_t none = ~0u;

  NameIndex() = default;

  // The first of equal names wins. The views in `names` are kept.
  static NameIndex build(std::span<const std::string_view> names, Arena& arena);

  // The position of `name`, or `none`.
  std::uint32_t find(std::string_view name) const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t position = none;
  };

  std::span<const std::string_view> names_{};
  std::span<const Slot> slots_{};  // empty for short runs, else a power of two, at most half full
};

}  // namespace millrace::graphql
