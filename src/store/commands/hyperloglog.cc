#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> hyperloglog_commands() {
  return {};
}

}  // namespace millrace::store
