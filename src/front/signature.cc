#include "front/signature.h"

#include "base/crypto.h"
#include "base/json.h"

namespace millrace::front {
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

}  // namespace

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

}  // namespace millrace::front
