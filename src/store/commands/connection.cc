#include "store/commands/groups.h"

namespace millrace::store {
namespace {

Result<Reply> echo(Call& call) {
  return Reply::bulk(call.arguments[0]);
}

Result<Reply> ping(Call& call) {
  return call.arguments.empty() ? Reply::simple("PONG") : Reply::bulk(call.arguments[0]);
}

constexpr CommandSpec table[] = {
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
};

}  // namespace

std::span<const CommandSpec> connection_commands() {
  return table;
}

}  // namespace millrace::store
