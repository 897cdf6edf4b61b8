// What the embedded store does with whole keyspaces, and with keys as bytes.

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "store/embedded/collection.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/packed.h"
#include "store/embedded/whole_keys.h"

namespace millrace::store {
namespace {

Error no_keyspace(DatabaseId database, KeyspaceId keyspace) {
  return {ErrorCode::not_found, fmt::format("database {} has no keyspace {}", database.number, keyspace.number)};
}

Error not_a_dump() {
  return {ErrorCode::corrupt, "these bytes are no dumped key"};
}

bool has(const DatabaseRow& row, KeyspaceId keyspace) {
  return row.current == keyspace || std::ranges::find(row.others, keyspace) != row.others.end();
}

bool is_collection(Type type) {
  return type == Type::set || type == Type::hash;
}

// All elements of a spread value as sized pairs; of a set or hash that is what a packed one has as its content.
Result<std::string> gather_elements(Keyspace& keys, const KeyRow& row) {
  std::string out;
  auto done = keys.each_element(row.generation, [&](std::string_view member, std::string_view value) {
    append_packed(out, member, value);
    return Visit::more;
  });
  if (!done) return done.error();
  return out;
}

// Writes the elements as rows; how many there are.
Result<std::uint64_t> scatter_elements(Keyspace& keys, Generation generation, std::string_view elements) {
  std::uint64_t count = 0;
  for (ByteReader in(elements); !in.at_end(); ++count) {
    std::string_view member = in.sized();
    std::string_view value = in.sized();
    if (!in.ok()) return not_a_dump();
    keys.put_element(generation, member, value);
  }
  return count;
}

// A set or a hash, small or large.
Result<void> load_collection(Keyspace& keys, std::string_view key, KeyRow row, std::string_view elements) {
  auto count = count_packed(elements);
  if (!count) return not_a_dump();
  if (*count <= packed_entries_max && elements.size() <= packed_bytes_max) {
    row.content = elements;
    return keys.put(key, std::nullopt, row);
  }
  auto generation = keys.take_generation();
  if (!generation) return generation.error();
  auto written = scatter_elements(keys, *generation, elements);
  if (!written) return written.error();
  row.spread = true;
  row.generation = *generation;
  row.elements = *written;
  return keys.put(key, std::nullopt, row);
}

Result<void> load_row(Keyspace& keys, std::string_view key, KeyRow row, std::string_view content,
                      std::string_view elements) {
  if (is_collection(row.type)) return load_collection(keys, key, row, elements);
  row.content = content;
  if (!row.spread) return keys.put(key, std::nullopt, row);
  auto generation = keys.take_generation();
  if (!generation) return generation.error();
  row.generation = *generation;
  auto written = scatter_elements(keys, *generation, elements);
  if (!written) return written.error();
  return keys.put(key, std::nullopt, row);
}

Result<void> renew_field_expiries(Keyspace& keys, std::string_view key) {
  auto row = keys.find(key);
  if (!row) return row.error();
  return *row ? renew_field_expiries(keys, key, **row) : Result<void>{};
}

}  // namespace

// The row of the database that was opened last, and the bytes that it was read from: each command opens one, mostly the
// same one with the same row.
struct EmbeddedStore::Opened {
  std::string bytes{};
  DatabaseRow row{};
};

EmbeddedStore::EmbeddedStore(Home& home, Clock clock)
    : home_(home), live_(std::move(clock)), opened_(std::make_unique<Opened>()) {}

EmbeddedStore::~EmbeddedStore() = default;

Result<Keyspace> EmbeddedStore::open(Unit& unit, Context& context, const Place& place) {
  auto bytes = unit.get(database_key(place.database));
  if (!bytes) return bytes.error();
  if (!*bytes || **bytes != opened_->bytes) {
    auto row = read_database(unit, place.database);
    if (!row) return row.error();
    *opened_ = {std::string(**bytes), std::move(*row)};
  }
  const DatabaseRow& row = opened_->row;
  KeyspaceId keyspace = place.keyspace.value_or(row.current);
  if (!has(row, keyspace)) return no_keyspace(place.database, keyspace);
  context.limits = row.properties.limits;
  return Keyspace(home_, unit, context, place.database, keyspace);
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
  Context context(live_, {});
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  std::optional<std::string> last = after;
  return keys->keys({}, last, count_max, [](std::string_view, const KeyRow&) { return true; });
}

Result<std::optional<std::string>> EmbeddedStore::dump(Unit& unit, const Place& place, std::string_view key) {
  Context context(live_, {});
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  auto row = keys->find(key);
  if (!row) return row.error();
  if (!*row) return std::optional<std::string>{};
  KeyRow canonical = **row;
  std::string content((*row)->content);
  std::string elements;
  if (canonical.spread) {
    auto gathered = gather_elements(*keys, canonical);
    if (!gathered) return gathered.error();
    elements = std::move(*gathered);
  }
  if (is_collection(canonical.type)) {
    if (!canonical.spread) elements.swap(content);
    content.clear();
    canonical.spread = false;
  }
  canonical.content = {};
  canonical.generation = canonical.spread ? 1 : 0;
  std::string head;
  encode(canonical, head);
  std::string out;
  append_sized(out, head);
  append_sized(out, content);
  return std::optional(std::move(out.append(elements)));
}

Result<void> EmbeddedStore::load(Unit& unit, const Place& place, std::string_view key, std::string_view dumped) {
  Context context(live_, {});
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  auto before = keys->find(key);
  if (!before) return before.error();
  ByteReader in(dumped);
  auto row = decode_key(in.sized());
  std::string_view content = in.sized();
  std::string_view elements = in.rest();
  if (!in.ok() || !row || !row->content.empty()) return not_a_dump();
  Unit::Mark mark = unit.mark();
  if (*before) {
    if (auto done = keys->erase(key, **before); !done) return done.error();
  }
  auto done = load_row(*keys, key, *row, content, elements);
  if (done) done = renew_field_expiries(*keys, key);
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
