#include "store/commands/settings.h"

#include "store/commands/config_parameters.h"
#include "store/commands/text.h"

namespace millrace::store {

std::string setting(const LiveState& live, DatabaseId database, std::string_view name) {
  auto found = live.settings.find({database, std::string(name)});
  if (found != live.settings.end()) return found->second;
  const ConfigParameter* parameter = find_parameter(name);
  return parameter == nullptr ? std::string() : std::string(parameter->initial);
}

std::int64_t integer_setting(const LiveState& live, DatabaseId database, std::string_view name) {
  return to_integer(setting(live, database, name)).value_or(0);
}

std::optional<Reply> refuse_without_replicas(const LiveState& live, DatabaseId database) {
  if (live.settings.empty() || integer_setting(live, database, "min-replicas-to-write") == 0) return std::nullopt;
  return Reply::error("NOREPLICAS Not enough good replicas to write.");
}

}  // namespace millrace::store
