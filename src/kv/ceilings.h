#pragma once

// The highest keys there are, by group: a key above its group's highest one is not there, and the engine need not look.
// Rows are mostly new ones in ascending order (records, entities with ids that ascend), so most reads of absent rows
// end here.
//
// A group is the keys that share their first `group_bytes` bytes. Confined to the reactor that writes them.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace millrace::kv {

class Ceilings {
 public:
  // 18: the rows of one collection of the store, or of keys and ids that begin alike (docs/formats).
  static constexpr std::size_t group_bytes = 18;
  static constexpr std::size_t groups_max = 4096;  // about 1 MiB; then all are forgotten and learnt again

  // True only if no row with this key can exist.
  bool above(std::string_view key) const;

  // A row with this key will exist.
  void raise(std::string_view key);

  // Tells of a read that found nothing. Whether the group's highest key should be looked up now: not at the first such
  // read, for most groups see no second, and not for ever where it cannot be had.
  bool missed(std::string_view key);

  // `highest` is the last key of the group of `key`, empty when there is none.
  void learn(std::string_view key, std::string_view highest);

 private:
  struct Group {
    std::uint8_t misses = 0;
    bool known = false;
    std::string highest{};
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::unordered_map<std::string, Group, Hash, std::equal_to<>> groups_{};
};

}  // namespace millrace::kv
