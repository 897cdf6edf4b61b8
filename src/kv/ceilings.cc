#include "kv/ceilings.h"

namespace millrace::kv {

bool Ceilings::above(std::string_view key) const {
  if (key.size() <= group_bytes) return false;
  auto group = groups_.find(key.substr(0, group_bytes));
  return group != groups_.end() && group->second.known && key > group->second.highest;
}

void Ceilings::raise(std::string_view key) {
  if (key.size() <= group_bytes) return;
  auto group = groups_.find(key.substr(0, group_bytes));
  if (group != groups_.end() && group->second.known && key > group->second.highest) group->second.highest = key;
}

bool Ceilings::missed(std::string_view key) {
  constexpr std::uint8_t first_look = 2;
  constexpr std::uint8_t last_look = 5;
  if (key.size() <= group_bytes) return false;
  auto group = groups_.find(key.substr(0, group_bytes));
  if (group == groups_.end()) {
    if (groups_.size() >= groups_max) groups_.clear();
    group = groups_.emplace(key.substr(0, group_bytes), Group{}).first;
  }
  Group& seen = group->second;
  if (seen.known || seen.misses > last_look) return false;
  return ++seen.misses >= first_look;
}

void Ceilings::learn(std::string_view key, std::string_view highest) {
  auto group = groups_.find(key.substr(0, group_bytes));
  if (group == groups_.end()) return;
  group->second.known = true;
  group->second.highest = highest;
}

}  // namespace millrace::kv
