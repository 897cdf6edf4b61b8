#include "store/embedded/scan_cursors.h"

namespace millrace::store {

std::uint64_t ScanCursors::remember(const Keyspace& keys, std::string last) {
  if (oldest_first_.size() == cursors_max) {
    places_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  std::uint64_t cursor = next_++;
  places_.emplace(cursor, Place{keys.database(), keys.id(), std::move(last)});
  oldest_first_.push_back(cursor);
  return cursor;
}

std::optional<std::string> ScanCursors::find(const Keyspace& keys, std::uint64_t cursor) const {
  auto found = places_.find(cursor);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  if (place.database != keys.database() || place.keyspace != keys.id()) return std::nullopt;
  return place.last;
}

}  // namespace millrace::store
