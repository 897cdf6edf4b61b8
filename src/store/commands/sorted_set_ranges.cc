#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> sorted_set_range_commands() {
  return {};
}

}  // namespace millrace::store
