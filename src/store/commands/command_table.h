#pragma once

// The table of commands: what the dispatcher, the doors and the documentation know of each. Adding a command means
// adding a function and a row to the file of its data type.
//
// The name of a sub-command is that of its container and its own, "config|get"; a container is a row without `run`
// that has some. HELP of a container is made of their summaries.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/embedded/keyspace.h"
#include "store/reply.h"
#include "store/store.h"

namespace millrace::store {

// How many arguments there are behind the name (and that of the sub-command).
struct Arity {
  std::size_t least = 0;
  std::size_t most = 0;
};
constexpr Arity exactly(std::size_t count) {
  return {count, count};
}
constexpr Arity at_least(std::size_t count) {
  return {count, SIZE_MAX};
}
constexpr Arity between(std::size_t least, std::size_t most) {
  return {least, most};
}

// Finds which of the arguments are keys, counted from 0; nothing where they cannot be told. For what the fields of
// KeyPositions cannot say.
using KeyFinder = std::vector<std::size_t> (*)(std::span<const std::string> arguments);

// Which arguments are keys, counted from 1, the name being 0 (of a sub-command: its own name); -1 is the last one.
struct KeyPositions {
  int first = 0;  // 0: none
  int last = 0;
  int step = 0;
  int count_at = 0;  // not 0: which argument says how many keys follow it; `first` may name one more key before
  KeyFinder find = nullptr;
};
constexpr KeyPositions no_keys{};
constexpr KeyPositions first_argument{1, 1, 1};
constexpr KeyPositions first_two{1, 2, 1};
constexpr KeyPositions all_arguments{1, -1, 1};
constexpr KeyPositions all_but_last{1, -2, 1};
constexpr KeyPositions second_to_last{2, -1, 1};
constexpr KeyPositions every_other{1, -1, 2};
constexpr KeyPositions counted_at(int argument) {
  return {.count_at = argument};
}
// A key to write to, then at `argument` how many keys there are to read, then those.
constexpr KeyPositions first_and_counted_at(int argument) {
  return {.first = 1, .last = 1, .step = 1, .count_at = argument};
}
constexpr KeyPositions found_by(KeyFinder find) {
  return {.find = find};
}

enum class Access : std::uint8_t { none, read, write };

enum class Group : std::uint8_t {
  bitmap,
  connection,
  generic,
  geo,
  hash,
  hyperloglog,
  json,
  list,
  pubsub,
  scripting,
  server,
  set,
  sorted_set,
  stream,
  string,
  transactions
};

// What Redis calls the flags of a command, as far as they tell more than `access`.
enum Flag : std::uint32_t {
  fast = 1,                 // constant or logarithmic time
  may_grow = 1 << 1,        // refused when the database is full
  whole_keyspace = 1 << 2,  // its time grows with the number of keys; not for the read-only user
  blocking = 1 << 3,        // may wait: not over REST
  no_script = 1 << 4,       // refused in scripts
  of_connection = 1 << 5,   // changes or asks the state of a connection: done by the door, which knows it; no `run`
  not_over_rest = 1 << 6,   // makes no sense without a connection
  admin = 1 << 7,
  dangerous = 1 << 8,  // not for the read-only user
  pubsub = 1 << 9,
  no_auth = 1 << 10,          // may come before AUTH
  no_transaction = 1 << 11,   // refused in MULTI
  unmonitored = 1 << 12,      // MONITOR does not show it
  may_write = 1 << 13,        // a script: what it runs is checked
  has_subcommands = 1 << 14,  // set by the table itself
  also_over_rest = 1 << 15,   // `blocking` only when an option asks for it, which it refuses over REST itself
  no_touch = 1 << 16,         // asks about keys without using them: OBJECT IDLETIME goes on
};

struct CommandSpec;

struct Call {
  Keyspace& keys;
  std::span<const std::string> arguments;  // without the names; as many as the arity allows
  const CommandSpec& spec;

  Context& context() const { return keys.context(); }
  LiveState& live() const { return keys.context().live; }
  std::int64_t now() const { return keys.now(); }
  void notify(char letter, std::string_view event, std::string_view key) const { keys.notify(letter, event, key); }

  // Runs another command as a part of this one, for scripts. Its own failure is an error reply and leaves nothing of
  // it; an error ends the whole transaction and must be passed on.
  Result<Reply> run_nested(const Command& command) const;
};

// An error of code `invalid` is the command's own answer: its message begins with the code that clients see, such as
// WRONGTYPE. Any other error ends the transaction. Nothing that it wrote stays after an error.
using Run = Result<Reply> (*)(Call& call);

struct CommandSpec {
  std::string_view name;
  Arity arity;
  KeyPositions keys = no_keys;
  Access access = Access::none;
  std::uint32_t flags = 0;
  Group group;
  Run run = nullptr;
  std::string_view since;
  std::string_view complexity;
  std::string_view summary;
  std::string_view differs{};  // from what Redis 7.2 does, for those who know it; a sentence

  bool has(Flag flag) const { return (flags & flag) != 0; }
};

// Sorted by name; names are lower case.
std::span<const CommandSpec> command_table();

// `name` in any case, that of a sub-command as "config|get"; null when there is none.
const CommandSpec* find_command(std::string_view name);

// The rows of a container, sorted.
std::span<const CommandSpec> subcommands_of(std::string_view container);

// Which of the arguments are keys, counted from 0.
std::vector<std::size_t> key_positions(const CommandSpec& spec, std::span<const std::string> arguments);

// What a command's words mean: the row of the table and the arguments, or what it answers as it cannot even start:
// unknown, the wrong number of arguments, not for this caller. Also for a door that queues commands, as for MULTI.
struct Resolved {
  const CommandSpec* spec = nullptr;
  std::span<const std::string> arguments{};  // of the command that was resolved
  Reply refusal{};                           // when there is no spec
};
Resolved resolve(const Command& command, const Caller& caller);

// Runs a command in `keys`. As Call::run_nested.
Result<Reply> apply(Keyspace& keys, const Command& command);

}  // namespace millrace::store
