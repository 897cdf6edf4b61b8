#include "eventlog/embedded/walking.h"

#include <fmt/format.h>

namespace millrace::eventlog {
namespace {

constexpr std::uint64_t bytes_max = 1 << 20;

Result<Passed> passed(Place place, std::string_view stored) {
  auto record = decode_record(stored);
  if (!record) {
    return Error{ErrorCode::corrupt,
                 fmt::format("offset {} of partition {}: {}", place.offset, place.partition, record.error().message)};
  }
  return Passed{.offset = place.offset,
                .bytes = record_key_bytes + stored.size(),
                .key = std::string(record->key.value_or("")),
                .version = record->version,
                .previous = record->previous,
                .tombstone = !record->value};
}

}  // namespace

Result<std::vector<Passed>> pass_records(Unit& unit, TopicNumber topic, PartitionNumber partition, Offset from,
                                         Offset to, std::size_t count) {
  std::vector<Passed> records;
  std::optional<Error> fault;
  std::uint64_t bytes = 0;
  if (from >= to) return records;
  KeyRange range{record_key(topic, partition, from), record_key(topic, partition, to)};
  auto done = unit.scan(range, Direction::ascending, [&](std::string_view key, std::string_view value) {
    auto record = passed({partition, offset_of_row(key)}, value);
    if (!record) {
      fault = std::move(record.error());
      return Visit::stop;
    }
    bytes += record->bytes;
    records.push_back(std::move(*record));
    return records.size() < count && bytes < bytes_max ? Visit::more : Visit::stop;
  });
  if (!done) return done.error();
  if (fault) return *fault;
  return records;
}

Result<std::optional<Passed>> pass_record(Unit& unit, TopicNumber topic, Place place) {
  auto row = unit.get(record_key(topic, place.partition, place.offset));
  if (!row) return row.error();
  if (!*row) return std::optional<Passed>{};
  auto record = passed(place, **row);
  if (!record) return record.error();
  return std::optional(std::move(*record));
}

Result<void> forget_version(Unit& unit, TopicNumber topic, Place place, const Passed& record) {
  if (record.version == 0) return {};
  if (record.version % versions_between_rows == 0) unit.erase(version_key(topic, record.key, record.version));
  std::string key = key_key(topic, record.key);
  auto row = unit.get(key);
  if (!row) return row.error();
  if (!*row) return {};
  auto newest = decode_key(**row);
  if (!newest) return Error{ErrorCode::corrupt, fmt::format("the row of key '{}' cannot be read", record.key)};
  if (newest->place == place) unit.erase(key);
  return {};
}

}  // namespace millrace::eventlog
