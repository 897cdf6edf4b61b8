#pragma once

// Many small databases that do not know of each other, each a Redis: the seam is that protocol's own shape, a command
// in, a reply out. A list of commands is one transaction: nobody sees half of it, and it is durable as a whole.
//
// Confined to the reactor that owns the databases. Backends: embedded/ keeps them in the kv engine. Each passes
// store_contract.h; what only one backend could offer does not belong here.
//
// What commands mean and the texts of their errors are those of Redis 7.2.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "store/reply.h"

namespace millrace::store {

using Command = std::vector<std::string>;  // the name first, in any case, then its arguments

// A command of its words, which are moved into it: a braced list would copy each.
template <class... Words>
Command make_command(Words&&... words) {
  Command command;
  command.reserve(sizeof...(words));
  (command.emplace_back(std::forward<Words>(words)), ...);
  return command;
}

struct DatabaseId {
  std::uint32_t number = 0;

  auto operator<=>(const DatabaseId&) const = default;
};

struct Database {
  DatabaseId id{};
  std::string name{};

  bool operator==(const Database&) const = default;
};

class Store {
 public:
  virtual ~Store() = default;

  // `conflict` when the name is taken, `invalid` unless it is 1 to 255 bytes of printable ASCII without spaces.
  virtual Async<Result<DatabaseId>> create_database(std::string name) = 0;
  virtual Async<Result<DatabaseId>> find_database(std::string name) = 0;  // not_found
  virtual Async<Result<std::vector<Database>>> databases() = 0;           // by name

  // Runs `commands` in their order as one transaction; the replies stand in the same order. A command that fails for a
  // reason of its own (WRONGTYPE, wrong arity) answers an error reply and changes nothing, and the others count, as in
  // Redis. The result is an error only when the transaction as a whole left nothing: `unavailable`, `corrupt`.
  virtual Async<Result<std::vector<Reply>>> execute(DatabaseId database, std::vector<Command> commands) = 0;
};

}  // namespace millrace::store
