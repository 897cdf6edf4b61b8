// What a server that stands alone answers to the commands that administrate many: replication, clusters, modules.

#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Error refused(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Result<Reply> no_cluster(Call&) {
  return refused("ERR This instance has cluster support disabled");
}

Result<Reply> debug(Call&) {
  return refused(
      "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
      "local connection, otherwise you need to set this option in the configuration file, and then restart the "
      "server.");
}

Result<Reply> failover(Call&) {
  return refused("ERR FAILOVER requires connected replicas.");
}

// Its key is the third argument, or they follow the word KEYS.
std::vector<std::size_t> migrate_keys(std::span<const std::string> arguments) {
  std::vector<std::size_t> found;
  if (arguments.size() > 2 && !arguments[2].empty()) return {2};
  std::size_t at = 5;
  while (at < arguments.size() && !equals_ignoring_case(arguments[at], "KEYS")) ++at;
  for (++at; at < arguments.size(); ++at) found.push_back(at);
  return found;
}

Result<Reply> migrate(Call&) {
  return refused("ERR MIGRATE is not supported: use DUMP and RESTORE");
}

Result<Reply> module_list(Call&) {
  return Reply::array({});
}

Result<Reply> module_load(Call&) {
  return refused("ERR Error loading the extension. Modules are not supported");
}

Result<Reply> module_unload(Call&) {
  return refused("ERR Error unloading module: no such module with that name");
}

Result<Reply> replicaof(Call& call) {
  bool none = equals_ignoring_case(call.arguments[0], "NO") && equals_ignoring_case(call.arguments[1], "ONE");
  if (!none) return refused("ERR REPLICAOF is not supported: this server replicates no other");
  return Reply::ok();
}

Result<Reply> role(Call&) {
  return Reply::array({Reply::bulk("master"), Reply::of(0), Reply::array({})});
}

Result<Reply> shutdown(Call& call) {
  if (call.arguments.size() == 1 && equals_ignoring_case(call.arguments[0], "ABORT")) {
    return refused("ERR No shutdown in progress.");
  }
  return refused("ERR SHUTDOWN is not supported: end the process of the server instead");
}

constexpr CommandSpec table[] = {
    {
        .name = "asking",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "3.0.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about clusters.",
    },
    {
        .name = "cluster|countkeysinslot",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|getkeysinslot",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|info",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|keyslot",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|links",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|myid",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|myshardid",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "7.2.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|nodes",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|reset",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|shards",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "cluster|slots",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "debug",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = debug,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Is refused, as Redis does unless it is told otherwise.",
    },
    {
        .name = "failover",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = failover,
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Is refused: there are no replicas.",
    },
    {
        .name = "migrate",
        .arity = at_least(5),
        .keys = found_by(migrate_keys),
        .access = Access::write,
        .flags = dangerous,
        .group = Group::generic,
        .run = migrate,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Is refused: DUMP and RESTORE bring keys to another server.",
    },
    {
        .name = "module",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "4.0.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about modules.",
    },
    {
        .name = "module|list",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = module_list,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns the modules, of which there are none.",
    },
    {
        .name = "module|load",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = module_load,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: there are no modules.",
    },
    {
        .name = "module|loadex",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = module_load,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: there are no modules.",
    },
    {
        .name = "module|unload",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = module_unload,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: there are no modules.",
    },
    {
        .name = "readonly",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "readwrite",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast,
        .group = Group::server,
        .run = no_cluster,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Is of clusters, which this server is not part of.",
    },
    {
        .name = "replicaof",
        .arity = exactly(2),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = replicaof,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Takes only NO ONE: this server replicates no other.",
    },
    {
        .name = "role",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast | no_script | admin | dangerous,
        .group = Group::server,
        .run = role,
        .since = "2.8.12",
        .complexity = "O(1)",
        .summary = "Returns that this server is a master without replicas.",
    },
    {
        .name = "shutdown",
        .arity = between(0, 4),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | no_transaction | dangerous,
        .group = Group::server,
        .run = shutdown,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: who runs the process ends it.",
    },
    {
        .name = "slaveof",
        .arity = exactly(2),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = replicaof,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Takes only NO ONE: this server replicates no other.",
    },
};

}  // namespace

std::span<const CommandSpec> administration_commands() {
  return table;
}

}  // namespace millrace::store
