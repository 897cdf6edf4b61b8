#include "kv/range_cache.h"

#include <algorithm>

#include "kv/key.h"

namespace millrace::kv {
namespace {

constexpr std::size_t range_overhead = 200;  // the node of the map, the list entry, the vector

template <class Rows>
auto first_not_before(Rows& rows, std::string_view key) {
  return std::lower_bound(rows.begin(), rows.end(), key,
                          [](const RangeCache::Row& row, std::string_view other) { return row.key < other; });
}

}  // namespace

std::size_t RangeCache::bytes_of(std::string_view key, std::string_view value) {
  return sizeof(Row) + key.size() + value.size();
}

RangeCache::Ranges::iterator RangeCache::around(std::string_view key) {
  auto at = ranges_.upper_bound(key);
  if (at == ranges_.begin()) return ranges_.end();
  --at;
  return at->second.end.empty() || key < at->second.end ? at : ranges_.end();
}

std::optional<RangeCache::View> RangeCache::find(const KeyRange& range) {
  auto at = around(range.begin);
  if (at == ranges_.end()) return std::nullopt;
  Range& cached = at->second;
  if (!cached.end.empty() && (range.end.empty() || range.end > cached.end)) return std::nullopt;
  cached.used = true;
  View view{cached.rows.begin(), cached.rows.end()};
  if (range.begin != at->first) view.begin = first_not_before(std::as_const(cached.rows), range.begin);
  if (range.end != cached.end) view.end = first_not_before(std::as_const(cached.rows), range.end);
  if (view.end < view.begin) view.end = view.begin;  // a range that ends before it begins
  return view;
}

std::optional<const RangeCache::Row*> RangeCache::find_row(std::string_view key) {
  if (ranges_.empty()) return std::nullopt;
  auto at = around(key);
  if (at == ranges_.end()) return std::nullopt;
  at->second.used = true;
  auto row = first_not_before(std::as_const(at->second.rows), key);
  return row != at->second.rows.end() && row->key == key ? &*row : nullptr;
}

void RangeCache::insert(const KeyRange& range, Rows rows) {
  drop(range);
  Range added{.end = range.end, .rows = std::move(rows), .bytes = range_overhead + 2 * range.begin.size()};
  for (const Row& row : added.rows) added.bytes += bytes_of(row.key, row.value);
  bytes_ += added.bytes;
  auto at = ranges_.emplace(range.begin, std::move(added)).first;
  at->second.place = places_.insert(places_.end(), at->first);
  trim();
}

void RangeCache::set(std::string_view key, std::optional<std::string_view> value) {
  if (ranges_.empty()) return;
  auto at = around(key);
  if (at == ranges_.end()) return;
  Range& range = at->second;
  auto row = first_not_before(range.rows, key);
  std::size_t before = range.bytes;
  bool found = row != range.rows.end() && row->key == key;
  if (found) range.bytes -= bytes_of(row->key, row->value);
  if (value) range.bytes += bytes_of(key, *value);
  if (found && value) {
    row->value.assign(*value);
  } else if (found) {
    range.rows.erase(row);
  } else if (value) {
    range.rows.insert(row, Row{std::string(key), std::string(*value)});
  }
  bytes_ += range.bytes - before;
  if (range.rows.size() > rows_max || range.bytes > range_bytes_max) return erase(at);
  trim();
}

void RangeCache::drop(const KeyRange& range) {
  if (ranges_.empty()) return;
  auto at = around(range.begin);
  if (at == ranges_.end()) at = ranges_.lower_bound(range.begin);
  while (at != ranges_.end() && (range.end.empty() || at->first < range.end)) erase(at++);
}

void RangeCache::drop(std::string_view key) {
  if (auto at = around(key); at != ranges_.end()) erase(at);
}

void RangeCache::erase(Ranges::iterator at) {
  bytes_ -= at->second.bytes;
  places_.erase(at->second.place);
  ranges_.erase(at);
}

void RangeCache::trim() {
  while (bytes_ > bytes_max_ && !places_.empty()) {
    auto at = ranges_.find(places_.front());
    if (at->second.used) {
      at->second.used = false;
      places_.splice(places_.end(), places_, at->second.place);
    } else {
      erase(at);
    }
  }
}

}  // namespace millrace::kv
