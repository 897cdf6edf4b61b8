#include "kv/memory/memory_engine.h"

#include <map>
#include <shared_mutex>

namespace millrace::kv {
namespace {

using Rows = std::map<std::string, std::string, std::less<>>;

struct MemorySnapshot : Snapshot {
  explicit MemorySnapshot(Rows copy) : rows(std::move(copy)) {}
  Rows rows;
};

Rows::const_iterator first_of(const Rows& rows, const KeyRange& range) {
  return rows.lower_bound(range.begin);
}

Rows::const_iterator end_of(const Rows& rows, const KeyRange& range) {
  if (range.end.empty()) return rows.end();
  return range.end < range.begin ? rows.lower_bound(range.begin) : rows.lower_bound(range.end);
}

class MemoryEngine : public Engine {
 public:
  Result<Found> get(std::string_view key, ReadFrom from, std::string& value) override {
    std::shared_lock lock(mutex_);
    return find(rows_of(from), key, value);
  }

  Result<std::vector<Found>> multi_get(std::span<const std::string> keys, ReadFrom from,
                                       std::vector<std::string>& values) override {
    std::shared_lock lock(mutex_);
    std::vector<Found> found;
    values.resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) found.push_back(find(rows_of(from), keys[i], values[i]));
    return found;
  }

  Result<ScanEnd> scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) override {
    std::shared_lock lock(mutex_);
    const Rows& rows = rows_of(from);
    auto at = first_of(rows, range);
    auto end = end_of(rows, range);
    if (direction == Direction::ascending) {
      for (; at != end; ++at)
        if (visit(at->first, at->second) == Visit::stop) return ScanEnd::stopped;
      return ScanEnd::complete;
    }
    while (end != at) {
      --end;
      if (visit(end->first, end->second) == Visit::stop) return ScanEnd::stopped;
    }
    return ScanEnd::complete;
  }

  Result<void> write(std::span<const Write> batch) override {
    std::unique_lock lock(mutex_);
    for (const Write& write : batch) {
      if (write.value) {
        rows_.insert_or_assign(std::string(write.key), std::string(*write.value));
      } else if (auto at = rows_.find(write.key); at != rows_.end()) {
        rows_.erase(at);
      }
    }
    return {};
  }

  Result<void> sync() override { return {}; }

  std::unique_ptr<Snapshot> snapshot() override {
    std::shared_lock lock(mutex_);
    return std::make_unique<MemorySnapshot>(rows_);
  }

  Result<void> erase_range(const KeyRange& range) override {
    std::unique_lock lock(mutex_);
    rows_.erase(first_of(rows_, range), end_of(rows_, range));
    return {};
  }

  std::uint64_t approximate_size(const KeyRange& range) override {
    std::shared_lock lock(mutex_);
    std::uint64_t bytes = 0;
    for (auto at = first_of(rows_, range); at != end_of(rows_, range); ++at) {
      bytes += at->first.size() + at->second.size();
    }
    return bytes;
  }

  Result<void> verify() override { return {}; }

 private:
  static Found find(const Rows& rows, std::string_view key, std::string& value) {
    auto at = rows.find(key);
    if (at == rows.end()) return Found::no;
    value = at->second;
    return Found::yes;
  }

  const Rows& rows_of(ReadFrom from) const {
    return from.snapshot ? static_cast<const MemorySnapshot*>(from.snapshot)->rows : rows_;
  }

  std::shared_mutex mutex_;
  Rows rows_;  // guarded by the mutex above
};

}  // namespace

std::unique_ptr<Engine> make_memory_engine() {
  return std::make_unique<MemoryEngine>();
}

}  // namespace millrace::kv
