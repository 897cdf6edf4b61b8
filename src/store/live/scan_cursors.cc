#include "store/live/scan_cursors.h"

namespace millrace::store {

std::uint64_t ScanCursors::remember(DatabaseId database, KeyspaceId keyspace, std::string last) {
  if (oldest_first_.size() == cursors_max) {
    places_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  std::uint64_t cursor = next_++;
  places_.emplace(cursor, Place{database, keyspace, std::move(last)});
  oldest_first_.push_back(cursor);
  return cursor;
}

std::optional<std::string> ScanCursors::find(DatabaseId database, KeyspaceId keyspace, std::uint64_t cursor) const {
  auto found = places_.find(cursor);
  if (found == places_.end()) return std::nullopt;
  const Place& place = found->second;
  if (place.database != database || place.keyspace != keyspace) return std::nullopt;
  return place.last;
}

}  // namespace millrace::store
