#include "store/live/watched_keys.h"

#include <algorithm>

namespace millrace::store {

void WatchedKeys::Watch::add(DatabaseId database, std::string_view key) {
  std::pair name(database, std::string(key));
  if (std::ranges::find(keys_, name) != keys_.end()) return;
  all_.watches_[name].push_back(this);
  keys_.push_back(std::move(name));
}

void WatchedKeys::Watch::clear() {
  for (const auto& name : keys_) {
    auto found = all_.watches_.find(name);
    std::erase(found->second, this);
    if (found->second.empty()) all_.watches_.erase(found);
  }
  keys_.clear();
  written_ = false;
}

void WatchedKeys::written(DatabaseId database, std::string_view key) {
  auto found = watches_.find({database, std::string(key)});
  if (found == watches_.end()) return;
  for (Watch* watch : found->second) watch->written_ = true;
}

void WatchedKeys::all_written(DatabaseId database) {
  for (auto at = watches_.lower_bound({database, {}}); at != watches_.end() && at->first.first == database; ++at) {
    for (Watch* watch : at->second) watch->written_ = true;
  }
}

std::vector<std::string> WatchedKeys::keys(DatabaseId database) const {
  std::vector<std::string> names;
  for (auto at = watches_.lower_bound({database, {}}); at != watches_.end() && at->first.first == database; ++at) {
    names.push_back(at->first.second);
  }
  return names;
}

}  // namespace millrace::store
