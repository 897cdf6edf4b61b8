#pragma once

// What a server keeps of a password so that it can check it, whether it comes in clear (HTTP Basic) or by a SCRAM
// exchange, but not tell it. Pure but for the salt; any thread. Sources: RFC 5802, RFC 7677.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace millrace {

using Sha512 = std::array<std::uint8_t, 64>;

// 4,096: what RFC 7677 asks for at least, and Kafka's own. Our passwords are random, so that guessing is hopeless
// anyway.
inline constexpr std::uint32_t scram_iterations_usual = 4096;

struct ScramVerifier {
  std::string salt{};  // bytes
  std::uint32_t iterations = 0;
  Sha256 stored_key_256{};
  Sha256 server_key_256{};
  Sha512 stored_key_512{};
  Sha512 server_key_512{};

  bool operator==(const ScramVerifier&) const = default;
};

// Takes some milliseconds, which is its purpose. Without `salt` a random one.
ScramVerifier make_scram_verifier(std::string_view password, std::string salt = {},
                                  std::uint32_t iterations = scram_iterations_usual);

// Whether `password` is the one. As slow as making it; compares in constant time.
bool scram_matches(const ScramVerifier& verifier, std::string_view password);

}  // namespace millrace
