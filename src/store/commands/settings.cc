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

}  // namespace millrace::store
