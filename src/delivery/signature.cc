#include "delivery/signature.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace millrace::delivery {
namespace {

Error denied(std::string message) {
  return {ErrorCode::denied, std::move(message)};
}

bool signed_by(std::string_view signed_part, std::string_view signature, const std::string& key) {
  return !key.empty() && equal_in_constant_time(signature, as_text(hmac_sha256(key, signed_part)));
}

bool is_text(const JsonValue& claims, std::string_view name, std::string_view text) {
  const JsonValue* claim = claims.find(name);
  return claim != nullptr && claim->is_string() && claim->string() == text;
}

// Seconds since 1970, where the claim is a number.
std::optional<double> seconds(const JsonValue& claims, std::string_view name) {
  const JsonValue* claim = claims.find(name);
  bool number =
      claim != nullptr && (claim->kind() == JsonValue::Kind::integer || claim->kind() == JsonValue::Kind::number);
  return number ? std::optional(claim->number()) : std::nullopt;
}

Result<void> check_claims(const JsonValue& claims, std::string_view body, Timestamp now) {
  double time = static_cast<double>(now.time_since_epoch().count()) / 1000;
  auto expires = seconds(claims, "exp");
  auto not_before = seconds(claims, "nbf");
  if (!is_text(claims, "iss", "Upstash")) return denied("the signature has another issuer");
  if (!expires || time > *expires) return denied("the signature has expired");
  if (!not_before || time < *not_before) return denied("the signature is not valid yet");
  const JsonValue* hash = claims.find("body");
  auto given = hash != nullptr && hash->is_string() ? base64url_decode(hash->string()) : std::nullopt;
  if (!given || !equal_in_constant_time(*given, as_text(sha256(body)))) {
    return denied("the signature is for another body");
  }
  return {};
}

// base64url with the padding that the format's own examples have.
std::string body_claim(std::string_view body) {
  std::string hash = base64url_encode(as_text(sha256(body)));
  hash.append((4 - hash.size() % 4) % 4, '=');
  return hash;
}

}  // namespace

SignatureClaims claims_now(std::string_view destination, std::string_view id, Timestamp now) {
  auto second = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
  return {.destination = destination,
          .id = id,
          .issued = second - std::chrono::seconds(2),
          .expires = second + std::chrono::minutes(5)};
}

std::string sign_message(const SignatureClaims& claims, std::string_view body, std::string_view key) {
  std::string payload;
  JsonWriter json(payload);
  json.open_object().key("iss").string("Upstash").key("sub").string(claims.destination);
  json.key("exp").integer(claims.expires.count()).key("nbf").integer(0).key("iat").integer(claims.issued.count());
  json.key("jti").string(claims.id).key("body").string(body_claim(body)).close_object();
  std::string token = base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url_encode(payload);
  std::string signature = base64url_encode(as_text(hmac_sha256(key, token)));
  return token + "." + signature;
}

std::string webhook_secret(std::string_view key) {
  std::string secret = "whsec_";
  append_base64(secret, key);
  return secret;
}

std::string webhook_signature(std::string_view id, std::chrono::seconds timestamp, std::string_view body,
                              const SigningKeys& keys) {
  std::string content = fmt::format("{}.{}.", id, timestamp.count());
  content += body;
  std::string header;
  for (const std::string* key : {&keys.current, &keys.next}) {
    if (key->empty()) continue;
    header += header.empty() ? "v1," : " v1,";
    append_base64(header, as_text(hmac_sha256(*key, content)));
  }
  return header;
}

Result<void> verify_signature(std::string_view token, std::string_view body, const SigningKeys& keys, Timestamp now) {
  auto first = token.find('.');
  auto second = token.find('.', first + 1);
  bool three_parts = first != std::string_view::npos && second != std::string_view::npos &&
                     token.find('.', second + 1) == std::string_view::npos;
  if (!three_parts) return denied("the signature is not a compact JWS");
  auto header = base64url_decode(token.substr(0, first));
  auto payload = base64url_decode(token.substr(first + 1, second - first - 1));
  auto signature = base64url_decode(token.substr(second + 1));
  if (!header || !payload || !signature) return denied("the signature is not a compact JWS");
  auto header_json = JsonDocument::parse(*header);
  if (!header_json || !is_text(header_json->root(), "alg", "HS256")) return denied("the signature is not HS256");
  std::string_view signed_part = token.substr(0, second);
  bool by_current = signed_by(signed_part, *signature, keys.current);
  bool by_next = signed_by(signed_part, *signature, keys.next);
  if (!by_current && !by_next) return denied("the signature is by another key");
  auto claims = JsonDocument::parse(*payload);
  if (!claims || !claims->root().is_object()) return denied("the signature has no claims");
  return check_claims(claims->root(), body, now);
}

}  // namespace millrace::delivery
