#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> bitmap_commands() {
  return {};
}

}  // namespace millrace::store
