#pragma once

// Digests, signatures, random bytes and the encodings they travel in. Pure but for random_bytes; any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace {

using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;

Sha1 sha1(std::string_view bytes);  // names scripts; not for secrets
Sha256 sha256(std::string_view bytes);
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

// Fills `out` from the system's generator for secrets; ends the process if there is none.
void random_bytes(std::span<std::uint8_t> out);

// A secret of `size` characters out of A-Z a-z 0-9, about 5.95 bits each.
std::string random_secret(std::size_t size);

// Whether both are equal, in time that depends on the length of `given` alone: for comparing secrets.
bool equal_in_constant_time(std::string_view given, std::string_view secret);

// Lower-case hexadecimal digits.
std::string to_hex(std::span<const std::uint8_t> bytes);

// Appends the base64 of RFC 4648 section 4, padded.
void append_base64(std::string& out, std::string_view bytes);

// RFC 4648 section 5, without padding when encoding; decoding takes it with or without, and gives nothing for text
// that is not base64url.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace millrace
