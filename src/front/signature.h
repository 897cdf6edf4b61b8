#pragma once

// The signature of a delivered message: a compact JWS with HS256 over claims that name the destination and the hash of
// the body, in the header Upstash-Signature (the signature format of QStash). Pure.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace millrace::front {

// Two keys are valid at a time, so that they can be changed without a gap.
struct SigningKeys {
  std::string current{};
  std::string next{};
};

// Fails with `denied`, and says why, unless `token` was signed by one of `keys` for this `body`, is not yet expired and
// not from the future. The destination it names is not looked at: behind a proxy the server does not know its own URL.
Result<void> verify_signature(std::string_view token, std::string_view body, const SigningKeys& keys, Timestamp now);

}  // namespace millrace::front
