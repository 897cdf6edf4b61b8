#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> hash_expiry_commands() {
  return {};
}

}  // namespace millrace::store
