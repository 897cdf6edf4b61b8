// What the embedded store does with whole databases.

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/keyspace.h"
#include "store/embedded/libraries.h"
#include "store/embedded/rows.h"

namespace millrace::store {
namespace {

bool is_database_name(std::string_view name) {
  constexpr std::size_t size_max = 255;
  return !name.empty() && name.size() <= size_max &&
         std::ranges::all_of(name, [](char c) { return c > 32 && c < 127; });
}

Error not_a_name(std::string_view name) {
  return {ErrorCode::invalid, fmt::format("'{}' cannot name a database: 1 to 255 printable characters", name)};
}

Error name_is_taken(std::string_view name) {
  return {ErrorCode::conflict, fmt::format("there is a database '{}' already", name)};
}

// Databases are numbered from 1 on; a number is never used again.
Result<DatabaseId> take_number(Unit& unit) {
  auto row = unit.get(databases_counter_key());
  if (!row) return row.error();
  ByteReader in(*row ? **row : std::string_view("\0\0\0\0", 4));
  DatabaseId id{in.big_endian<std::uint32_t>() + 1};
  if (!in.ok() || !in.at_end()) return Error{ErrorCode::corrupt, "the counter of databases cannot be read"};
  std::string next;
  append_big_endian(next, id.number);
  unit.put(databases_counter_key(), next);
  return id;
}

Result<std::optional<DatabaseId>> look_up(Unit& unit, std::string_view name) {
  auto row = unit.get(name_key(name));
  if (!row) return row.error();
  if (!*row) return std::optional<DatabaseId>{};
  auto id = decode_id(**row);
  if (!id) return Error{ErrorCode::corrupt, fmt::format("the row of database '{}' cannot be read", name)};
  return id;
}

}  // namespace

Async<Result<DatabaseId>> EmbeddedStore::create_database(std::string name) {
  co_return co_await run_command<DatabaseId>(home_, [&](Unit& unit) { return stage_create_database(unit, name); });
}

Async<Result<DatabaseId>> EmbeddedStore::find_database(std::string name) {
  co_return co_await run_command<DatabaseId>(home_, [&](Unit& unit) { return find_database(unit, name); });
}

Async<Result<std::vector<Database>>> EmbeddedStore::databases() {
  co_return co_await run_command<std::vector<Database>>(home_, [&](Unit& unit) { return databases(unit); });
}

Result<std::vector<Database>> EmbeddedStore::databases(Unit& unit) {
  std::vector<Database> all;
  auto done = unit.scan(name_rows(), Direction::ascending, [&](std::string_view key, std::string_view value) {
    all.push_back({decode_id(value).value_or(DatabaseId{}), std::string(name_of_key(key))});
    return Visit::more;
  });
  if (!done) return done.error();
  return all;
}

Result<DatabaseId> EmbeddedStore::stage_create_database(Unit& unit, std::string_view name,
                                                        const DatabaseProperties& properties) {
  if (!is_database_name(name)) return not_a_name(name);
  auto taken = look_up(unit, name);
  if (!taken) return taken.error();
  if (*taken) return name_is_taken(name);
  auto id = take_number(unit);
  if (!id) return id.error();
  unit.put(name_key(name), encode_id(*id));
  DatabaseRow row{.properties = properties};
  row.properties.created_at = Context::now_of(live_);
  unit.put(database_key(*id), encode(row));
  return *id;
}

Result<DatabaseId> EmbeddedStore::find_database(Unit& unit, std::string_view name) {
  auto id = look_up(unit, name);
  if (!id) return id.error();
  if (!*id) return Error{ErrorCode::not_found, fmt::format("there is no database '{}'", name)};
  return **id;
}

Result<DatabaseProperties> EmbeddedStore::properties(Unit& unit, DatabaseId database) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  return std::move(row->properties);
}

Result<void> EmbeddedStore::set_properties(Unit& unit, DatabaseId database, const DatabaseProperties& properties) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  bool counted = row->properties.limits.bytes_max != 0;
  row->properties = properties;
  unit.put(database_key(database), encode(*row));
  if (counted || properties.limits.bytes_max == 0) return {};
  Context context(live_, {});
  auto keys = open(unit, context, database);
  return keys ? keys->begin_counting() : keys.error();
}

Result<void> EmbeddedStore::rename_database(Unit& unit, std::string_view name, std::string_view name_new) {
  if (!is_database_name(name_new)) return not_a_name(name_new);
  auto id = find_database(unit, name);
  if (!id) return id.error();
  auto taken = look_up(unit, name_new);
  if (!taken) return taken.error();
  if (*taken) return name_is_taken(name_new);
  unit.erase(name_key(name));
  unit.put(name_key(name_new), encode_id(*id));
  return {};
}

Result<void> EmbeddedStore::delete_database(Unit& unit, std::string_view name) {
  auto id = find_database(unit, name);
  if (!id) return id.error();
  auto row = read_database(unit, *id);
  if (!row) return row.error();
  if (auto erased = erase_libraries(unit, *id); !erased) return erased;
  live_.watched.all_written(*id);
  discard(home_, unit, {*id, row->current, std::nullopt});
  for (KeyspaceId other : row->others) discard(home_, unit, {*id, other, std::nullopt});
  unit.erase(name_key(name));
  unit.erase(database_key(*id));
  return {};
}

Result<DatabaseSize> EmbeddedStore::size(Unit& unit, DatabaseId database) {
  Context context(live_, {});
  auto keys = open(unit, context, database);
  if (!keys) return keys.error();
  auto count = keys->size();
  if (!count) return count.error();
  auto bytes = keys->bytes();
  if (!bytes) return bytes.error();
  return DatabaseSize{*count, *bytes};
}

}  // namespace millrace::store
