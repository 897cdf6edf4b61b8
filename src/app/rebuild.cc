#include "app/rebuild.h"

#include <algorithm>
#include <iterator>
#include <memory>

namespace millrace::app {
namespace {

using store::KeyspaceId;
using store::Place;

// 250 records are about 3 ms of the reactor: others do not notice.
constexpr eventlog::ReadLimits slice_limits{.records_max = 250, .bytes_max = 1 << 20};
// Slices whose sync is still under way. Nothing counts before the switch, which waits for all of them; but what waits
// is held in memory.
constexpr int slices_unsynced_max = 64;
constexpr std::size_t keys_of_slice = 2000;

class Rebuild {
 public:
  Rebuild(InlineRunner& runner, KeyspaceId keyspace, Company company)
      : runner_(runner),
        company_(company),
        model_(runner.model()),
        current_(runner.database()),
        fresh_(runner.database(), keyspace),
        projector_(model_, runner.log(), runner.store(), fresh_, [this](const Projected& projected) {
          if (projected.change == nullptr) ++report_.skipped;
        }) {}

  Async<Result<RebuildReport>> run(RebuildObserver observer) {
    if (auto counted = co_await count_events(); !counted) co_return counted.error();
    for (const std::string& topic : model_->topics) {
      if (auto done = co_await project(topic, observer); !done) co_return done.error();
    }
    if (auto found = co_await find_foreign_keys(); !found) co_return found.error();
    if (auto done = co_await finish(); !done) co_return done.error();
    report_.keys_carried = foreign_.size();
    co_return report_;
  }

 private:
  Async<Result<void>> count_events() {
    for (const std::string& topic : model_->topics) {
      auto bounds = co_await runner_.log().bounds(topic, 0);
      if (!bounds) co_return bounds.error();
      events_total_ += bounds->next - bounds->first;
    }
    co_return Result<void>{};
  }

  // Slices follow each other without waiting for their syncs. After each one others have their turn.
  Async<Result<void>> project(std::string topic, RebuildObserver observer) {
    Result<void> outcome{};
    for (bool more = true; more && outcome;) {
      auto slice = co_await stage_slice(topic);
      if (!slice) outcome = slice.error();
      if (!slice) break;
      more = slice->events > 0;
      report_.events += slice->events;
      ++unsynced_;
      start(runner_.home().commit(std::move(slice->unit)), [this](Result<void> synced) {
        --unsynced_;
        if (!synced) failure_ = synced;
      });
      if (observer) co_await observer({report_.events, std::max(report_.events, events_total_)});
      if (unsynced_ < slices_unsynced_max) {
        co_await runner_.home().turn();
      } else {
        outcome = co_await runner_.home().synced();
      }
      if (!failure_) outcome = failure_;
    }
    auto synced = co_await runner_.home().synced();
    while (unsynced_ > 0) co_await runner_.home().turn();
    if (!failure_) outcome = failure_;
    co_return outcome ? synced : outcome;
  }

  struct Slice {
    std::unique_ptr<Unit> unit{};
    std::uint64_t events = 0;
  };

  Async<Result<Slice>> stage_slice(std::string topic) {
    constexpr int attempts_max = 3;  // as run_command does
    for (int attempt = company_ == Company::none ? attempts_max : 1;; ++attempt) {
      Home& home = runner_.home();
      Slice slice{.unit = attempt < attempts_max ? home.open() : home.open_blocking()};
      auto bounds = runner_.log().bounds(*slice.unit, topic, 0);
      auto count = bounds ? projector_.project_some(*slice.unit, topic, bounds->next, slice_limits)
                          : Result<std::uint64_t>(bounds.error());
      if (home.missed(*slice.unit)) {
        co_await home.fetch(std::move(slice.unit));
        continue;
      }
      if (!count) co_return count.error();
      slice.events = *count;
      co_return slice;
    }
  }

  // --- Keys that are not the projection's ---

  using Keys = std::vector<std::string>;

