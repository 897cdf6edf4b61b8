#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> serialization_commands() {
  return {};
}

}  // namespace millrace::store
