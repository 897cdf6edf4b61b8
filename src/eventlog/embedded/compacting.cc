#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/expiring.h"
#include "eventlog/embedded/walking.h"

namespace millrace::eventlog {
namespace {

constexpr std::size_t records_max = 128;  // one to two milliseconds, which others wait for a slice
constexpr std::size_t graves_max = 128;   // dug in one slice

class Compacting {
 public:
  Compacting(Unit& unit, const SliceRequest& request)
      : unit_(unit), request_(request), topic_(request.topic.number), partition_(request.partition) {}

  Result<SliceDone> run() {
    auto row = partition_row(partition_);
    if (!row) return row.error();
    if (is_due(**row)) {
      close_segment(unit_, topic_, partition_, **row);
      done_.wrote = true;
    }
    auto cleaned = cleaned_up_to();
    if (!cleaned) return cleaned.error();
    Offset from = std::max(*cleaned, (*row)->bounds.first);
    auto held = request_.held(partition_);
    if (!held) return held.error();
    Offset to = std::min((*row)->open_base, *held);
    auto records = pass_records(unit_, topic_, partition_, from, to, records_max);
    if (!records) return records.error();
    auto reached = remove_followed(*records, to);
    if (!reached) return reached.error();
    if (from<to&& * reached> from) {
      unit_.put(cleaned_key(topic_, partition_), encode_offset(*reached));
      done_.wrote = true;
      done_.more = *reached < to;
    }
    if (auto dug = dig(); !dug) return dug.error();
    for (const auto& [partition, touched] : rows_) {
      if (done_.wrote) unit_.put(partition_key(topic_, partition), encode(touched));
    }
    return done_;
  }

 private:
  bool is_due(const PartitionRow& row) const {
    return row.open.records > 0 && request_.now - row.open_first >= request_.compaction_delay;
  }

  Result<Offset> cleaned_up_to() {
    auto row = unit_.get(cleaned_key(topic_, partition_));
    if (!row) return row.error();
    if (!*row) return Offset{0};
    auto offset = decode_offset(**row);
    if (!offset) return Error{ErrorCode::corrupt, "the row that tells how far a partition is compacted cannot be read"};
    return *offset;
  }

  Result<PartitionRow*> partition_row(PartitionNumber partition) {
    auto found = rows_.find(partition);
    if (found != rows_.end()) return &found->second;
    auto row = read_partition(unit_, request_.topic, partition);
    if (!row) return row.error();
    return &rows_.emplace(partition, *row).first->second;
  }

  // Removes the record before each of `records`. Gives how far it came: `to`, or the offset that must wait.
  Result<Offset> remove_followed(const std::vector<Passed>& records, Offset to) {
    for (const Passed& record : records) {
      if (record.tombstone) {
        unit_.put(grave_key(topic_, partition_, record.offset), encode_time(request_.now + request_.tombstones_kept));
      }
      if (record.version < 2) continue;
      auto gone = remove_before(record);
      if (!gone) return gone.error();
      if (!*gone) return record.offset;
    }
    if (records.empty()) return to;
    // A slice that is not full came to the end; what it leaves behind the last record are gaps.
    return records.back().offset + 1;
  }

  // False when somebody has yet to read what would go. Records of this partition come after a pass over those before
  // them; of another one, the record before may itself have some before it that no pass came to.
  Result<bool> remove_before(const Passed& record) {
    std::vector<std::pair<Place, Passed>> before;
    for (Place place = record.previous;; place = before.back().second.previous) {
      auto found = pass_record(unit_, topic_, place);
      if (!found) return found.error();
      if (!*found) break;
      if (place.partition != partition_) {
        auto held = request_.held(place.partition);
        if (!held) return held.error();
        if (place.offset >= *held) return false;
      }
      before.emplace_back(place, std::move(**found));
      if (place.partition == partition_ || before.back().second.version < 2) break;
    }
    for (const auto& [place, found] : before) {
      if (auto removed = remove(place, found); !removed) return removed.error();
    }
    return true;
  }

  Result<void> remove(Place place, const Passed& record) {
    auto row = partition_row(place.partition);
    if (!row) return row.error();
    if (place.offset < (*row)->bounds.first) return {};
    unit_.erase(record_key(topic_, place.partition, place.offset));
    (*row)->records -= std::min<std::uint64_t>((*row)->records, 1);
    (*row)->bytes -= std::min((*row)->bytes, record.bytes);
    return forget_version(unit_, topic_, place, record);
  }

  // Removes tombstones whose time is over; with them their keys are forgotten.
  Result<void> dig() {
    std::vector<Offset> due;
    auto done = unit_.scan(grave_rows(topic_, partition_), Direction::ascending,
                           [&](std::string_view key, std::string_view value) {
                             auto time = decode_time(value);
                             if (time && *time > request_.now) return Visit::stop;  // they were passed in this order
                             due.push_back(offset_of_row(key));
                             return due.size() < graves_max ? Visit::more : Visit::stop;
                           });
    if (!done) return done.error();
    for (Offset offset : due) {
      Place place{partition_, offset};
      auto record = pass_record(unit_, topic_, place);
      if (!record) return record.error();
      if (*record) {
        if (auto removed = remove(place, **record); !removed) return removed.error();
      }
      unit_.erase(grave_key(topic_, partition_, offset));
      done_.wrote = true;
    }
    done_.more = done_.more || due.size() == graves_max;
    return {};
  }

  Unit& unit_;
  const SliceRequest& request_;
  const TopicNumber topic_;
  const PartitionNumber partition_;
  std::map<PartitionNumber, PartitionRow> rows_{};  // touched
  SliceDone done_{};
};

}  // namespace

Result<SliceDone> stage_compaction(Unit& unit, const SliceRequest& request) {
  return Compacting(unit, request).run();
}

}  // namespace millrace::eventlog
