// What the embedded store does with whole keyspaces, and with keys as bytes.

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "store/embedded/collection.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/packed.h"
#include "store/embedded/scan_cursors.h"

namespace millrace::store {
namespace {

// The first byte of a dumped key.
enum class Dumped : char { string = 1, set = 2, hash = 3 };

Error no_keyspace(DatabaseId database, KeyspaceId keyspace) {
  return {ErrorCode::not_found, fmt::format("database {} has no keyspace {}", database.number, keyspace.number)};
}

Error not_a_dump() {
  return {ErrorCode::corrupt, "these bytes are no dumped key"};
}

bool has(const DatabaseRow& row, KeyspaceId keyspace) {
  return row.current == keyspace || std::ranges::find(row.others, keyspace) != row.others.end();
}

Result<void> load_collection(Keyspace& keys, std::string_view key, Type type, std::string_view entries) {
  if (!count_packed(entries)) return not_a_dump();
  auto collection = Collection::open(keys, key, type);
  if (!collection) return collection.error();
  while (!entries.empty()) {
    auto [member, value] = take_packed(entries);
    if (auto done = collection->put(member, value); !done) return done.error();
  }
  return collection->save();
}

}  // namespace

Result<Keyspace> EmbeddedStore::open(Unit& unit, const Place& place) {
  auto row = read_database(unit, place.database);
  if (!row) return row.error();
  KeyspaceId keyspace = place.keyspace.value_or(row->current);
  if (!has(*row, keyspace)) return no_keyspace(place.database, keyspace);
  return Keyspace(home_, unit, place.database, keyspace);
}

Result<KeyspaceId> EmbeddedStore::current_keyspace(Unit& unit, DatabaseId database) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  return row->current;
}

Result<std::vector<KeyspaceId>> EmbeddedStore::keyspaces(Unit& unit, DatabaseId database) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  std::vector<KeyspaceId> all = std::move(row->others);
  all.insert(all.begin(), row->current);
  return all;
}

Result<KeyspaceId> EmbeddedStore::add_keyspace(Unit& unit, DatabaseId database) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  KeyspaceId added{row->keyspace_next++};
  row->others.push_back(added);
  unit.put(database_key(database), encode(*row));
  return added;
}

Result<void> EmbeddedStore::make_current(Unit& unit, DatabaseId database, KeyspaceId keyspace) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  if (row->current == keyspace) return {};
  if (std::erase(row->others, keyspace) == 0) return no_keyspace(database, keyspace);
  discard(home_, unit, {database, row->current, std::nullopt});
  row->current = keyspace;
  unit.put(database_key(database), encode(*row));
  return {};
}

Result<void> EmbeddedStore::abandon(Unit& unit, DatabaseId database, KeyspaceId keyspace) {
  auto row = read_database(unit, database);
  if (!row) return row.error();
  if (std::erase(row->others, keyspace) == 0) return no_keyspace(database, keyspace);
  discard(home_, unit, {database, keyspace, std::nullopt});
  unit.put(database_key(database), encode(*row));
  return {};
}

Result<std::vector<std::string>> EmbeddedStore::keys(Unit& unit, const Place& place,
                                                     const std::optional<std::string>& after, std::size_t count_max) {
  auto keys = open(unit, place);
  if (!keys) return keys.error();
  std::optional<std::string> last = after;
  return keys->keys({}, last, count_max, [](std::string_view, const KeyRow&) { return true; });
}

Result<std::optional<std::string>> EmbeddedStore::dump(Unit& unit, const Place& place, std::string_view key) {
  auto keys = open(unit, place);
  if (!keys) return keys.error();
  auto row = keys->find(key);
  if (!row) return row.error();
  if (!*row) return std::optional<std::string>{};
  Type type = (*row)->type;
  if (type == Type::string) {
    return std::optional(std::string(1, static_cast<char>(Dumped::string)).append((*row)->content));
  }
  auto collection = Collection::open(*keys, key, type);
  if (!collection) return collection.error();
  std::string out(1, static_cast<char>(type == Type::set ? Dumped::set : Dumped::hash));
  auto done = collection->each([&](std::string_view member, std::string_view value) {
    append_packed(out, member, value);
    return Visit::more;
  });
  if (!done) return done.error();
  return std::optional(std::move(out));
}

Result<void> EmbeddedStore::load(Unit& unit, const Place& place, std::string_view key, std::string_view dumped) {
  auto keys = open(unit, place);
  if (!keys) return keys.error();
  auto before = keys->find(key);
  if (!before) return before.error();
  if (dumped.empty()) return not_a_dump();
  Unit::Mark mark = unit.mark();
  auto kind = static_cast<Dumped>(dumped.front());
  std::string_view content = dumped.substr(1);
  if (kind == Dumped::string) return keys->put(key, *before, {.type = Type::string, .content = content});
  if (kind != Dumped::set && kind != Dumped::hash) return not_a_dump();
  if (*before) {
    if (auto done = keys->erase(key, **before); !done) return done.error();
  }
  auto done = load_collection(*keys, key, kind == Dumped::set ? Type::set : Type::hash, content);
  if (!done) unit.rollback(mark);
  return done;
}

Async<Result<void>> EmbeddedStore::resume_reclaiming() {
  auto left = co_await run_command<std::vector<Unlinked>>(home_, [](Unit& unit) -> Result<std::vector<Unlinked>> {
    std::vector<Unlinked> all;
    auto done = unit.scan(unlinked_rows(), Direction::ascending, [&](std::string_view key, std::string_view) {
      if (auto unlinked = decode_unlinked_key(key)) all.push_back(*unlinked);
      return Visit::more;
    });
    if (!done) return done.error();
    return all;
  });
  if (!left) co_return left.error();
  for (const Unlinked& unlinked : *left) {
    for (KeyRange& range : remains(unlinked)) home_.reclaim(std::move(range));
  }
  co_return Result<void>();
}

}  // namespace millrace::store
