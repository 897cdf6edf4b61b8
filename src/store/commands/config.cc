#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "store/commands/config_parameters.h"
#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/settings.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

constexpr std::string_view events_name = "notify-keyspace-events";

// Over REST there is one parameter only.
bool is_offered(const Call& call, const ConfigParameter& parameter) {
  return call.context().caller.door != Door::rest || parameter.name == events_name;
}

bool is_asked_for(const ConfigParameter& parameter, std::string_view name, std::string_view pattern) {
  if (name.empty()) return false;
  if (name == pattern) return true;
  return !parameter.hidden && matches(pattern, name);
}

Result<Reply> config_get(Call& call) {
  std::vector<Reply> pairs;
  std::set<std::string_view> shown;
  auto show = [&](std::string_view name, const ConfigParameter& parameter) {
    if (!shown.insert(name).second) return;
    pairs.push_back(Reply::bulk(name));
    pairs.push_back(Reply::bulk(setting(call.live(), call.keys.database(), parameter.name)));
  };
  for (const std::string& argument : call.arguments) {
    std::string pattern = lower_case(argument);
    for (const ConfigParameter& parameter : config_parameters()) {
      if (!is_offered(call, parameter)) continue;
      if (is_asked_for(parameter, parameter.name, pattern)) show(parameter.name, parameter);
      if (is_asked_for(parameter, parameter.alias, pattern)) show(parameter.alias, parameter);
    }
  }
  return Reply::map(std::move(pairs));
}

Error set_failed(std::string_view name, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}", name, why)};
}

struct Change {
  const ConfigParameter* parameter = nullptr;
  std::string value{};
};

// Where the server listens is not for its clients to say.
bool is_fixed(const ConfigParameter& parameter) {
  return parameter.name == "port" || parameter.name == "tls-port";
}

Result<Change> check_change(Call& call, const std::string& name, const std::string& value) {
  const ConfigParameter* parameter = find_parameter(name);
  if (parameter == nullptr || !is_offered(call, *parameter)) {
    return Error{ErrorCode::invalid,
                 fmt::format("ERR Unknown option or number of arguments for CONFIG SET - '{}'", name)};
  }
  if (parameter->immutable) return set_failed(name, "can't set immutable config");
  if (parameter->guarded) return set_failed(name, "can't set protected config");
  auto normalized = normalize_parameter(*parameter, value);
  if (!normalized) return set_failed(name, normalized.error().message);
  if (is_fixed(*parameter) && *normalized != setting(call.live(), call.keys.database(), parameter->name)) {
    return set_failed(name, "Unable to listen on this port. Check server logs.");
  }
  return Change{parameter, std::move(*normalized)};
}

void carry_out(Call& call, Change change) {
  LiveState& live = call.live();
  DatabaseId database = call.keys.database();
  if (change.parameter->name == events_name) live.notifications.set(database, change.value);
  live.settings[{database, std::string(change.parameter->name)}] = std::move(change.value);
  live.slow_log.set_limits(
      database, {.slower_than = std::chrono::microseconds(integer_setting(live, database, "slowlog-log-slower-than")),
                 .entries_max = static_cast<std::size_t>(integer_setting(live, database, "slowlog-max-len"))});
}

Result<Reply> config_set(Call& call) {
  if (call.arguments.size() % 2 != 0) return wrong_arity(call.spec.name);
  std::vector<Change> changes;
  for (std::size_t i = 0; i < call.arguments.size(); i += 2) {
    auto change = check_change(call, call.arguments[i], call.arguments[i + 1]);
    if (!change) return change.error();
    bool twice = std::ranges::any_of(changes, [&](const Change& one) { return one.parameter == change->parameter; });
    if (twice) return set_failed(call.arguments[i], "duplicate parameter");
    changes.push_back(std::move(*change));
  }
  for (Change& change : changes) carry_out(call, std::move(change));
  return Reply::ok();
}

Result<Reply> config_resetstat(Call& call) {
  call.live().counts.reset();
  call.live().statistics.reset();
  return Reply::ok();
}

Result<Reply> config_rewrite(Call&) {
  return Error{ErrorCode::invalid, "ERR The server is running without a config file"};
}

constexpr CommandSpec table[] = {
    {
        .name = "config",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "2.0.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about the configuration.",
    },
    {
        .name = "config|get",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = config_get,
        .since = "2.0.0",
        .complexity = "O(N) in the number of parameters",
        .summary = "Returns the values of parameters.",
    },
    {
        .name = "config|resetstat",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = config_resetstat,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Sets the counts of INFO back to 0.",
    },
    {
        .name = "config|rewrite",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = config_rewrite,
        .since = "2.8.0",
        .complexity = "O(1)",
        .summary = "Writes the configuration to its file, of which there is none.",
    },
    {
        .name = "config|set",
        .arity = at_least(2),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = config_set,
        .since = "2.0.0",
        .complexity = "O(N) in the number of parameters",
        .summary = "Sets parameters, until the server ends.",
    },
};

}  // namespace

std::span<const CommandSpec> config_commands() {
  return table;
}

}  // namespace millrace::store
