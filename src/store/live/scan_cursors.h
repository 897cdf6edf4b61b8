#pragma once

// Where the iterations of SCAN and its kin stand. Clients hold a number, the position behind it is a key or a member,
// so somebody must remember the pair: here, for so many of the latest. A number that is unknown, forgotten or of
// another iteration begins again, which SCAN allows: it may give a key twice, but never leaves one out.
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

// What is iterated over: the keys of a keyspace, or the members of what stands at one of them.
struct Iteration {
  DatabaseId database{};
  KeyspaceId keyspace{};
  std::optional<std::string> key{};

  bool operator==(const Iteration&) const = default;
};

class ScanCursors {
 public:
  // The cursor of an iteration that has visited all up to `last`; never 0.
  std::uint64_t remember(Iteration iteration, std::string last);

  // Behind which key or member the iteration goes on; nothing: at the first.
  std::optional<std::string> find(const Iteration& iteration, std::uint64_t cursor) const;

 private:
  static constexpr std::size_t cursors_max = 10'000;  // about as many clients as one server has

  struct Place {
    Iteration iteration{};
    std::string last{};
  };

  std::unordered_map<std::uint64_t, Place> places_{};
  std::deque<std::uint64_t> oldest_first_{};
  std::uint64_t next_ = 1;
};

}  // namespace millrace::store
