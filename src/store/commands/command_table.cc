#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "store/commands/functions.h"

namespace millrace::store {
namespace {

constexpr CommandSpec table[] = {
    {
        .name = "append",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = append,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Appends a string to the value of a key. Creates the key if it doesn't exist.",
    },
    {
        .name = "dbsize",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::read,
        .flags = fast,
        .group = Group::server,
        .run = dbsize,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of keys in the database.",
    },
    {
        .name = "decr",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = decr,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Decrements the integer value of a key by one, counting from 0 if it doesn't exist.",
    },
    {
        .name = "decrby",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = decrby,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Decrements the integer value of a key by a number, counting from 0 if it doesn't exist.",
    },
    {
        .name = "del",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::write,
        .flags = 0,
        .group = Group::generic,
        .run = del,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys, whatever their size",
        .summary = "Deletes keys.",
    },
    {
        .name = "echo",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast,
        .group = Group::connection,
        .run = echo,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns its argument.",
    },
    {
        .name = "exists",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = fast,
        .group = Group::generic,
        .run = exists,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys",
        .summary = "Counts which of the keys exist.",
    },
    {
        .name = "flushdb",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::write,
        .flags = fast,
        .group = Group::server,
        .run = flushdb,
        .since = "1.0.0",
        .complexity = "O(1), the space is reclaimed in the background",
        .summary = "Deletes all keys of the database.",
    },
    {
        .name = "get",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = get,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the string value of a key.",
    },
    {
        .name = "hdel",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::hash,
        .run = hdel,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Deletes fields of a hash. Deletes the hash with its last field.",
    },
    {
        .name = "hget",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hget,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Returns the value of a field of a hash.",
    },
    {
        .name = "hgetall",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hgetall,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the hash",
        .summary = "Returns all fields of a hash and their values.",
    },
    {
        .name = "hset",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hset,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets fields of a hash to values.",
    },
    {
        .name = "incr",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = incr,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a key by one, counting from 0 if it doesn't exist.",
    },
    {
        .name = "incrby",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::string,
        .run = incrby,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a key by a number, counting from 0 if it doesn't exist.",
    },
    {
        .name = "keys",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::read,
        .flags = whole_keyspace,
        .group = Group::generic,
        .run = keys,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys that begin as the pattern does",
        .summary = "Returns the keys that match a pattern.",
    },
    {
        .name = "mget",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = mget,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys",
        .summary = "Returns the string values of keys.",
    },
    {
        .name = "mset",
        .arity = at_least(2),
        .keys = every_other,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = mset,
        .since = "1.0.1",
        .complexity = "O(N) in the number of keys",
        .summary = "Sets keys to string values, all at once.",
    },
    {
        .name = "ping",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast,
        .group = Group::connection,
        .run = ping,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Answers PONG, or its argument.",
    },
    {
        .name = "sadd",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::set,
        .run = sadd,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members given",
        .summary = "Adds members to a set. Creates the set if it doesn't exist.",
    },
    {
        .name = "scan",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::read,
        .flags = 0,
        .group = Group::generic,
        .run = scan,
        .since = "2.8.0",
        .complexity = "O(1) for each call, O(N) for the whole iteration",
        .summary = "Iterates over the keys of the database.",
    },
    {
        .name = "scard",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::set,
        .run = scard,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of members of a set.",
    },
    {
        .name = "set",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::string,
        .run = set,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets the string value of a key, whatever type it had.",
    },
    {
        .name = "sismember",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::set,
        .run = sismember,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Tells whether a member belongs to a set.",
    },
    {
        .name = "smembers",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = smembers,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the set",
        .summary = "Returns all members of a set.",
    },
    {
        .name = "srem",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::set,
        .run = srem,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members given",
        .summary = "Removes members from a set. Deletes the set with its last member.",
    },
    {
        .name = "strlen",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = strlen,
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Returns the length of a string value.",
    },
    {
        .name = "type",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::generic,
        .run = type,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the type of the value of a key.",
    },
    {
        .name = "unlink",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = del,
        .since = "4.0.0",
        .complexity = "O(N) in the number of keys, whatever their size",
        .summary = "Deletes keys, as DEL does.",
    },
};
static_assert(std::ranges::is_sorted(table, {}, &CommandSpec::name));

constexpr std::size_t name_size_max =
    std::ranges::max(table, {}, [](const CommandSpec& row) { return row.name.size(); }).name.size();

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// As Redis tells it: the name and the first arguments, each cut off after 128 bytes in all.
Reply unknown(const Command& command) {
  constexpr std::size_t shown_max = 128;
  std::string arguments;
  for (std::size_t i = 1; i < command.size() && arguments.size() < shown_max; ++i) {
    arguments += fmt::format("'{}' ", std::string_view(command[i]).substr(0, shown_max - arguments.size()));
  }
  std::string_view name = command.empty() ? std::string_view() : std::string_view(command[0]).substr(0, shown_max);
  return Reply::error(fmt::format("ERR unknown command '{}', with args beginning with: {}", name, arguments));
}

constexpr std::uint8_t none = 255;
constexpr std::size_t buckets = 256;
static_assert(std::size(table) < none);

constexpr std::size_t bucket_of(std::string_view name) {
  if (name.empty()) return 0;
  auto letter = [name](std::size_t at) { return static_cast<unsigned char>(name[at]); };
  return (name.size() * 31 + letter(0) * 7 + letter(name.size() / 2) * 3 + letter(name.size() - 1)) % buckets;
}

// The rows of the table by the bucket of their name.
constexpr auto index = [] {
  struct Index {
    std::array<std::uint8_t, buckets> first{};
    std::array<std::uint8_t, std::size(table)> next{};
  } made;
  made.first.fill(none);
  for (std::size_t at = 0; at < std::size(table); ++at) {
    std::uint8_t& first = made.first[bucket_of(table[at].name)];
    made.next[at] = first;
    first = static_cast<std::uint8_t>(at);
  }
  return made;
}();

}  // namespace

std::span<const CommandSpec> command_table() {
  return table;
}

const CommandSpec* find_command(std::string_view name) {
  if (name.size() > name_size_max) return nullptr;
  std::array<char, name_size_max> buffer{};
  std::ranges::transform(name, buffer.begin(), lower);
  std::string_view lowered(buffer.data(), name.size());
  for (std::uint8_t at = index.first[bucket_of(lowered)]; at != none; at = index.next[at]) {
    if (table[at].name == lowered) return &table[at];
  }
  return nullptr;
}

std::optional<Reply> refuse(const Command& command) {
  const CommandSpec* spec = command.empty() ? nullptr : find_command(command[0]);
  if (spec == nullptr) return unknown(command);
  std::size_t arguments = command.size() - 1;
  if (arguments >= spec->arity.least && arguments <= spec->arity.most) return std::nullopt;
  return Reply::error(fmt::format("ERR wrong number of arguments for '{}' command", spec->name));
}

}  // namespace millrace::store
