#pragma once

// The order of a sorted set as bytes: an element's order key is its score in eight bytes, then its member, and order
// keys compare as the elements do. Pure. -0 becomes 0; nan has no place in the order.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace millrace::store {

constexpr std::size_t score_bytes = 8;

std::string order_key(double score, std::string_view member);

// The parts of an order key, which has at least `score_bytes`.
double score_of(std::string_view order_key);
inline std::string_view member_of(std::string_view order_key) {
  return order_key.substr(score_bytes);
}

// All order keys k with begin <= k < end.
struct OrderRange {
  std::string begin{};
  std::string end{};  // empty: to the last one

  bool is_empty() const { return !end.empty() && end <= begin; }
};

struct ScoreBounds {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool without_least = false;
  bool without_most = false;
};

OrderRange range_of(const ScoreBounds& bounds);

}  // namespace millrace::store
