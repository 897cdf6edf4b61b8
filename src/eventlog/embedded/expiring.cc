#include "eventlog/embedded/expiring.h"

#include <algorithm>

#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/walking.h"

namespace millrace::eventlog {
namespace {

constexpr std::size_t segments_max = 64;  // looked at in one slice
constexpr std::size_t records_max = 256;  // one to two milliseconds, which others wait for a slice

struct Closed {
  Offset base = 0;
  Segment segment{};
};

Result<std::vector<Closed>> closed_segments(Unit& unit, const SliceRequest& request) {
  std::vector<Closed> closed;
  bool readable = true;
  auto done = unit.scan(segment_rows(request.topic.number, request.partition), Direction::ascending,
                        [&](std::string_view key, std::string_view value) {
                          auto segment = decode_segment(value);
                          readable = segment.has_value();
                          if (!readable) return Visit::stop;
                          closed.push_back({offset_of_row(key), *segment});
                          return closed.size() < segments_max ? Visit::more : Visit::stop;
                        });
  if (!done) return done.error();
  if (!readable) return Error{ErrorCode::corrupt, "a segment row cannot be read"};
  return closed;
}

bool is_too_old(const Segment& segment, const SliceRequest& request) {
  auto time = request.topic.topic.settings.retention_time;
  return time && request.now - segment.appended_last >= *time;
}

// Up to which offset records have expired: whole segments from the low end.
Offset expired_up_to(const std::vector<Closed>& closed, const PartitionRow& row, Offset held,
                     const SliceRequest& request) {
  Offset end = row.bounds.first;
  std::uint64_t bytes_left = row.bytes;
  auto bytes_kept = request.topic.topic.settings.retention_bytes;
  for (const Closed& one : closed) {
    bool too_many = bytes_kept && bytes_left >= *bytes_kept + one.segment.bytes;
    if ((!is_too_old(one.segment, request) && !too_many) || one.segment.next > held) return end;
    end = one.segment.next;
    bytes_left -= std::min(bytes_left, one.segment.bytes);
  }
  return end;
}

}  // namespace

Result<SliceDone> stage_expiry(Unit& unit, const SliceRequest& request) {
  const TopicNumber topic = request.topic.number;
  auto row = read_partition(unit, request.topic, request.partition);
  if (!row) return row.error();
  auto closed = closed_segments(unit, request);
  if (!closed) return closed.error();
  SliceDone done;
  if (row->open.records > 0 && is_too_old(row->open, request) && closed->size() < segments_max) {
    closed->push_back({row->open_base, row->open});
    close_segment(unit, topic, request.partition, *row);
    unit.put(partition_key(topic, request.partition), encode(*row));
    done.wrote = true;
  }
  auto held = request.held(request.partition);
  if (!held) return held.error();
  const Offset end = expired_up_to(*closed, *row, *held, request);
  const Offset first = row->bounds.first;
  if (end <= first) return done;

  auto records = pass_records(unit, topic, request.partition, first, end, records_max);
  if (!records) return records.error();
  for (const Passed& record : *records) {
    auto forgotten = forget_version(unit, topic, {request.partition, record.offset}, record);
    if (!forgotten) return forgotten.error();
    row->records -= std::min<std::uint64_t>(row->records, 1);
    row->bytes -= std::min(row->bytes, record.bytes);
  }
  bool whole = records->empty() || records->back().offset + 1 >= end;
  row->bounds.first = whole ? end : records->back().offset + 1;
  for (const Closed& one : *closed) {
    if (one.segment.next <= row->bounds.first) unit.erase(segment_key(topic, request.partition, one.base));
  }
  unit.put(partition_key(topic, request.partition), encode(*row));
  done = {.more = true, .wrote = true};
  done.unlinked =
      KeyRange{record_key(topic, request.partition, first), record_key(topic, request.partition, row->bounds.first)};
  return done;
}

}  // namespace millrace::eventlog
