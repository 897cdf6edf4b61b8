#pragma once

// Keys moved and copied as a whole, whatever stands at them.

#include <optional>
#include <string_view>

#include "store/embedded/keyspace.h"

namespace millrace::store {

// `row` stands at `from` and goes to `to`, where `before` stands, with its time of expiry. Takes the same time for any
// number of elements, but for a hash, whose fields may expire.
Result<void> move_key(Keyspace& keys, std::string_view from, const KeyRow& row, std::string_view to,
                      const std::optional<KeyRow>& before);

// The same, but `row` stays. Takes time for each element.
Result<void> copy_key(Keyspace& keys, const KeyRow& row, std::string_view to, const std::optional<KeyRow>& before);

// Has the fields of the hash that stands at `key` expire when they say, after they were written from elsewhere.
Result<void> renew_field_expiries(Keyspace& keys, std::string_view key, const KeyRow& row);

}  // namespace millrace::store
