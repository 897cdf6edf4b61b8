#pragma once

// A stored record: the bytes of its row's value, docs/formats/event-log.md. Pure. No checksum: the engine below has
// one for every block and every batch.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/event_log.h"

namespace millrace::eventlog {

// Where a record of the same key stands.
struct Place {
  PartitionNumber partition = 0;
  Offset offset = 0;

  bool operator==(const Place&) const = default;
};

struct HeaderView {
  std::string_view name{};
  std::string_view value{};

  bool operator==(const HeaderView&) const = default;
};

// Views into the bytes it was decoded from, or into the record it is to be made of.
struct StoredRecord {
  Timestamp timestamp{};
  std::optional<std::string_view> key{};
  Version version = 0;  // 1 and more with a key, 0 without
  Place previous{};     // the record of the version before; only when `version` is 2 and more
  std::string_view idempotency_key{};
  std::vector<HeaderView> headers{};
  std::optional<std::string_view> value{};

  bool operator==(const StoredRecord&) const = default;
};

// `timestamp` must not lie before 1970.
void encode(const StoredRecord& record, std::string& out);

// Total: any bytes give a record, or `corrupt`. What it gives encodes to the same bytes.
Result<StoredRecord> decode_record(std::string_view bytes);

}  // namespace millrace::eventlog
