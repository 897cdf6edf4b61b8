#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> list_commands() {
  return {};
}

}  // namespace millrace::store
