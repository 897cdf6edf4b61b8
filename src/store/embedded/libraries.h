#pragma once

// The libraries of functions of a database, as rows. Reads and writes go through the unit, so that they leave with it.

#include <string>
#include <string_view>
#include <vector>

#include "base/unit.h"
#include "store/embedded/rows.h"

namespace millrace::store {

Result<std::vector<LibraryEntry>> read_libraries(Unit& unit, DatabaseId database);
Result<std::string> read_library(Unit& unit, DatabaseId database, std::string_view name);

// A library of that name is replaced.
Result<void> put_library(Unit& unit, DatabaseId database, std::string_view name, std::string_view code);
Result<bool> erase_library(Unit& unit, DatabaseId database, std::string_view name);  // whether there was one
Result<void> erase_libraries(Unit& unit, DatabaseId database);

}  // namespace millrace::store
