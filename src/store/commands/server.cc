#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<Reply> dbsize(Call& call) {
  auto size = call.keys.size();
  if (!size) return size.error();
  return Reply::of(static_cast<std::int64_t>(*size));
}

Result<Reply> flushdb(Call& call) {
  bool known = call.arguments.empty() || equals_ignoring_case(call.arguments[0], "ASYNC") ||
               equals_ignoring_case(call.arguments[0], "SYNC");
  if (!known) return syntax_error();
  if (auto done = call.keys.flush(); !done) return done.error();
  return Reply::ok();
}

constexpr CommandSpec table[] = {
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
        .name = "flushall",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::write,
        .flags = dangerous,
        .group = Group::server,
        .run = flushdb,
        .since = "1.0.0",
        .complexity = "O(1), the space is reclaimed in the background",
        .summary = "Deletes all keys of the database.",
    },
    {
        .name = "flushdb",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::write,
        .flags = dangerous,
        .group = Group::server,
        .run = flushdb,
        .since = "1.0.0",
        .complexity = "O(1), the space is reclaimed in the background",
        .summary = "Deletes all keys of the database.",
    },
};

}  // namespace

std::span<const CommandSpec> server_commands() {
  return table;
}

}  // namespace millrace::store
