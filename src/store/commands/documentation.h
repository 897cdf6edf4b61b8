#pragma once

// The commands as a page for people (docs/redis-commands.md), made of the table. Pure.

#include <string>

namespace millrace::store {

std::string document_commands();

}  // namespace millrace::store