  // Of the keys of the current keyspace those that the fresh one lacks and no removed entity explains.
  Async<Result<void>> find_foreign_keys() {
    std::optional<std::string> after;
    while (true) {
      Keys found;
      auto keys = co_await run_command<Keys>(runner_.home(), [&](Unit& unit) {
        found.clear();
        return keys_and_foreign(unit, after, found);
      });
      if (!keys) co_return keys.error();
      foreign_.insert(foreign_.end(), found.begin(), found.end());
      if (keys->size() < keys_of_slice) co_return Result<void>{};
      after = keys->back();
    }
  }

  Result<Keys> keys_and_foreign(Unit& unit, const std::optional<std::string>& after, Keys& foreign) {
    auto keys = runner_.store().keys(unit, current_, after, keys_of_slice);
    if (!keys || keys->empty()) return keys;
    auto rebuilt = rebuilt_keys(unit, after, keys->back());
    if (!rebuilt) return rebuilt;
    Keys lacking;
    std::ranges::set_difference(*keys, *rebuilt, std::back_inserter(lacking));
    for (std::string& key : lacking) {
      auto own = belongs_to_projection(unit, key);
      if (!own) return own.error();
      if (!*own) foreign.push_back(std::move(key));
    }
    return keys;
  }

  // The keys of the fresh keyspace behind `after`, at least up to `last`.
  Result<Keys> rebuilt_keys(Unit& unit, std::optional<std::string> after, const std::string& last) {
    Keys all;
    while (true) {
      auto some = runner_.store().keys(unit, fresh_, after, keys_of_slice);
      if (!some) return some;
      all.insert(all.end(), some->begin(), some->end());
      if (some->size() < keys_of_slice || all.back() >= last) return all;
      after = all.back();
    }
  }

  Result<bool> belongs_to_projection(Unit& unit, const std::string& key) {
    if (key == "lastOffset" || key.starts_with("lastOffset:")) return true;
    for (const auto& entity : model_->entities) {
      if (key == entity->set) return true;
      auto id = entity->key.id(key);
      if (!id) continue;
      auto member = runner_.store().stage(unit, current_, store::Command{"SISMEMBER", entity->set, std::string(*id)});
      if (!member) return member.error();
      if (member->integer == 1) return true;
    }
    return false;
  }

  // --- The switch ---

  // What has come since the last slice, the foreign keys as they are now, and the switch: one batch.
  Async<Result<void>> finish() {
    auto done = co_await run_command<bool>(runner_.home(), [&](Unit& unit) -> Result<bool> {
      for (const std::string& topic : model_->topics) {
        if (auto caught_up = projector_.project_all(unit, topic, slice_limits); !caught_up) return caught_up.error();
      }
      for (const std::string& key : foreign_) {
        auto bytes = runner_.store().dump(unit, current_, key);
        if (!bytes) return bytes.error();
        if (!*bytes) continue;  // gone since it was found
        if (auto loaded = runner_.store().load(unit, fresh_, key, **bytes); !loaded) return loaded.error();
      }
      auto switched = runner_.store().make_current(unit, runner_.database(), *fresh_.keyspace);
      if (!switched) return switched.error();
      return true;
    });
    if (!done) co_return done.error();
    co_return Result<void>{};
  }

  InlineRunner& runner_;
  Company company_;
  ModelPointer model_;
  Place current_;
  Place fresh_;
  RebuildReport report_{};
  std::uint64_t events_total_ = 0;
  int unsynced_ = 0;
  Result<void> failure_{};
  std::vector<std::string> foreign_{};
  Projector projector_;
};

}  // namespace

Async<Result<RebuildReport>> rebuild(InlineRunner& runner, RebuildObserver observer, Company company) {
  auto keyspace = co_await run_command<KeyspaceId>(
      runner.home(), [&](Unit& unit) { return runner.store().add_keyspace(unit, runner.database()); });
  if (!keyspace) co_return keyspace.error();
  Rebuild work(runner, *keyspace, company);
  auto report = co_await work.run(std::move(observer));
  if (!report) {
    co_await run_command<bool>(runner.home(), [&](Unit& unit) -> Result<bool> {
      auto dropped = runner.store().abandon(unit, runner.database(), *keyspace);
      if (!dropped) return dropped.error();
      return true;
    });
  }
  co_return report;
}

}  // namespace millrace::app
