#pragma once

// The categories by which Redis groups commands for access control. Pure.

#include <string_view>
#include <vector>

#include "store/commands/command_table.h"

namespace millrace::store {

// All there are, without the @.
std::span<const std::string_view> categories();

std::vector<std::string_view> categories_of(const CommandSpec& spec);

std::string_view name_of(Group group);  // as COMMAND DOCS calls it

}  // namespace millrace::store
