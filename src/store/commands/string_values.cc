#include "store/commands/string_values.h"

#include <algorithm>
#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "store/commands/text.h"

namespace millrace::store {
namespace {

bool is_digest(std::string_view text) {
  return text.size() == 16 && std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

}  // namespace

Error string_too_long() {
  return {ErrorCode::invalid, "ERR string exceeds maximum allowed size (proto-max-bulk-len)"};
}

Result<void> put_string(Keyspace& keys, std::string_view key, const std::optional<KeyRow>& before,
                        std::string_view text, std::int64_t expires_at) {
  return keys.put(key, before, {.type = Type::string, .expires_at = expires_at, .content = text});
}

Result<void> change_string(Keyspace& keys, std::string_view key, const std::optional<KeyRow>& before,
                           std::string_view text) {
  return put_string(keys, key, before, text, before ? before->expires_at : 0);
}

std::string digest_of(std::string_view bytes) {
  return fmt::format("{:016x}", XXH3_64bits(bytes.data(), bytes.size()));
}

std::optional<ValueCondition::Kind> condition_of(std::string_view word) {
  using enum ValueCondition::Kind;
  struct Row {
    std::string_view word;
    ValueCondition::Kind kind;
  };
  static constexpr Row rows[] = {{"NX", missing},     {"XX", exists},          {"IFEQ", equal},
                                 {"IFNE", not_equal}, {"IFDEQ", digest_equal}, {"IFDNE", digest_not_equal}};
  for (const Row& row : rows) {
    if (equals_ignoring_case(word, row.word)) return row.kind;
  }
  return std::nullopt;
}

Result<bool> is_met(const ValueCondition& condition, const std::optional<std::string_view>& value) {
  using enum ValueCondition::Kind;
  bool by_digest = condition.kind == digest_equal || condition.kind == digest_not_equal;
  if (by_digest && !is_digest(condition.operand)) {
    return Error{ErrorCode::invalid, "ERR digest must be exactly 16 hexadecimal characters"};
  }
  switch (condition.kind) {
    case none: return true;
    case missing: return !value;
    case exists: return value.has_value();
    case equal: return value && *value == condition.operand;
    case not_equal: return !value || *value != condition.operand;
    case digest_equal: return value && digest_of(*value) == lower_case(condition.operand);
    case digest_not_equal: return !value || digest_of(*value) != lower_case(condition.operand);
  }
  return false;
}

}  // namespace millrace::store
