#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> transaction_commands() {
  return {};
}

}  // namespace millrace::store
