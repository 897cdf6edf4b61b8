#include "store/commands/groups.h"

namespace millrace::store {

std::span<const CommandSpec> geo_commands() {
  return {};
}

}  // namespace millrace::store
