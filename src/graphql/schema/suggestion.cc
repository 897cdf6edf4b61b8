#include "graphql/schema/suggestion.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace millrace::graphql {
namespace {

// More would be a list to search, not a hint.
constexpr std::size_t shown_max = 5;

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lowered;
}

// Insertions, deletions, substitutions and swaps of neighbours between two lower-case names; nothing above `bound`.
std::optional<std::size_t> edit_distance(std::string_view from, std::string_view to, std::size_t bound) {
  if (std::max(from.size(), to.size()) - std::min(from.size(), to.size()) > bound) return std::nullopt;
  std::vector<std::size_t> before(to.size() + 1), last(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    if (std::ranges::min(row) > bound) return std::nullopt;
    std::swap(before, last);
    std::swap(last, row);
  }
  return last.back() <= bound ? std::optional(last.back()) : std::nullopt;
}

// Another case of letters counts as one edit.
std::optional<std::size_t> distance(std::string_view from, std::string_view to, std::size_t bound) {
  if (from == to) return 0;
  const auto from_lower = lower(from), to_lower = lower(to);
  if (from_lower == to_lower) return 1;
  return edit_distance(from_lower, to_lower, bound);
}

}  // namespace

std::vector<std::string_view> closest_names(std::string_view name, std::span<const std::string_view> options) {
  const auto bound = name.size() * 2 / 5 + 1;
  std::vector<std::pair<std::size_t, std::string_view>> close;
  for (auto option : options)
    if (const auto edits = distance(name, option, bound)) close.emplace_back(*edits, option);
  std::ranges::sort(close);
  std::vector<std::string_view> names;
  for (auto& [edits, option] : close)
    if (names.empty() || names.back() != option) names.push_back(option);
  return names;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> options) {
  auto names = closest_names(name, options);
  if (names.empty()) return {};
  names.resize(std::min(names.size(), shown_max));
  std::string text = "Did you mean ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += fmt::format("\"{}\"", names[i]);
  }
  return text + "?";
}

}  // namespace millrace::graphql
