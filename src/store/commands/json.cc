#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> json_commands() {
  return {};
}

}  // namespace millrace::store
