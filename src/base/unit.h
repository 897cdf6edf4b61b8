#pragma once

// Home and Unit: how one command becomes one atomic batch. Every embedded engine (log, store) stages its reads and
// writes into the unit of the command that calls it; only kv implements these classes.
//
// A home is what is written together: a database and the topics projected into it, or a topic of its own. One reactor
// owns it; all of this is confined to that reactor and nothing in it waits, but for `Home::commit` and `Home::synced`.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/async.h"
#include "base/result.h"

namespace millrace {

// All keys k with begin <= k < end, compared as bytes.
struct KeyRange {
  std::string begin{};
  std::string end{};  // empty: to the last key
};

// The range of all keys that start with `prefix`.
KeyRange prefix_range(std::string_view prefix);

enum class Direction { ascending, descending };
enum class Visit { more, stop };

// The reads and writes of one command. A read sees the unit's own writes, then what earlier units committed, synced or
// not. A unit that is destroyed without commit leaves nothing.
class Unit {
 public:
  using Visitor = std::function<Visit(std::string_view key, std::string_view value)>;
  using Mark = std::uint32_t;

  virtual ~Unit() = default;

  // The value of `key`, or nothing. The view is valid until the next call on this unit. Fails with `corrupt` when the
  // row cannot be trusted, and with `unavailable` when it must first be fetched: see Home::missed.
  virtual Result<std::optional<std::string_view>> get(std::string_view key) = 0;

  // Visits the rows of `range` in order until the visitor says stop. The views are valid during the visit; the visitor
  // must not call the unit.
  virtual Result<void> scan(const KeyRange& range, Direction direction, const Visitor& visit) = 0;

  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;

  // Where the unit's writes stand now; rollback undoes every write (and after_sync) since. For a transaction whose
  // failing command must leave nothing while the others stay.
  virtual Mark mark() const = 0;
  virtual void rollback(Mark mark) = 0;

  // Calls `wake` on the reactor once the unit's writes are durable: wake-ups of followers, published messages.
  virtual void after_sync(std::function<void()> wake) = 0;
};

class Home {
 public:
  virtual ~Home() = default;

  virtual std::unique_ptr<Unit> open() = 0;

  // Makes the unit's writes one atomic batch, visible to units opened from now on, and returns when they are durable
  // at the level the process runs with. A unit without writes waits for what it read. Fails with `unavailable` when
  // the batch could not be written (full disk): nothing of it is visible then.
  virtual Async<Result<void>> commit(std::unique_ptr<Unit> unit) = 0;

  // What `commit_now` answers: equal ones stand for the same batch.
  struct Receipt {
    std::uint64_t batch = 0;
    std::uint64_t failures = 0;  // of batches before: one that failed leaves its number to the next

    bool operator==(const Receipt&) const = default;
  };

  // `commit` for who goes on with other things and holds back what it has to say: the batch has the unit's writes when
  // it returns. They are durable when `durable` says so or `settled` returns, which fails as `commit` does; it must be
  // called before the reactor's tick ends.
  virtual Result<Receipt> commit_now(std::unique_ptr<Unit> unit) = 0;
  virtual bool durable(const Receipt& receipt) const = 0;
  virtual Async<Result<void>> settled(Receipt receipt) = 0;

  // Returns when everything this home has committed so far is durable: what a reply that only read must wait for.
  virtual Async<Result<void>> synced() = 0;

  // Whether a read of `unit` failed because the row was not in memory; fetches what it missed in the background and
  // returns. The caller drops the unit and runs the command again. From the third attempt on (`attempt` counts from 1)
  // units opened with that attempt read from disk themselves and never ask for this.
  virtual bool missed(const Unit& unit) const = 0;
  virtual Async<void> fetch(std::unique_ptr<Unit> unit) = 0;
  virtual std::unique_ptr<Unit> open_blocking() = 0;

  // Returns when the others that wait for the reactor have had their turn: for long work in many units.
  virtual Async<void> turn() = 0;

  // Deletes rows that nobody can reach any more, in the background. Not ordered with units: for the remains of what a
  // committed unit has already unlinked.
  virtual void reclaim(KeyRange range) = 0;
};

// Runs `command` (Unit& -> Result<T>) in a unit of `home` and commits it: the whole way of a command, misses included.
// A result without value drops the unit. `command` may run up to three times and must not keep state between runs.
template <class T, class Command>
Async<Result<T>> run_command(Home& home, Command command) {
  constexpr int attempts_max = 3;  // the third reads from disk on the reactor rather than starve
  for (int attempt = 1;; ++attempt) {
    auto unit = attempt < attempts_max ? home.open() : home.open_blocking();
    Result<T> answer = command(*unit);
    if (home.missed(*unit)) {
      co_await home.fetch(std::move(unit));
      continue;
    }
    if (!answer) co_return answer;
    if (auto done = co_await home.commit(std::move(unit)); !done) co_return done.error();
    co_return answer;
  }
}

}  // namespace millrace
