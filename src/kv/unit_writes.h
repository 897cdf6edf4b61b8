#pragma once

// The writes that one unit has made so far, in order, with the means to look one up and to go back to a mark. Keys and
// values are copied into memory of its own, which it keeps when cleared: units are opened often and are mostly small.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unit.h"

namespace millrace::kv {

// Memory for strings that all end together. What was handed out stays where it is.
class StringArena {
 public:
  std::string_view copy(std::string_view text);
  void clear();

 private:
  static constexpr std::size_t block_size = 4096;  // a typical unit fits into the first block

  std::vector<std::unique_ptr<char[]>> blocks_{};
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

class UnitWrites {
 public:
  struct Operation {
    enum class Kind : std::uint8_t { put, erase, wake };
    Kind kind{};
    std::uint32_t hash = 0;
    std::string_view key{};
    std::string_view value{};
  };

  void put(std::string_view key, std::string_view value) { add({Operation::Kind::put, 0, key, value}); }
  void erase(std::string_view key) { add({Operation::Kind::erase, 0, key, {}}); }
  void wake(std::function<void()> call);

  // The unit's latest write of `key`, if it has one.
  const Operation* find(std::string_view key, std::uint32_t hash) const;

  // The latest writes of the keys in `range`, sorted that way.
  std::vector<const Operation*> sorted(const KeyRange& range, Direction direction) const;

  Unit::Mark mark() const;
  void rollback(Unit::Mark mark);
  void clear();

  bool empty() const { return operations_.size() == wakes_.size(); }
  const std::vector<Operation>& operations() const { return operations_; }
  std::vector<std::function<void()>> take_wakes() { return std::exchange(wakes_, {}); }

 private:
  static constexpr std::size_t linear_max = 8;  // up to here a look at each beats a hash table

  void add(Operation operation);
  std::optional<std::size_t> index_of(std::string_view key, std::uint32_t hash) const;
  void insert_into_table(std::uint32_t index);
  void rebuild_table(std::size_t slots);

  StringArena arena_{};
  std::vector<Operation> operations_{};
  std::vector<std::function<void()>> wakes_{};
  std::vector<std::uint32_t> table_{};  // open addressing: index of the latest operation of a key + 1, or 0
  mutable std::size_t mark_last_ = 0;   // operations before it must stay as they are
};

}  // namespace millrace::kv
