#pragma once

// The store in the kv engine. Everything stands in rows (docs/formats/store.md) that it reads and writes through the
// unit of the command, so that a dropped unit or a failed write leaves nothing behind. In memory it keeps only what a
// restart may forget: live/live_state.h.
//
// The keys of a database lie in a keyspace, one of which is current. Another can be filled beside it and then take its
// place by one row of one batch: so a projection is rebuilt while the old one serves.
//
// Confined to the reactor that owns `home`; serves the databases that live in that home. It must outlive everything
// staged into the home's units.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/unit.h"
#include "store/embedded/context.h"
#include "store/embedded/keyspace_id.h"
#include "store/store.h"

namespace millrace::store {

class Keyspace;

// Where commands run: a database, in its current keyspace unless another is named.
struct Expiry;

struct Place {
  DatabaseId database{};
  std::optional<KeyspaceId> keyspace{};

  Place(DatabaseId in) : database(in) {}  // NOLINT(google-explicit-constructor): a database is a place
  Place(DatabaseId in, KeyspaceId at) : database(in), keyspace(at) {}
};

struct DatabaseSize {
  std::uint64_t keys = 0;
  std::optional<std::uint64_t> bytes{};  // where they are counted: with a limit
};

class EmbeddedStore final : public Store {
 public:
  explicit EmbeddedStore(Home& home, Clock clock = system_now);
  ~EmbeddedStore() override;

  Async<Result<DatabaseId>> create_database(std::string name) override;
  Async<Result<DatabaseId>> find_database(std::string name) override;
  Async<Result<std::vector<Database>>> databases() override;
  Async<Result<std::vector<Reply>>> execute(DatabaseId database, std::vector<Command> commands) override;

  // The same, on behalf of `caller`.
  Async<Result<std::vector<Reply>>> execute(DatabaseId database, std::vector<Command> commands, Caller caller);

  LiveState& live() { return live_; }
  Home& home() { return home_; }

  // The calls of the seam, at once and in a unit: they see its writes and leave with it. After an error the unit holds
  // none of this call's writes.
  Result<DatabaseId> stage_create_database(Unit& unit, std::string_view name,
                                           const DatabaseProperties& properties = {});
  Result<DatabaseId> find_database(Unit& unit, std::string_view name);
  Result<std::vector<Reply>> stage(Unit& unit, const Place& place, std::span<const Command> commands);
  Result<Reply> stage(Unit& unit, const Place& place, const Command& command);

  // With what it runs given: for doors, which know their caller and ask afterwards whether it blocks. Several commands
  // are one transaction and see one time.
  Result<std::vector<Reply>> stage(Unit& unit, Context& context, const Place& place, std::span<const Command> commands);
  Result<Reply> stage(Unit& unit, Context& context, const Place& place, const Command& command);

  // Databases. A new one takes its time of creation from the clock. Deleting unlinks everything, at once however large;
  // who still uses it is told `not_found`. A limit on bytes has all rows read once, to count them. By names:
  // `not_found`; a new name as create_database says.
  Result<std::vector<Database>> databases(Unit& unit);
  Result<DatabaseProperties> properties(Unit& unit, DatabaseId database);
  Result<void> set_properties(Unit& unit, DatabaseId database, const DatabaseProperties& properties);
  Result<void> rename_database(Unit& unit, std::string_view name, std::string_view name_new);
  Result<void> delete_database(Unit& unit, std::string_view name);
  Result<DatabaseSize> size(Unit& unit, DatabaseId database);

  // Keyspaces. A new one is empty. `make_current` unlinks the old one, `abandon` one that is not current; what they
  // unlink is reclaimed in the background, also after a crash.
  Result<KeyspaceId> current_keyspace(Unit& unit, DatabaseId database);
  Result<std::vector<KeyspaceId>> keyspaces(Unit& unit, DatabaseId database);  // the current one first
  Result<KeyspaceId> add_keyspace(Unit& unit, DatabaseId database);
  Result<void> make_current(Unit& unit, DatabaseId database, KeyspaceId keyspace);
  Result<void> abandon(Unit& unit, DatabaseId database, KeyspaceId keyspace);

  // Up to `count_max` keys after `after` (absent: from the first), in the order of their bytes.
  Result<std::vector<std::string>> keys(Unit& unit, const Place& place, const std::optional<std::string>& after,
                                        std::size_t count_max);

  // A key with its type, time of expiry and content as bytes; those of a string, set, hash or JSON document are equal
  // exactly when all of it is, wherever and however it came to be. Nothing when there is no such key. `load` writes
  // such bytes as `key`, replacing what is there; `corrupt` when they are not of `dump`.
  Result<std::optional<std::string>> dump(Unit& unit, const Place& place, std::string_view key);
  Result<void> load(Unit& unit, const Place& place, std::string_view key, std::string_view dumped);

  // Deletes keys and fields whose time is over, up to a bound; whether there may be more of them now. To be called
  // every 100 ms or so: cheap when nothing is due.
  Async<Result<bool>> expire_due();

  // Goes on reclaiming what an earlier process had unlinked. Called once at start.
  Async<Result<void>> resume_reclaiming();

 private:
  Result<Keyspace> open(Unit& unit, Context& context, const Place& place);
  Result<bool> stage_expiry(Unit& unit);
  Result<void> expire(Unit& unit, Context& context, const Expiry& expiry);

  struct Opened;

  Home& home_;
  LiveState live_;
  std::unique_ptr<Opened> opened_;
};

}  // namespace millrace::store
