#pragma once

// Small ranges of rows that were scanned lately, whole and sorted, so that reading a set of twenty members again asks
// nobody. Writes under a cached range update it. The ranges do not overlap.
//
// Confined to its reactor.

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unit.h"

namespace millrace::kv {

class RangeCache {
 public:
  struct Row {
    std::string key{};
    std::string value{};
  };
  using Rows = std::vector<Row>;

  struct View {
    Rows::const_iterator begin{};
    Rows::const_iterator end{};
  };

  static constexpr std::size_t rows_max = 1024;  // of one range: an insertion moves half of them
  static constexpr std::size_t range_bytes_max = 256 << 10;

  explicit RangeCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // All rows of `range`, if it lies within a cached one. Valid until the next call that is not const.
  std::optional<View> find(const KeyRange& range);

  // The row of `key` in the cached range around it. Outer nothing: no range knows; inner nothing: there is no such row.
  std::optional<const Row*> find_row(std::string_view key);

  // `rows` are all rows of `range`, sorted. Cached ranges that overlap it are dropped.
  void insert(const KeyRange& range, Rows rows);

  // The row of `key` has this value from now on, or is gone.
  void set(std::string_view key, std::optional<std::string_view> value);

  // Forgets the ranges that touch `range`, or the one around `key`.
  void drop(const KeyRange& range);
  void drop(std::string_view key);

  std::size_t ranges() const { return ranges_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Range {
    std::string end{};
    Rows rows{};
    std::size_t bytes = 0;
    bool used = false;  // since the eviction last looked at it
    std::list<std::string_view>::iterator place{};
  };
  using Ranges = std::map<std::string, Range, std::less<>>;

  static std::size_t bytes_of(std::string_view key, std::string_view value);

  Ranges::iterator around(std::string_view key);
  void erase(Ranges::iterator at);
  void trim();

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Ranges ranges_{};                       // by where they begin
  std::list<std::string_view> places_{};  // the begins, the one to evict first at the front
};

}  // namespace millrace::kv
