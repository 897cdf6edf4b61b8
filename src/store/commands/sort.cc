#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> sort_commands() {
  return {};
}

}  // namespace millrace::store
