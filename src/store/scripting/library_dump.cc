#include "store/scripting/library_dump.h"

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/crc64.h"

namespace millrace::store {
namespace {

constexpr std::uint16_t rdb_version = 11;
constexpr std::size_t footer_size = 10;  // the version, 2 bytes, and the checksum, 8 bytes, the lowest byte first

constexpr std::uint8_t mark_of_function = 245;
constexpr std::uint8_t mark_of_old_function = 246;  // of Redis 7.0 before its release

// The two upper bits of a length's first byte, and what they may say instead.
constexpr std::uint8_t length_6_bits = 0;
constexpr std::uint8_t length_14_bits = 1;
constexpr std::uint8_t length_32_bits = 0x80;
constexpr std::uint8_t length_64_bits = 0x81;
constexpr std::uint8_t integer_8_bits = 0xc0;
constexpr std::uint8_t integer_16_bits = 0xc1;
constexpr std::uint8_t integer_32_bits = 0xc2;
constexpr std::uint8_t compressed = 0xc3;

Error invalid(std::string message) {
  return {ErrorCode::invalid, "ERR " + std::move(message)};
}

template <class Number>
void append_little_endian(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

template <class Number>
Number little_endian(std::string_view bytes) {
  Number number = 0;
  for (std::size_t i = sizeof number; i-- > 0;)
    number = static_cast<Number>(number << 8 | static_cast<std::uint8_t>(bytes[i]));
  return number;
}

void append_length(std::string& out, std::size_t length) {
  if (length < 1u << 6) {
    out.push_back(static_cast<char>(length));
  } else if (length < 1u << 14) {
    append_big_endian(out, static_cast<std::uint16_t>(length_14_bits << 14 | length));
  } else if (length <= UINT32_MAX) {
    out.push_back(static_cast<char>(length_32_bits));
    append_big_endian(out, static_cast<std::uint32_t>(length));
  } else {
    out.push_back(static_cast<char>(length_64_bits));
    append_big_endian(out, static_cast<std::uint64_t>(length));
  }
}

std::optional<std::uint64_t> read_length(ByteReader& in, std::uint8_t first) {
  if (first >> 6 == length_6_bits) return first & 0x3f;
  if (first >> 6 == length_14_bits) return (first & 0x3f) << 8 | in.byte();
  if (first == length_32_bits) return in.big_endian<std::uint32_t>();
  if (first == length_64_bits) return in.big_endian<std::uint64_t>();
  return std::nullopt;
}

// LZF: a byte below 32 is followed by that many bytes and one; any other begins a piece of what came before, of up to
// 264 bytes, up to 8,192 bytes back.
std::optional<std::string> decompress(std::string_view bytes, std::uint64_t size) {
  constexpr std::uint64_t growth_max = 264;  // of a piece, which takes 3 bytes at most
  if (size > bytes.size() * growth_max) return std::nullopt;
  std::string out;
  out.reserve(size);
  ByteReader in(bytes);
  while (in.ok() && !in.at_end() && out.size() < size) {
    const std::uint8_t control = in.byte();
    if (control < 32) {
      out.append(in.take(control + 1u));
      continue;
    }
    std::size_t length = control >> 5;
    if (length == 7) length += in.byte();
    const std::size_t back = (static_cast<std::size_t>(control & 0x1f) << 8 | in.byte()) + 1;
    if (!in.ok() || back > out.size()) return std::nullopt;
    for (std::size_t left = length + 2; left > 0; --left) out.push_back(out[out.size() - back]);
  }
  if (!in.ok() || !in.at_end() || out.size() != size) return std::nullopt;
  return out;
}

std::optional<std::string> read_text(ByteReader& in) {
  const std::uint8_t first = in.byte();
  if (first == integer_8_bits) return std::to_string(static_cast<std::int8_t>(in.byte()));
  if (first == integer_16_bits || first == integer_32_bits) {
    const std::string_view bytes = in.take(first == integer_16_bits ? 2 : 4);
    if (!in.ok()) return std::nullopt;
    return std::to_string(bytes.size() == 2 ? static_cast<std::int16_t>(little_endian<std::uint16_t>(bytes))
                                            : static_cast<std::int32_t>(little_endian<std::uint32_t>(bytes)));
  }
  if (first == compressed) {
    const auto size_packed = read_length(in, in.byte());
    const auto size = read_length(in, in.byte());
    if (!size_packed || !size) return std::nullopt;
    const std::string_view bytes = in.take(*size_packed);
    if (!in.ok()) return std::nullopt;
    return decompress(bytes, *size);
  }
  const auto size = read_length(in, first);
  if (!size) return std::nullopt;
  const std::string_view text = in.take(*size);
  if (!in.ok()) return std::nullopt;
  return std::string(text);
}

bool has_valid_footer(std::string_view payload) {
  if (payload.size() < footer_size) return false;
  const std::string_view footer = payload.substr(payload.size() - footer_size);
  if (little_endian<std::uint16_t>(footer.substr(0, 2)) > rdb_version) return false;
  return little_endian<std::uint64_t>(footer.substr(2)) == crc64(payload.substr(0, payload.size() - 8));
}

}  // namespace

std::string dump_libraries(std::span<const std::string> codes) {
  std::string out;
  for (const std::string& code : codes) {
    out.push_back(static_cast<char>(mark_of_function));
    append_length(out, code.size());
    out.append(code);
  }
  append_little_endian(out, rdb_version);
  append_little_endian(out, crc64(out));
  return out;
}

Result<std::vector<std::string>> read_library_dump(std::string_view payload) {
  if (!has_valid_footer(payload)) return invalid("DUMP payload version or checksum are wrong");
  std::vector<std::string> codes;
  ByteReader in(payload.substr(0, payload.size() - footer_size));
  while (!in.at_end()) {
    const std::uint8_t mark = in.byte();
    if (mark == mark_of_old_function) return invalid("Pre-GA function format not supported");
    if (mark != mark_of_function) return invalid("given type is not a function");
    auto code = read_text(in);
    if (!code) return invalid("failed loading the given functions payload");
    codes.push_back(std::move(*code));
  }
  return codes;
}

}  // namespace millrace::store
