#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> pubsub_commands() {
  return {};
}

}  // namespace millrace::store
