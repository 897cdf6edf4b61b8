#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> stream_group_commands() {
  return {};
}

}  // namespace millrace::store
