#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> expiry_commands() {
  return {};
}

}  // namespace millrace::store
