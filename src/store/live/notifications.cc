#include "store/live/notifications.h"

#include <algorithm>

namespace millrace::store {
namespace {

constexpr std::string_view in_all = "g$lshzxetd";  // what the letter A stands for
constexpr std::string_view others = "KEmn";

}  // namespace

std::optional<std::string> Notifications::normalize(std::string_view letters) {
  auto has = [letters](char letter) { return letters.find(letter) != letters.npos; };
  bool known = std::ranges::all_of(
      letters, [](char c) { return c == 'A' || in_all.find(c) != in_all.npos || others.find(c) != others.npos; });
  if (!known) return std::nullopt;
  bool all = has('A') || std::ranges::all_of(in_all, has);
  std::string normalized;
  if (all) normalized = "A";
  for (char c : in_all) {
    if (!all && has(c)) normalized += c;
  }
  for (char c : others) {
    if (has(c)) normalized += c;
  }
  return normalized;
}

void Notifications::set(DatabaseId database, std::string normalized) {
  if (normalized.empty()) {
    classes_.erase(database);
  } else {
    classes_[database] = std::move(normalized);
  }
}

std::string Notifications::get(DatabaseId database) const {
  auto found = classes_.find(database);
  return found == classes_.end() ? std::string() : found->second;
}

bool Notifications::wants(DatabaseId database, char letter) const {
  auto found = classes_.find(database);
  if (found == classes_.end()) return false;
  const std::string& letters = found->second;
  bool all = letters.starts_with('A') && in_all.find(letter) != in_all.npos;
  return all || letters.find(letter) != letters.npos;
}

}  // namespace millrace::store
