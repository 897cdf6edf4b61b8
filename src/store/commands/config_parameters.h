#pragma once

// The parameters of Redis 7.2 that CONFIG knows, with their defaults and what each takes. A server keeps what it is
// told for each database until it ends; those that mean something here are obeyed where they do. Names, defaults,
// bounds and the words of errors are Redis'. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::store {

struct ConfigParameter {
  enum class Kind : std::uint8_t {
    adjustments,    // three numbers, of which none is smaller than the one before
    boolean,        // yes or no
    buffer_limits,  // class, hard limit, soft limit, seconds; and so on
    choice,
    choices,  // several words
    events,   // the letters of keyspace notifications
    integer,
    memory,  // bytes, or with a unit such as 10mb
    octal,
    percentiles,
    save_points,  // seconds and changes; and so on
    share,        // memory, or a percentage
    text
  };

  std::string_view name{};
  std::string_view alias{};  // its older name
  Kind kind = Kind::text;
  std::string_view initial{};
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::string_view choices{};  // divided by |
  bool immutable = false;
  bool hidden = false;   // only shown when asked for by its whole name
  bool guarded = false;  // cannot be set by clients
};

std::span<const ConfigParameter> config_parameters();

// By its name or its alias, in any case; null when there is none.
const ConfigParameter* find_parameter(std::string_view name);

// What CONFIG GET shows once `value` is set; an error says why it cannot be.
Result<std::string> normalize_parameter(const ConfigParameter& parameter, std::string_view value);

// Bytes as Redis writes them: 100, 1kb, 10m.
std::optional<std::uint64_t> parse_memory(std::string_view text);

}  // namespace millrace::store
