#pragma once

// The keys of one keyspace in one unit. Keeps nothing but where it looks, so that a unit can go back to a mark at any
// time. What commands are written with, beside collection.h.
//
// Errors: `invalid` carries the text that the command answers, as Redis words it; anything else ends the transaction.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/context.h"
#include "store/embedded/rows.h"

namespace millrace::store {

class Keyspace {
 public:
  Keyspace(Home& home, Unit& unit, Context& context, DatabaseId database, KeyspaceId id)
      : home_(home),
        unit_(unit),
        context_(context),
        database_(database),
        id_(id),
        keys_prefix_(keys_prefix(database, id)) {}

  // What stands at `key`; its content is valid until the next call on this keyspace. A key whose time is over is not
  // there; a command that may write deletes it on the way.
  Result<std::optional<KeyRow>> find(std::string_view key);

  // The same, but a key of another type is an error.
  Result<std::optional<KeyRow>> find(std::string_view key, Type type);

  // Writes the row of `key`, which was `before`, with the time of expiry that `row` has: to keep the old one, copy it.
  // The elements that `before` had are unlinked unless `row` has them too.
  Result<void> put(std::string_view key, const std::optional<KeyRow>& before, const KeyRow& row);
  Result<void> erase(std::string_view key, const KeyRow& before);

  // As `erase`, but the elements stay, for another key that will name their generation.
  Result<void> detach(std::string_view key, const KeyRow& before);

  // The value of an element of a spread collection.
  Result<std::optional<std::string_view>> find_element(Generation generation, std::string_view member);
  void put_element(Generation generation, std::string_view member, std::string_view value);
  void erase_element(Generation generation, std::string_view member);
  using Visitor = std::function<Visit(std::string_view member, std::string_view value)>;
  Result<void> each_element(Generation generation, const Visitor& visit);

  // The same for the elements in `range`, whose bounds are members (an empty end: to the last one).
  Result<void> scan_elements(Generation generation, const KeyRange& range, Direction direction, const Visitor& visit);

  // Has the field of a hash expire: the time is found again by it. A field that got another time, or none, needs no
  // call: what `expire_field` wrote then means nothing.
  void expire_field(std::string_view key, std::string_view field, std::int64_t at);

  // Tells clients that watch the key or wait for it that it was written. `put` and `erase` do it by themselves: only
  // for who writes elements alone. `type` is what stands there now.
  void was_written(std::string_view key, std::optional<Type> type);

  // Tells clients that asked for keyspace notifications, once the unit is durable. `letter` is the class of the event
  // (live/notifications.h), `event` its name as Redis words it.
  void notify(char letter, std::string_view event, std::string_view key);

  // Publishes once the unit is durable.
  void publish(std::string channel, std::string payload);

  Result<Generation> take_generation();
  Result<std::uint64_t> size();

  // The bytes of all its keys and elements, where they are counted: in a database with a limit. `settle` keeps what the
  // commands since have added and taken away; it is called once, behind the last of them.
  Result<std::optional<std::uint64_t>> bytes();
  Result<void> settle();

  // Counts all rows anew, and from now on. Takes as long as reading them.
  Result<void> begin_counting();

  // Up to `count_max` keys with `prefix` after `after`, in the order of their bytes, whose row `wanted` accepts.
  // `count_max` counts those visited, `last` becomes the last one of them, or nothing once all were.
  using Wanted = std::function<bool(std::string_view key, const KeyRow& row)>;
  Result<std::vector<std::string>> keys(std::string_view prefix, std::optional<std::string>& last,
                                        std::size_t count_max, const Wanted& wanted);

  // Empties it at once: its database goes on in a new keyspace, as does this object. Only the current one can.
  Result<void> flush();

  Context& context() { return context_; }
  Unit& unit() { return unit_; }
  std::int64_t now() const { return context_.now; }
  DatabaseId database() const { return database_; }
  KeyspaceId id() const { return id_; }

 private:
  std::string row_key(std::string_view key) const;
  std::optional<KeyRow> found_none(std::string_view key);
  Result<KeyspaceRow> row();
  Result<void> count_keys(int change);
  void put_row(std::string_view row_key, std::string_view value);
  void erase_row(std::string_view row_key);
  void weigh(std::string_view row_key, std::size_t size_after);
  Result<std::uint64_t> weigh_all(const KeyRange& range);
  Result<void> unlink(const KeyRow& before);
  void move_expiry(std::string_view key, std::int64_t before, std::int64_t after);

  Home& home_;
  Unit& unit_;
  Context& context_;
  DatabaseId database_;
  KeyspaceId id_;
  std::string keys_prefix_;
  std::string scratch_{};
  std::int64_t bytes_change_ = 0;
};

// Marks it in `unit` as unlinked, and has it reclaimed once the unit is durable.
void discard(Home& home, Unit& unit, const Unlinked& unlinked);

Result<DatabaseRow> read_database(Unit& unit, DatabaseId database);  // not_found

Error wrong_type();

}  // namespace millrace::store
