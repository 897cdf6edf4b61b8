#pragma once

// Values as the payloads of DUMP and RESTORE carry them, apart from their bytes and from where they are kept.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "store/embedded/stream_id.h"

namespace millrace::store::rdb {

struct String {
  std::string text{};

  bool operator==(const String&) const = default;
};

struct List {
  std::vector<std::string> elements{};

  bool operator==(const List&) const = default;
};

struct Set {
  std::vector<std::string> members{};

  bool operator==(const Set&) const = default;
};

struct Field {
  std::string name{};
  std::string value{};
  std::int64_t expires_at = 0;  // milliseconds since 1970; 0: never

  bool operator==(const Field&) const = default;
};

struct Hash {
  std::vector<Field> fields{};

  bool operator==(const Hash&) const = default;
};

struct Score {
  std::string member{};
  double score = 0;

  bool operator==(const Score&) const = default;
};

struct SortedSet {
  std::vector<Score> members{};

  bool operator==(const SortedSet&) const = default;
};

struct StreamEntry {
  StreamId id{};
  std::vector<std::string> fields{};  // names and values in turn

  bool operator==(const StreamEntry&) const = default;
};

struct PendingEntry {
  StreamId id{};
  std::int64_t delivered_at = 0;  // milliseconds since 1970
  std::uint64_t deliveries = 0;

  bool operator==(const PendingEntry&) const = default;
};

struct StreamConsumer {
  std::string name{};
  std::int64_t seen_at = 0;
  std::int64_t active_at = -1;  // -1: never
  std::vector<StreamId> pending{};

  bool operator==(const StreamConsumer&) const = default;
};

struct StreamGroup {
  std::string name{};
  StreamId last{};
  std::optional<std::uint64_t> entries_read{};  // absent: not known
  std::vector<PendingEntry> pending{};
  std::vector<StreamConsumer> consumers{};

  bool operator==(const StreamGroup&) const = default;
};

struct Stream {
  std::vector<StreamEntry> entries{};  // by their identifiers
  StreamId last{};
  StreamId deleted_most{};
  std::uint64_t added = 0;
  std::vector<StreamGroup> groups{};

  bool operator==(const Stream&) const = default;
};

// A type that Redis has not: it refuses the payload.
struct Json {
  std::string text{};

  bool operator==(const Json&) const = default;
};

using Value = std::variant<String, List, Set, Hash, SortedSet, Stream, Json>;

}  // namespace millrace::store::rdb
