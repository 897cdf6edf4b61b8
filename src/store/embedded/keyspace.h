#pragma once

// The keys of one keyspace in one unit. Keeps nothing but where it looks, so that a unit can go back to a mark at any
// time. What commands are written with, beside collection.h.
//
// Errors: `invalid` carries the text that the command answers, as Redis words it; anything else ends the transaction.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/rows.h"

namespace millrace::store {

class Keyspace {
 public:
  Keyspace(Home& home, Unit& unit, DatabaseId database, KeyspaceId id)
      : home_(home), unit_(unit), database_(database), id_(id), keys_prefix_(keys_prefix(database, id)) {}

  // What stands at `key`; its content is valid until the next call on this keyspace.
  Result<std::optional<KeyRow>> find(std::string_view key);

  // The same, but a key of another type is an error.
  Result<std::optional<KeyRow>> find(std::string_view key, Type type);

  // Writes the row of `key`, which was `before`. The elements that `before` had are unlinked unless `row` has them too.
  Result<void> put(std::string_view key, const std::optional<KeyRow>& before, const KeyRow& row);
  Result<void> erase(std::string_view key, const KeyRow& before);

  // The value of an element of a spread collection.
  Result<std::optional<std::string_view>> find_element(Generation generation, std::string_view member);
  void put_element(Generation generation, std::string_view member, std::string_view value);
  void erase_element(Generation generation, std::string_view member);
  using Visitor = std::function<Visit(std::string_view member, std::string_view value)>;
  Result<void> each_element(Generation generation, const Visitor& visit);

  Result<Generation> take_generation();
  Result<std::uint64_t> size();

  // Up to `count_max` keys with `prefix` after `after`, in the order of their bytes, whose row `wanted` accepts.
  // `count_max` counts those visited, `last` becomes the last one of them, or nothing once all were.
  using Wanted = std::function<bool(std::string_view key, const KeyRow& row)>;
  Result<std::vector<std::string>> keys(std::string_view prefix, std::optional<std::string>& last,
                                        std::size_t count_max, const Wanted& wanted);

  // Empties it at once: its database goes on in a new keyspace, as does this object. Only the current one can.
  Result<void> flush();

  DatabaseId database() const { return database_; }
  KeyspaceId id() const { return id_; }

 private:
  std::string row_key(std::string_view key) const;
  Result<KeyspaceRow> row();
  Result<void> count_keys(int change);
  void unlink(const KeyRow& before);

  Home& home_;
  Unit& unit_;
  DatabaseId database_;
  KeyspaceId id_;
  std::string keys_prefix_;
  std::string scratch_{};
};

// Marks it in `unit` as unlinked, and has it reclaimed once the unit is durable.
void discard(Home& home, Unit& unit, const Unlinked& unlinked);

Result<DatabaseRow> read_database(Unit& unit, DatabaseId database);  // not_found

Error wrong_type();

}  // namespace millrace::store
