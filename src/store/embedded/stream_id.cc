#include "store/embedded/stream_id.h"

#include <charconv>
#include <fmt/format.h>

#include "base/bytes.h"

namespace millrace::store {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string to_text(const StreamId& id) {
  return fmt::format("{}-{}", id.milliseconds, id.sequence);
}

std::optional<StreamId> parse_stream_id(std::string_view text, std::uint64_t sequence_missing) {
  auto dash = text.find('-');
  auto milliseconds = parse_number(text.substr(0, dash));
  auto sequence = dash == text.npos ? sequence_missing : parse_number(text.substr(dash + 1));
  if (!milliseconds || !sequence) return std::nullopt;
  return StreamId{*milliseconds, *sequence};
}

std::optional<StreamId> next(const StreamId& id) {
  if (id.sequence != UINT64_MAX) return StreamId{id.milliseconds, id.sequence + 1};
  if (id.milliseconds != UINT64_MAX) return StreamId{id.milliseconds + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> previous(const StreamId& id) {
  if (id.sequence != 0) return StreamId{id.milliseconds, id.sequence - 1};
  if (id.milliseconds != 0) return StreamId{id.milliseconds - 1, UINT64_MAX};
  return std::nullopt;
}

void append_stream_id(std::string& out, const StreamId& id) {
  append_big_endian(out, id.milliseconds);
  append_big_endian(out, id.sequence);
}

std::optional<StreamId> decode_stream_id(std::string_view bytes) {
  if (bytes.size() != 16) return std::nullopt;
  ByteReader in(bytes);
  std::uint64_t milliseconds = in.big_endian<std::uint64_t>();
  return StreamId{milliseconds, in.big_endian<std::uint64_t>()};
}

}  // namespace millrace::store
