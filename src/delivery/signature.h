#pragma once

// How a receiver knows a message for ours, in two ways side by side. Pure.
//
// Upstash-Signature (the signature format of QStash): a compact JWS with HS256 over claims that name the destination
// and the hash of the body, signed with the current key.
//
// Standard Webhooks 1.0: webhook-signature holds "v1,<base64>" of an HMAC over id, time and body. Its secret is the
// signing key, in the form that the libraries take. Both keys sign, so that a receiver with the secret of either goes
// on when the keys are rotated once.

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "delivery/message.h"

namespace millrace::delivery {

struct SignatureClaims {
  std::string_view destination{};  // the URL as it was published
  std::string_view id{};           // "jwt_…", another for each attempt
  std::chrono::seconds issued{};   // since 1970, both
  std::chrono::seconds expires{};
};

// The claims of an attempt that is made now: valid for five minutes, and issued two seconds ago, since some verifiers
// refuse what seems to come from the future.
SignatureClaims claims_now(std::string_view destination, std::string_view id, Timestamp now);

std::string sign_message(const SignatureClaims& claims, std::string_view body, std::string_view key);

// Fails with `denied`, and says why, unless `token` was signed by one of `keys` for this `body`, is not yet expired and
// not from the future. The destination it names is not looked at: behind a proxy the server does not know its own URL.
Result<void> verify_signature(std::string_view token, std::string_view body, const SigningKeys& keys, Timestamp now);

// "whsec_…": a signing key as the secret that libraries of Standard Webhooks take.
std::string webhook_secret(std::string_view key);

// The value of webhook-signature, for these values of webhook-id and webhook-timestamp.
std::string webhook_signature(std::string_view id, std::chrono::seconds timestamp, std::string_view body,
                              const SigningKeys& keys);

}  // namespace millrace::delivery
