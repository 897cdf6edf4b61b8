#include "store/live/scan_cursors.h"

namespace millrace::store {

std::uint64_t ScanCursors::remember(Iteration iteration, std::string last) {
  if (oldest_first_.size() == cursors_max) {
    places_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  std::uint64_t cursor = next_++;
  places_.emplace(cursor, Place{std::move(iteration), std::move(last)});
  oldest_first_.push_back(cursor);
  return cursor;
}

std::optional<std::string> ScanCursors::find(const Iteration& iteration, std::uint64_t cursor) const {
  auto found = places_.find(cursor);
  if (found == places_.end() || found->second.iteration != iteration) return std::nullopt;
  return found->second.last;
}

}  // namespace millrace::store
