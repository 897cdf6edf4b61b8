#include "store/embedded/libraries.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::store {
namespace {

Error damaged(DatabaseId database) {
  return {ErrorCode::corrupt, fmt::format("the libraries of database {} cannot be read", database.number)};
}

void write_list(Unit& unit, DatabaseId database, const std::vector<LibraryEntry>& libraries) {
  if (libraries.empty()) {
    unit.erase(libraries_key(database));
  } else {
    unit.put(libraries_key(database), encode(libraries));
  }
}

}  // namespace

Result<std::vector<LibraryEntry>> read_libraries(Unit& unit, DatabaseId database) {
  auto row = unit.get(libraries_key(database));
  if (!row) return row.error();
  if (!*row) return std::vector<LibraryEntry>{};
  auto libraries = decode_libraries(**row);
  if (!libraries) return damaged(database);
  return std::move(*libraries);
}

Result<std::string> read_library(Unit& unit, DatabaseId database, std::string_view name) {
  auto row = unit.get(library_key(database, name));
  if (!row) return row.error();
  if (!*row) return damaged(database);
  return std::string(**row);
}

Result<void> put_library(Unit& unit, DatabaseId database, std::string_view name, std::string_view code) {
  auto libraries = read_libraries(unit, database);
  if (!libraries) return libraries.error();
  auto place = std::ranges::lower_bound(*libraries, name, {}, &LibraryEntry::name);
  if (place == libraries->end() || place->name != name) {
    place = libraries->insert(place, {.name = std::string(name), .digest = {}});
  }
  place->digest = sha1(code);
  write_list(unit, database, *libraries);
  unit.put(library_key(database, name), code);
  return {};
}

Result<bool> erase_library(Unit& unit, DatabaseId database, std::string_view name) {
  auto libraries = read_libraries(unit, database);
  if (!libraries) return libraries.error();
  if (std::erase_if(*libraries, [&](const LibraryEntry& each) { return each.name == name; }) == 0) return false;
  write_list(unit, database, *libraries);
  unit.erase(library_key(database, name));
  return true;
}

Result<void> erase_libraries(Unit& unit, DatabaseId database) {
  auto libraries = read_libraries(unit, database);
  if (!libraries) return libraries.error();
  for (const LibraryEntry& each : *libraries) unit.erase(library_key(database, each.name));
  unit.erase(libraries_key(database));
  return {};
}

}  // namespace millrace::store
