#pragma once

// Where the iterations of SCAN stand. Clients hold a number, the position behind it is a key, so somebody must remember
// the pair: here, for so many of the latest. A number that is unknown, forgotten or of another keyspace begins again,
// which SCAN allows: it may give a key twice, but never leaves one out.
//
// Confined to the reactor.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "store/embedded/keyspace_id.h"
#include "store/store.h"

namespace millrace::store {

class ScanCursors {
 public:
  // The cursor of an iteration that has visited all up to `last`; never 0.
  std::uint64_t remember(DatabaseId database, KeyspaceId keyspace, std::string last);

  // Behind which key the iteration goes on; nothing: at the first.
  std::optional<std::string> find(DatabaseId database, KeyspaceId keyspace, std::uint64_t cursor) const;

 private:
  static constexpr std::size_t cursors_max = 10'000;  // about as many clients as one server has

  struct Place {
    DatabaseId database{};
    KeyspaceId keyspace{};
    std::string last{};
  };

  std::unordered_map<std::uint64_t, Place> places_{};
  std::deque<std::uint64_t> oldest_first_{};
  std::uint64_t next_ = 1;
};

}  // namespace millrace::store
