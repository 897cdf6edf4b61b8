#include "store/commands/groups.h"
#include "store/embedded/keyspace.h"

namespace millrace::store {
namespace {

Result<Reply> del(Call& call) {
  std::int64_t deleted = 0;
  for (const std::string& key : call.arguments) {
    auto before = call.keys.find(key);
    if (!before) return before.error();
    if (!*before) continue;
    if (auto done = call.keys.erase(key, **before); !done) return done.error();
    ++deleted;
  }
  return Reply::of(deleted);
}

Result<Reply> exists(Call& call) {
  std::int64_t count = 0;
  for (const std::string& key : call.arguments) {
    auto found = call.keys.find(key);
    if (!found) return found.error();
    count += found->has_value() ? 1 : 0;
  }
  return Reply::of(count);
}

Result<Reply> type(Call& call) {
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  return Reply::simple(*found ? std::string(name_of((*found)->type)) : "none");
}

constexpr CommandSpec table[] = {
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

}  // namespace

std::span<const CommandSpec> key_commands() {
  return table;
}

}  // namespace millrace::store
