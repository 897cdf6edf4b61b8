#include "delivery/signature.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.h"

namespace millrace::delivery {
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

TEST(Signature, SignsThePublishedVector) {
  SignatureClaims claims{.destination = "https://shop.example/hooks/order?src=q",
                         .id = "jwt_vector1",
                         .issued = std::chrono::seconds(1'760'000'000),
                         .expires = std::chrono::seconds(4'102'444'800)};

  EXPECT_EQ(sign_message(claims, body, keys.current), vector_token);
}

TEST(Signature, SignsWhatItVerifiesForFiveMinutes) {
  auto signed_at = [](Timestamp time) {
    return sign_message(claims_now("https://a.example", "jwt_1", time), body, keys.current);
  };

  EXPECT_TRUE(verify_signature(signed_at(now), body, keys, now));
  EXPECT_TRUE(verify_signature(signed_at(now), body, keys, now + std::chrono::minutes(4)));
  EXPECT_FALSE(verify_signature(signed_at(now), body, keys, now + std::chrono::minutes(6)));
}

TEST(Signature, HashesAnEmptyBodyToo) {
  std::string token = sign_message(claims_now("https://a.example", "jwt_1", now), "", keys.current);
  std::string payload = base64url_decode(token.substr(37, token.find('.', 37) - 37)).value_or("");

  EXPECT_NE(payload.find(R"("body":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=")"), std::string::npos) << payload;
}

// The example of the Standard Webhooks libraries.
TEST(WebhookSignature, IsThatOfTheStandardsExample) {
  std::string key = base64url_decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  std::string_view example = R"({"test": 2432232314})";

  EXPECT_EQ(webhook_secret(key), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_EQ(webhook_signature("msg_p5jXN8AQM9LWM0D4loKWxJek", std::chrono::seconds(1'614'265'330), example,
                              {.current = key, .next = ""}),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, IsMadeByBothKeys) {
  std::string both = webhook_signature("msg_1", std::chrono::seconds(1), body, keys);
  std::string current =
      webhook_signature("msg_1", std::chrono::seconds(1), body, {.current = keys.current, .next = ""});
  std::string next = webhook_signature("msg_1", std::chrono::seconds(1), body, {.current = "", .next = keys.next});

  EXPECT_EQ(both, current + " " + next);
}

}  // namespace
}  // namespace millrace::delivery
