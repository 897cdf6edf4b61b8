#pragma once

#include <compare>
#include <cstdint>

namespace millrace::store {

// One of the keyspaces of a database.
struct KeyspaceId {
  std::uint32_t number = 0;

  auto operator<=>(const KeyspaceId&) const = default;
};

}  // namespace millrace::store
