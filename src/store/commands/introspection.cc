#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> introspection_commands() {
  return {};
}

}  // namespace millrace::store
