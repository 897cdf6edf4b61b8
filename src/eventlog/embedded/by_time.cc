#include "eventlog/embedded/by_time.h"

#include <algorithm>
#include <fmt/format.h>

#include "eventlog/embedded/appending.h"

namespace millrace::eventlog {
namespace {

struct Found {
  Offset base = 0;
  Segment segment{};
};

class Search {
 public:
  Search(Unit& unit, TopicNumber topic, PartitionNumber partition, const PartitionRow& row, Timestamp time)
      : unit_(unit), topic_(topic), partition_(partition), row_(row), time_(time) {}

  Result<Offset> run() {
    if (row_.open.timestamp_max_so_far < time_) return row_.bounds.next;
    auto base = first_candidate();
    if (!base) return base.error();
    for (Offset from = *base; from < row_.open_base;) {
      auto segment = next_with_time(from);
      if (!segment) return segment.error();
      if (!*segment) break;
      auto offset = within((*segment)->base, (*segment)->segment.next);
      if (!offset) return offset.error();
      if (*offset) return **offset;
      from = (*segment)->segment.next;
    }
    auto offset = within(row_.open_base, row_.bounds.next);
    if (!offset) return offset.error();
    return offset->value_or(row_.bounds.next);
  }

 private:
  // By halves: the largest timestamp so far never descends. Segments before the one it finds have no such record.
  Result<Offset> first_candidate() {
    Offset low = row_.bounds.first;
    Offset high = std::max(row_.open_base, low);
    while (low < high) {
      auto segment = segment_at(low + (high - low) / 2);
      if (!segment) return segment.error();
      if (!*segment) return low;
      if ((*segment)->segment.timestamp_max_so_far >= time_) {
        high = (*segment)->base;
      } else {
        low = (*segment)->segment.next;
      }
    }
    return high;
  }

  Result<std::optional<Found>> segment_at(Offset offset) {
    KeyRange range{segment_rows(topic_, partition_).begin, segment_key(topic_, partition_, offset + 1)};
    return first_of(range, Direction::descending, [](const Segment&) { return true; });
  }

  Result<std::optional<Found>> next_with_time(Offset from) {
    KeyRange range{segment_key(topic_, partition_, from), segment_rows(topic_, partition_).end};
    return first_of(range, Direction::ascending, [&](const Segment& one) { return one.timestamp_max >= time_; });
  }

  template <class Wanted>
  Result<std::optional<Found>> first_of(const KeyRange& range, Direction direction, Wanted wanted) {
    std::optional<Found> found;
    bool readable = true;
    auto done = unit_.scan(range, direction, [&](std::string_view key, std::string_view value) {
      auto segment = decode_segment(value);
      readable = segment.has_value();
      if (!readable) return Visit::stop;
      if (!wanted(*segment)) return Visit::more;
      found = Found{offset_of_row(key), *segment};
      return Visit::stop;
    });
    if (!done) return done.error();
    if (!readable) return Error{ErrorCode::corrupt, "a segment row cannot be read"};
    return found;
  }

  Result<std::optional<Offset>> within(Offset from, Offset to) {
    std::optional<Offset> found;
    std::optional<Error> fault;
    KeyRange range{record_key(topic_, partition_, std::max(from, row_.bounds.first)),
                   record_key(topic_, partition_, to)};
    if (range.end <= range.begin) return found;
    auto done = unit_.scan(range, Direction::ascending, [&](std::string_view key, std::string_view value) {
      auto record = decode_record(value);
      if (!record) {
        fault = std::move(record.error());
        return Visit::stop;
      }
      if (record->timestamp < time_) return Visit::more;
      found = offset_of_row(key);
      return Visit::stop;
    });
    if (!done) return done.error();
    if (fault) return *fault;
    return found;
  }

  Unit& unit_;
  const TopicNumber topic_;
  const PartitionNumber partition_;
  const PartitionRow& row_;
  const Timestamp time_;
};

}  // namespace

Result<Offset> find_offset_at(Unit& unit, const TopicRow& topic, PartitionNumber partition, Timestamp time) {
  auto row = read_partition(unit, topic, partition);
  if (!row) return row.error();
  return Search(unit, topic.number, partition, *row, time).run();
}

}  // namespace millrace::eventlog
