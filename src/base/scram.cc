#include "base/scram.h"

#include <cstdlib>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace millrace {
namespace {

constexpr std::size_t salt_size = 16;

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <class Digest>
struct Keys {
  Digest stored{};
  Digest server{};
};

// RFC 5802 section 3: StoredKey and ServerKey of a salted password.
template <class Digest>
Keys<Digest> keys_of(std::string_view password, std::string_view salt, std::uint32_t iterations, const EVP_MD* hash) {
  Digest salted{};
  if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), as_bytes(salt),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), hash,
                        static_cast<int>(salted.size()), salted.data()) != 1) {
    std::abort();
  }
  auto signed_word = [&](std::string_view word) {
    Digest key{};
    HMAC(hash, salted.data(), static_cast<int>(salted.size()), as_bytes(word), word.size(), key.data(), nullptr);
    return key;
  };
  Keys<Digest> keys{.server = signed_word("Server Key")};
  Digest client = signed_word("Client Key");
  EVP_Digest(client.data(), client.size(), keys.stored.data(), nullptr, hash, nullptr);
  return keys;
}

}  // namespace

ScramVerifier make_scram_verifier(std::string_view password, std::string salt, std::uint32_t iterations) {
  if (salt.empty()) {
    std::array<std::uint8_t, salt_size> dice;
    random_bytes(dice);
    salt = as_text(dice);
  }
  auto small = keys_of<Sha256>(password, salt, iterations, EVP_sha256());
  auto large = keys_of<Sha512>(password, salt, iterations, EVP_sha512());
  return {.salt = std::move(salt),
          .iterations = iterations,
          .stored_key_256 = small.stored,
          .server_key_256 = small.server,
          .stored_key_512 = large.stored,
          .server_key_512 = large.server};
}

bool scram_matches(const ScramVerifier& verifier, std::string_view password) {
  auto keys = keys_of<Sha256>(password, verifier.salt, verifier.iterations, EVP_sha256());
  return CRYPTO_memcmp(keys.stored.data(), verifier.stored_key_256.data(), sizeof(Sha256)) == 0;
}

}  // namespace millrace
