#include "store/embedded/embedded_store.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "store/commands/command_table.h"
#include "store/embedded/keyspace.h"
#include "store/embedded/rows.h"

namespace millrace::store {
namespace {

bool is_database_name(std::string_view name) {
  constexpr std::size_t size_max = 255;
  return !name.empty() && name.size() <= size_max &&
         std::ranges::all_of(name, [](char c) { return c > 32 && c < 127; });
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

Result<Reply> run(Keyspace& keys, const Command& command) {
  Context& context = keys.context();
  ++context.live.counts.commands;
  if (!context.live.monitors.empty()) context.live.monitors.saw(keys.database(), context.caller, command);
  return apply(keys, command);
}

}  // namespace

EmbeddedStore::EmbeddedStore(Home& home, Clock clock) : home_(home), live_(std::move(clock)) {}

EmbeddedStore::~EmbeddedStore() = default;

Async<Result<DatabaseId>> EmbeddedStore::create_database(std::string name) {
  co_return co_await run_command<DatabaseId>(home_, [&](Unit& unit) { return stage_create_database(unit, name); });
}

Async<Result<DatabaseId>> EmbeddedStore::find_database(std::string name) {
  co_return co_await run_command<DatabaseId>(home_, [&](Unit& unit) { return find_database(unit, name); });
}

Async<Result<std::vector<Database>>> EmbeddedStore::databases() {
  co_return co_await run_command<std::vector<Database>>(home_, [](Unit& unit) -> Result<std::vector<Database>> {
    std::vector<Database> all;
    auto done = unit.scan(name_rows(), Direction::ascending, [&](std::string_view key, std::string_view value) {
      all.push_back({decode_id(value).value_or(DatabaseId{}), std::string(name_of_key(key))});
      return Visit::more;
    });
    if (!done) return done.error();
    return all;
  });
}

Async<Result<std::vector<Reply>>> EmbeddedStore::execute(DatabaseId database, std::vector<Command> commands) {
  co_return co_await run_command<std::vector<Reply>>(home_,
                                                     [&](Unit& unit) { return stage(unit, database, commands); });
}

Async<Result<std::vector<Reply>>> EmbeddedStore::execute(DatabaseId database, std::vector<Command> commands,
                                                         Caller caller) {
  co_return co_await run_command<std::vector<Reply>>(home_, [&](Unit& unit) {
    Context context(live_, caller);
    return stage(unit, context, database, commands);
  });
}

Result<DatabaseId> EmbeddedStore::stage_create_database(Unit& unit, std::string_view name) {
  if (!is_database_name(name)) {
    return Error{ErrorCode::invalid, fmt::format("'{}' cannot name a database: 1 to 255 printable characters", name)};
  }
  auto taken = look_up(unit, name);
  if (!taken) return taken.error();
  if (*taken) return Error{ErrorCode::conflict, fmt::format("there is a database '{}' already", name)};
  auto id = take_number(unit);
  if (!id) return id.error();
  unit.put(name_key(name), encode_id(*id));
  unit.put(database_key(*id), encode(DatabaseRow{}));
  return *id;
}

Result<DatabaseId> EmbeddedStore::find_database(Unit& unit, std::string_view name) {
  auto id = look_up(unit, name);
  if (!id) return id.error();
  if (!*id) return Error{ErrorCode::not_found, fmt::format("there is no database '{}'", name)};
  return **id;
}

Result<std::vector<Reply>> EmbeddedStore::stage(Unit& unit, const Place& place, std::span<const Command> commands) {
  Context context(live_, {});
  return stage(unit, context, place, commands);
}

Result<Reply> EmbeddedStore::stage(Unit& unit, const Place& place, const Command& command) {
  Context context(live_, {});
  return stage(unit, context, place, command);
}

Result<std::vector<Reply>> EmbeddedStore::stage(Unit& unit, Context& context, const Place& place,
                                                std::span<const Command> commands) {
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  context.in_transaction = true;
  Unit::Mark before = unit.mark();
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  for (const Command& command : commands) {
    auto reply = run(*keys, command);
    if (!reply) {
      unit.rollback(before);
      return reply.error();
    }
    replies.push_back(std::move(*reply));
  }
  return replies;
}

Result<Reply> EmbeddedStore::stage(Unit& unit, Context& context, const Place& place, const Command& command) {
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  Unit::Mark before = unit.mark();
  auto reply = run(*keys, command);
  if (!reply) unit.rollback(before);
  return reply;
}

}  // namespace millrace::store
