#include "front/signature.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.h"

namespace millrace::front {
namespace {

constexpr std::string_view body = R"({"order":42})";
// Published with the signature format: accepted by its verifiers.
constexpr std::string_view vector_token =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJpc3MiOiJVcHN0YXNoIiwic3ViIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUvaG9va3Mvb3JkZXI_"
    "c3JjPXEiLCJleHAiOjQxMDI0NDQ4MDAsIm5iZiI6MCwiaWF0IjoxNzYwMDAwMDAwLCJqdGkiOiJqd3RfdmVjdG9yMSIsImJvZHkiOiJWSmhkdzhFdn"
    "Jh"
    "ZWhzZHRUenlQVHk5Uzh2bVRoenZsUWNlSUhQaXp2OU8wPSJ9.JCGeaRPY_yy-PZl53Q8gLXzVLlF564fz6i4uBjpkSLY";
const SigningKeys keys{.current = "sig_vectorCurrentKey0000000001", .next = "sig_vectorNextKey000000000002"};
constexpr Timestamp now{std::chrono::seconds(1'760'000'001)};

std::string sign(std::string_view claims, std::string_view key) {
  std::string part = base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url_encode(claims);
  return part + "." + base64url_encode(as_text(hmac_sha256(key, part)));
}

std::string claims(std::string_view issuer, int expires, int not_before) {
  return fmt::format(R"({{"iss":"{}","exp":{},"nbf":{},"body":"{}"}})", issuer, expires, not_before,
                     base64url_encode(as_text(sha256(body))));
}

TEST(Signature, AcceptsThePublishedVector) {
  EXPECT_TRUE(verify_signature(vector_token, body, keys, now));
}

TEST(Signature, AcceptsTheNextKeyToo) {
  EXPECT_TRUE(verify_signature(vector_token, body, {.current = "sig_other", .next = keys.current}, now));
  EXPECT_TRUE(verify_signature(sign(claims("Upstash", 1'760'000'300, 0), keys.next), body, keys, now));
}

TEST(Signature, RefusesAnotherBodyKeyIssuerOrTime) {
  EXPECT_FALSE(verify_signature(vector_token, "{}", keys, now));
  EXPECT_FALSE(verify_signature(vector_token, body, {.current = "sig_other", .next = ""}, now));
  EXPECT_FALSE(verify_signature(sign(claims("Someone", 1'760'000'300, 0), keys.current), body, keys, now));
  EXPECT_FALSE(verify_signature(sign(claims("Upstash", 1'760'000'000, 0), keys.current), body, keys, now));
  EXPECT_FALSE(verify_signature(sign(claims("Upstash", 1'760'000'300, 1'760'000'010), keys.current), body, keys, now));
  EXPECT_FALSE(verify_signature(sign(R"({"iss":"Upstash"})", keys.current), body, keys, now));
}

TEST(Signature, RefusesWhatIsNoToken) {
  for (std::string_view token : {"", "a", "a.b", "a.b.c", "a.b.c.d", "..", "eyJhbGciOiJub25lIn0.e30."}) {
    EXPECT_FALSE(verify_signature(token, body, keys, now)) << token;
  }
}

TEST(Signature, RefusesAnUnsignedTokenEvenWithoutKeys) {
  std::string unsigned_token =
      base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(claims("Upstash", 1'760'000'300, 0)) + ".";

  EXPECT_FALSE(verify_signature(unsigned_token, body, {}, now));
}

}  // namespace
}  // namespace millrace::front
