#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> config_commands() {
  return {};
}

}  // namespace millrace::store
