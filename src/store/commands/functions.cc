#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> function_commands() {
  return {};
}

}  // namespace millrace::store
