#pragma once

// What is loaded of scripts and functions, in memory only: an interpreter for each database that runs them. A database
// that has not run any for long loses its own, and with it its cached scripts, as a restart would. Confined to the
// reactor.

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/rows.h"
#include "store/live/live_state.h"
#include "store/scripting/interpreter.h"

namespace millrace::store {

// A script that has run for so long that others have a turn meanwhile; those of its database are refused.
struct SlowScript {
  DatabaseId database{};
  std::string name{};  // the function's, or the script's digest
  bool is_function = false;
  Command command{};
  std::chrono::steady_clock::time_point began{};
  bool has_written = false;
  bool killed = false;  // SCRIPT KILL, FUNCTION KILL
};

// The scripts and functions of one database.
class DatabaseScripts {
 public:
  Interpreter& interpreter() { return interpreter_; }
  const Interpreter& interpreter() const { return interpreter_; }

  struct Function {
    const Library* library = nullptr;
    const LibraryFunction* function = nullptr;
  };

  // Loads what `unit` has and this does not, and drops what it does not have: to be called before functions are asked
  // for, since a unit may have been dropped after it loaded some.
  Result<void> sync(Unit& unit, DatabaseId database);

  // `name` in any case; no function when there is none.
  Function find(std::string_view name) const;
  const std::map<std::string, std::unique_ptr<Library>, std::less<>>& libraries() const { return libraries_; }
  std::size_t function_count() const { return functions_.size(); }

  // Writes the library and keeps it loaded. It must be of `code`. Fails with `invalid` when one of its functions is
  // another library's.
  Result<void> add(Unit& unit, DatabaseId database, std::unique_ptr<Library> library, std::string_view code);

 private:
  Result<void> load_missing(Unit& unit, DatabaseId database, const std::vector<LibraryEntry>& entries);
  void index_functions();

  Interpreter interpreter_{};  // outlives the libraries
  std::map<std::string, std::unique_ptr<Library>, std::less<>> libraries_{};
  std::map<std::string, Function, std::less<>> functions_{};  // by their names in lower case
  std::vector<LibraryEntry> loaded_{};
};

class LoadedScripts final : public ScriptingState {
 public:
  static LoadedScripts& of(LiveState& live);
  static bool any_slow(const LiveState& live) {
    return live.scripting != nullptr && !static_cast<const LoadedScripts&>(*live.scripting).slow_.empty();
  }

  // What gives others a turn: runs their commands and returns. Until it is set there are no slow scripts.
  void set_turn(std::function<void()> turn) { turn_ = std::move(turn); }
  const std::function<void()>& turn() const { return turn_; }

  // There is at most one of a database.
  SlowScript* slow(DatabaseId database) const;
  std::size_t slow_count() const { return slow_.size(); }
  void add_slow(SlowScript& script) { slow_.push_back(&script); }
  void remove_slow(const SlowScript& script) { std::erase(slow_, &script); }

  DatabaseScripts& scripts(DatabaseId database);
  // Of one database: how many scripts are cached, and the bytes that its interpreter holds.
  std::size_t cached_scripts(DatabaseId database) const;
  std::size_t memory(DatabaseId database) const;

 private:
  struct Entry {
    DatabaseId database{};
    std::unique_ptr<DatabaseScripts> scripts{};
  };

  const DatabaseScripts* find(DatabaseId database) const;
  std::size_t memory() const;

  std::list<Entry> by_use_{};  // the latest first
  std::function<void()> turn_{};
  std::vector<SlowScript*> slow_{};
};

}  // namespace millrace::store
