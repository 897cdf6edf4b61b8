#pragma once

// The words that SCAN, SSCAN, HSCAN and ZSCAN take. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/reply.h"

namespace millrace::store {

struct ScanOptions {
  std::size_t count = 10;
  std::string_view pattern = "*";
  std::optional<std::string_view> type{};  // of SCAN
  bool with_types = false;                 // of SCAN
  bool without_values = false;             // of HSCAN

  bool takes_all() const { return pattern == "*"; }
};

enum class ScanOf { keys, set, hash, sorted_set };

Result<ScanOptions> parse_scan_options(std::span<const std::string> words, ScanOf what);
Result<std::uint64_t> parse_cursor(std::string_view text);

Reply scan_reply(std::uint64_t cursor, std::vector<Reply> found);

}  // namespace millrace::store
