#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> sorted_set_combining_commands() {
  return {};
}

}  // namespace millrace::store
