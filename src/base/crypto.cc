#include "base/crypto.h"

#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace millrace {
namespace {

constexpr std::string_view base64url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Sha1 sha1(std::string_view bytes) {
  Sha1 digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  return digest;
}

Sha256 sha256(std::string_view bytes) {
  Sha256 digest{};
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
  Sha256 digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(bytes), bytes.size(), digest.data(), nullptr);
  return digest;
}

void random_bytes(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) std::abort();
}

std::string random_secret(std::size_t size) {
  constexpr std::size_t letters = 62;  // the digits of base64url but - and _
  std::string secret;
  while (secret.size() < size) {
    std::array<std::uint8_t, 64> dice;
    random_bytes(dice);
    for (std::uint8_t die : dice) {
      if (die < 4 * letters && secret.size() < size) secret += base64url_digits[die % letters];  // 4: without bias
    }
  }
  return secret;
}

bool equal_in_constant_time(std::string_view given, std::string_view secret) {
  // The digests are compared, so that neither length nor content of the secret shows in the time taken.
  return CRYPTO_memcmp(sha256(given).data(), sha256(secret).data(), sizeof(Sha256)) == 0 &&
         given.size() == secret.size();
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

void append_base64(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* to = out.data() + start;
  const unsigned char* from = as_bytes(bytes);
  std::size_t rest = bytes.size();
  for (; rest >= 3; rest -= 3, from += 3, to += 4) {
    std::uint32_t three = static_cast<std::uint32_t>(from[0] << 16 | from[1] << 8 | from[2]);
    for (int at = 0; at < 4; ++at) to[at] = digits[three >> (18 - 6 * at) & 63];
  }
  if (rest == 0) return;
  std::uint32_t last = static_cast<std::uint32_t>(from[0] << 16 | (rest == 2 ? from[1] << 8 : 0));
  for (int at = 0; at <= static_cast<int>(rest); ++at) to[at] = digits[last >> (18 - 6 * at) & 63];
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t pending = 0;
  int bits = 0;
  for (char byte : bytes) {
    pending = pending << 8 | static_cast<std::uint8_t>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += base64url_digits[pending >> (bits - 6) & 63];
  }
  if (bits > 0) text += base64url_digits[pending << (6 - bits) & 63];
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t pending = 0;
  int bits = 0;
  for (char letter : text) {
    auto digit = base64url_digits.find(letter);
    if (digit == std::string_view::npos) return std::nullopt;
    pending = pending << 6 | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(pending >> bits & 0xff);
    }
  }
  return bytes;
}

}  // namespace millrace
