#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> list_blocking_commands() {
  return {};
}

}  // namespace millrace::store
