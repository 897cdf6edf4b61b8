#pragma once

// Rows in memory by their key, within a budget of bytes: what was read or written lately. Also remembers that a key has
// no row. Rows of the batch that is not written to the engine yet are pinned, for nobody else has them.
//
// Confined to its reactor.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::kv {

class RowCache {
 public:
  struct Row {
    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_size}; }

    Row* next_in_bucket = nullptr;
    Row* newer = nullptr;
    Row* older = nullptr;
    std::uint32_t hash = 0;
    std::uint32_t key_size = 0;  // the key follows the row in memory
    bool exists = false;         // false: it is known that there is no such row
    bool pinned = false;
    bool used = false;        // since the eviction last looked at it
    std::uint64_t batch = 0;  // that last wrote it; of a row that came from the engine, an upper bound
    std::string value{};
  };

  explicit RowCache(std::size_t bytes_max) : bytes_max_(bytes_max), buckets_(1024) {}
  ~RowCache();
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;

  // Valid until the row is set, erased or evicted; a row is evicted only by a later `set` or `unpin`.
  Row* find(std::string_view key, std::uint32_t hash);

  // Creates or replaces the row. Nothing: there is no such row. Evicts others when the budget is exceeded.
  Row& set(std::string_view key, std::uint32_t hash, std::optional<std::string_view> value);

  void erase(Row& row);
  void pin(Row& row) { row.pinned = true; }
  void unpin(Row& row) { row.pinned = false; }

  // Evicts until the budget is kept, pinned rows aside.
  void trim();

  // The latest batch of all rows that were evicted: what is not in here any more was written by that one at the latest.
  std::uint64_t batch_evicted() const { return batch_evicted_; }

  std::size_t bytes() const { return bytes_; }
  std::size_t rows() const { return rows_; }

 private:
  static std::size_t bytes_of(const Row& row);

  void link_as_newest(Row& row);
  void unlink(Row& row);
  void grow();

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t rows_ = 0;
  std::uint64_t batch_evicted_ = 0;
  std::vector<Row*> buckets_;  // as many as a power of two
  Row* newest_ = nullptr;
  Row* oldest_ = nullptr;
};

}  // namespace millrace::kv
