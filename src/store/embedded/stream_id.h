#pragma once

// The id of a stream's entry: the time it was added, in milliseconds, and a number that tells entries of the same
// millisecond apart. Written "1526919030474-55". Pure.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::store {

struct StreamId {
  std::uint64_t milliseconds = 0;
  std::uint64_t sequence = 0;

  auto operator<=>(const StreamId&) const = default;
};

constexpr StreamId stream_id_least{};
constexpr StreamId stream_id_most{UINT64_MAX, UINT64_MAX};

std::string to_text(const StreamId& id);

// Two numbers, or the first alone, which `sequence_missing` then completes.
std::optional<StreamId> parse_stream_id(std::string_view text, std::uint64_t sequence_missing = 0);

// The neighbours; nothing behind the greatest and before the least.
std::optional<StreamId> next(const StreamId& id);
std::optional<StreamId> previous(const StreamId& id);

// As rows sort it: 16 bytes, big-endian.
void append_stream_id(std::string& out, const StreamId& id);
std::optional<StreamId> decode_stream_id(std::string_view bytes);

}  // namespace millrace::store
