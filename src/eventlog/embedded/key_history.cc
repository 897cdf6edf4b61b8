#include "eventlog/embedded/key_history.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "eventlog/embedded/appending.h"

namespace millrace::eventlog {
namespace {

Error damaged(std::string_view key) {
  return {ErrorCode::corrupt, fmt::format("the history of key '{}' cannot be read", key)};
}

// Counts records and bytes against the limits; the first record always fits.
class Budget {
 public:
  explicit Budget(ReadLimits limits) : limits_(limits) {}

  bool take(const Record& record) {
    std::size_t size = (record.key ? record.key->size() : 0) + (record.value ? record.value->size() : 0);
    for (const Header& header : record.headers) size += header.name.size() + header.value.size();
    if (records_ == limits_.records_max || (records_ > 0 && bytes_ + size > limits_.bytes_max)) return false;
    ++records_;
    bytes_ += size;
    return true;
  }
  bool full() const { return records_ == limits_.records_max || bytes_ >= limits_.bytes_max; }

 private:
  ReadLimits limits_;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

Version round_up(Version version) {
  return (version + versions_between_rows - 1) / versions_between_rows * versions_between_rows;
}

}  // namespace

Result<Record> read_record(Place place, std::string_view stored) {
  auto decoded = decode_record(stored);
  if (!decoded) {
    return Error{ErrorCode::corrupt,
                 fmt::format("offset {} of partition {}: {}", place.offset, place.partition, decoded.error().message)};
  }
  Record record{.partition = place.partition,
                .offset = place.offset,
                .timestamp = decoded->timestamp,
                .version = decoded->version,
                .idempotency_key = std::string(decoded->idempotency_key)};
  if (decoded->key) record.key.emplace(*decoded->key);
  if (decoded->value) record.value.emplace(*decoded->value);
  record.headers.reserve(decoded->headers.size());
  for (const HeaderView& header : decoded->headers) {
    record.headers.push_back({std::string(header.name), std::string(header.value)});
  }
  return record;
}

Result<KeyRow> KeyHistory::newest() {
  auto row = unit_.get(key_key(topic_, key_));
  if (!row) return row.error();
  if (!*row) return KeyRow{};
  auto known = decode_key(**row);
  if (!known) return damaged(key_);
  return *known;
}

Result<Version> KeyHistory::version() {
  auto row = newest();
  if (!row) return row.error();
  return row->version;
}

Result<KeyRow> KeyHistory::near(Version from, const KeyRow& newest) {
  Version marked = round_up(from);
  if (marked >= newest.version) return newest;
  std::optional<KeyRow> found;
  bool readable = true;
  const std::size_t key_bytes = version_key(topic_, key_, 0).size();
  auto done = unit_.scan(version_rows(topic_, key_, marked), Direction::ascending, [&](auto row_key, auto value) {
    if (row_key.size() != key_bytes) return Visit::more;  // of a longer key
    auto place = decode_place(value);
    readable = place.has_value();
    if (readable) found = KeyRow{offset_of_row(row_key), *place};
    return Visit::stop;
  });
  if (!done) return done.error();
  if (!readable) return damaged(key_);
  return found.value_or(newest);
}

Result<bool> KeyHistory::is_kept(Place place) {
  auto seen = std::ranges::find(firsts_, place.partition, &std::pair<PartitionNumber, Offset>::first);
  if (seen != firsts_.end()) return place.offset >= seen->second;
  auto bounds = read_bounds(unit_, row_, place.partition);
  if (!bounds) return bounds.error();
  firsts_.emplace_back(place.partition, bounds->first);
  return place.offset >= bounds->first;
}

Result<void> KeyHistory::walk(Version from, Version to, const KeyRow& newest, const Visitor& visit) {
  auto at = near(from, newest);
  if (!at) return at.error();
  for (;;) {
    auto kept = is_kept(at->place);
    if (!kept) return kept.error();
    if (!*kept) return {};
    auto row = unit_.get(record_key(topic_, at->place.partition, at->place.offset));
    if (!row) return row.error();
    if (!*row) return {};
    auto stored = decode_record(**row);
    if (!stored || stored->key != key_ || stored->version != at->version) return damaged(key_);
    if (at->version <= from) {
      auto record = read_record(at->place, **row);
      if (!record) return record.error();
      if (visit(std::move(*record)) == Visit::stop) return {};
    }
    if (at->version == to) return {};
    at = KeyRow{at->version - 1, stored->previous};
  }
}

Result<std::vector<Record>> KeyHistory::ascending(Version from, ReadLimits limits) {
  auto row = newest();
  if (!row) return row.error();
  std::vector<Record> records;
  Budget budget(limits);
  // From one sparse row to the next, so that memory holds no more than one such stretch beyond the limits.
  for (Version first = std::max<Version>(from, 1); first <= row->version && !budget.full();) {
    auto mark = near(first, *row);
    if (!mark) return mark.error();
    // Where the row of this stretch is gone its records are: on to the stretch that has one.
    Version last = mark->version;
    if (last > round_up(first)) first = std::max(first, (last - 1) / versions_between_rows * versions_between_rows + 1);
    std::vector<Record> stretch;
    auto done = walk(last, first, *row, [&](Record record) {
      stretch.push_back(std::move(record));
      return Visit::more;
    });
    if (!done) return done.error();
    for (auto record = stretch.rbegin(); record != stretch.rend(); ++record) {
      if (!budget.take(*record)) return records;
      records.push_back(std::move(*record));
    }
    first = last + 1;
  }
  return records;
}

Result<std::vector<Record>> KeyHistory::descending(Version from, ReadLimits limits) {
  auto row = newest();
  if (!row) return row.error();
  std::vector<Record> records;
  Budget budget(limits);
  if (row->version == 0 || from == 0 || budget.full()) return records;
  auto done = walk(std::min(from, row->version), 1, *row, [&](Record record) {
    if (!budget.take(record)) return Visit::stop;
    records.push_back(std::move(record));
    return budget.full() ? Visit::stop : Visit::more;
  });
  if (!done) return done.error();
  return records;
}

}  // namespace millrace::eventlog
