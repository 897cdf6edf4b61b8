#pragma once

// What is kept of a database beside its keys.

#include <cstdint>
#include <string>

namespace millrace::store {

// 0 means without limit.
struct DatabaseLimits {
  std::uint64_t bytes_max = 0;                // of keys and values: beyond it writes that may grow are refused
  std::uint64_t request_bytes_max = 0;        // of one command
  std::uint64_t commands_per_second_max = 0;  // beyond it commands are delayed
  std::uint64_t pending_entries_max = 0;      // of a consumer of a stream: beyond it XREADGROUP is refused

  bool operator==(const DatabaseLimits&) const = default;
};

struct DatabaseProperties {
  // Its password and REST token; the second one may only read. Empty: kept elsewhere, or it cannot be reached.
  std::string secret{};
  std::string read_only_secret{};
  std::int64_t created_at = 0;  // milliseconds since 1970
  DatabaseLimits limits{};

  bool operator==(const DatabaseProperties&) const = default;
};

}  // namespace millrace::store
