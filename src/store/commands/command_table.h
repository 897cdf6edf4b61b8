#pragma once

// The table of commands: what the dispatcher, the doors and the documentation know of each. Adding a command means
// adding a row to table.cc and a function to the file of its data type.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/reply.h"
#include "store/store.h"

namespace millrace::store {

class Keyspace;
class ScanCursors;

// How many arguments there are behind the name.
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

// Which arguments are keys, counted from 1, the name being 0; -1 is the last one.
struct KeyPositions {
  int first = 0;  // 0: none
  int last = 0;
  int step = 0;
};
constexpr KeyPositions no_keys{};
constexpr KeyPositions first_argument{1, 1, 1};
constexpr KeyPositions all_arguments{1, -1, 1};
constexpr KeyPositions every_other{1, -1, 2};

enum class Access : std::uint8_t { none, read, write };

enum class Group : std::uint8_t { connection, generic, hash, server, set, string };

// What Redis calls the flags of a command, as far as they tell more than `access`.
enum Flag : std::uint8_t {
  fast = 1,            // constant or logarithmic time
  may_grow = 2,        // refused when the database is full
  whole_keyspace = 4,  // its time grows with the number of keys
};

struct Call {
  Keyspace& keys;
  ScanCursors& cursors;
  std::span<const std::string> arguments;  // without the name; as many as the arity allows
};

// An error of code `invalid` is the command's own answer: its message begins with the code that clients see, such as
// WRONGTYPE. Any other error ends the transaction.
using Run = Result<Reply> (*)(Call& call);

struct CommandSpec {
  std::string_view name;
  Arity arity;
  KeyPositions keys;
  Access access;
  std::uint8_t flags;
  Group group;
  Run run;
  std::string_view since;
  std::string_view complexity;
  std::string_view summary;
};

// Sorted by name; names are lower case.
std::span<const CommandSpec> command_table();

// `name` in any case; null when there is none.
const CommandSpec* find_command(std::string_view name);

// What a command that cannot even start answers: unknown, or the wrong number of arguments. For a door that queues
// commands before it runs them, as for MULTI.
std::optional<Reply> refuse(const Command& command);

}  // namespace millrace::store
