#include "store/live/slow_log.h"

#include <fmt/format.h>

namespace millrace::store {
namespace {

constexpr std::size_t words_max = 32;
constexpr std::size_t word_bytes_max = 128;

std::vector<std::string> cut(const Command& command) {
  std::vector<std::string> words;
  for (const std::string& word : command) {
    if (words.size() + 1 == words_max && command.size() > words_max) {
      words.push_back(fmt::format("... ({} more arguments)", command.size() - words_max + 1));
      break;
    }
    if (word.size() <= word_bytes_max) {
      words.push_back(word);
    } else {
      words.push_back(
          fmt::format("{}... ({} more bytes)", word.substr(0, word_bytes_max), word.size() - word_bytes_max));
    }
  }
  return words;
}

}  // namespace

void SlowLog::set_limits(DatabaseId database, Limits limits) {
  Log& log = logs_[database];
  log.limits = limits;
  if (log.entries.size() > limits.entries_max) log.entries.resize(limits.entries_max);
}

SlowLog::Limits SlowLog::limits(DatabaseId database) const {
  auto found = logs_.find(database);
  return found == logs_.end() ? Limits{} : found->second.limits;
}

void SlowLog::took(DatabaseId database, const Command& command, const Caller& caller, std::int64_t now,
                   std::chrono::nanoseconds time) {
  auto found = logs_.find(database);
  Limits limits = found == logs_.end() ? Limits{} : found->second.limits;
  if (limits.slower_than.count() < 0 || time < limits.slower_than || limits.entries_max == 0) return;
  Log& log = logs_[database];
  log.entries.push_front({log.next++, now / 1000, std::chrono::duration_cast<std::chrono::microseconds>(time),
                          cut(command), caller.address});
  if (log.entries.size() > limits.entries_max) log.entries.pop_back();
}

const std::deque<SlowLog::Entry>& SlowLog::entries(DatabaseId database) const {
  static const std::deque<Entry> none;
  auto found = logs_.find(database);
  return found == logs_.end() ? none : found->second.entries;
}

void SlowLog::clear(DatabaseId database) {
  auto found = logs_.find(database);
  if (found != logs_.end()) found->second.entries.clear();
}

}  // namespace millrace::store
