#pragma once

// What the commands of strings share: how a value is written, and the conditions on the value that stands at a key.

#include <optional>
#include <string_view>

#include "store/commands/command_table.h"

namespace millrace::store {

constexpr std::size_t string_bytes_max = std::size_t{512} << 20;  // what a bulk string of the protocol holds

Error string_too_long();

// A new value, which never expires unless told so.
Result<void> put_string(Keyspace& keys, std::string_view key, const std::optional<KeyRow>& before,
                        std::string_view text, std::int64_t expires_at = 0);

// The same for a value that is changed: its time of expiry stays.
Result<void> change_string(Keyspace& keys, std::string_view key, const std::optional<KeyRow>& before,
                           std::string_view text);

// XXH3-64 of the bytes as 16 lower-case hexadecimal digits, as DIGEST answers.
std::string digest_of(std::string_view bytes);

// When SET and DELEX do something.
struct ValueCondition {
  enum class Kind { none, missing, exists, equal, not_equal, digest_equal, digest_not_equal };

  Kind kind = Kind::none;
  std::string_view operand{};

  bool compares() const { return kind >= Kind::equal; }
};

// The condition that a word stands for: NX, XX, IFEQ, IFNE, IFDEQ or IFDNE in any case.
std::optional<ValueCondition::Kind> condition_of(std::string_view word);

// Nothing: `value` is missing. An error when the operand is no digest.
Result<bool> is_met(const ValueCondition& condition, const std::optional<std::string_view>& value);

}  // namespace millrace::store
