#pragma once

// Intersections, unions and differences of sets, where a key that is not there is an empty set. Results are in the
// order of the members' bytes.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/keyspace.h"

namespace millrace::store {

// Up to `count_max` members that all have. Walks over the smallest and looks into the others.
Result<std::vector<std::string>> intersect(Keyspace& keys, std::span<const std::string> names, std::uint64_t count_max);

Result<std::vector<std::string>> unite(Keyspace& keys, std::span<const std::string> names);

// The members of the first that no other has.
Result<std::vector<std::string>> subtract(Keyspace& keys, std::span<const std::string> names);

// Whatever stood at `key`, a set of `members` does from now on, or nothing when there are none.
Result<void> replace_with_set(Keyspace& keys, std::string_view key, std::span<const std::string> members,
                              std::string_view event);

}  // namespace millrace::store
