#include "store/live/command_statistics.h"

namespace millrace::store {

CommandCounts& CommandStatistics::of(std::size_t row) {
  if (row >= by_row_.size()) by_row_.resize(row + 1);
  return by_row_[row];
}

void CommandStatistics::ran(std::size_t row, std::chrono::nanoseconds time, bool failed) {
  CommandCounts& counts = of(row);
  ++counts.calls;
  counts.time += time;
  if (failed) ++counts.failed;
}

void CommandStatistics::answered_error(std::string_view text) {
  std::string_view code = text.substr(0, text.find(' '));
  auto found = errors_.find(code);
  if (found != errors_.end()) {
    ++found->second;
  } else if (errors_.size() < codes_max) {
    errors_.emplace(code, 1);
  }
}

void CommandStatistics::reset() {
  by_row_.clear();
  errors_.clear();
}

}  // namespace millrace::store
