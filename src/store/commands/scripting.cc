#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> scripting_commands() {
  return {};
}

}  // namespace millrace::store
