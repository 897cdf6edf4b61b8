#pragma once

// The records of a produce request, out of its body, path or headers. Pure; any thread. All of a request is judged
// before anything is appended: whoever sends a hundred records and one that is wrong appends none.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/event_log.h"
#include "net/http.h"

namespace millrace::front {

struct ProducedRecord {
  std::string topic{};
  eventlog::NewRecord record{};
  bool versioned = false;  // it names a version or an id, and is answered with its version
};

// 100,000: a hundred times what SDKs send, and half a second of the reactor.
inline constexpr std::size_t produced_records_max = 100'000;

// The records of a body, one object or an array of them. `topic` is the path's, empty when each record names its own.
// Fails with `invalid`; the message tells which record.
Result<std::vector<ProducedRecord>> read_produced(std::string_view body, std::string_view topic);

// A request whose whole body is the value. Headers that tell of the transport are left out, the others become headers
// of the record, in lower case.
ProducedRecord read_webhook(const net::HttpRequest& request, std::string topic);

// What the request's own headers ask of its records: Expected-Version of a single one, Event-Id of a single one,
// Idempotency-Key of all together. What a record says for itself wins.
Result<void> apply_headers(const net::HttpRequest& request, std::vector<ProducedRecord>& records);

// "any", "none", "exists" or a number; nothing for anything else.
std::optional<eventlog::Expected> read_expected(std::string_view text);

}  // namespace millrace::front
