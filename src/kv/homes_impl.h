#pragma once

// The inside of Homes, for kv alone: what its homes and units share. Confined to the reactor.

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kv/ceilings.h"
#include "kv/commit_queue.h"
#include "kv/home.h"
#include "kv/range_cache.h"
#include "kv/row_cache.h"
#include "kv/unit_writes.h"

namespace millrace::kv {

class StagedHome;

// What a unit works with; kept and used again by later units.
struct UnitState {
  UnitWrites writes{};
  std::string fetched{};  // a value too large for the cache
  std::vector<std::string> keys_missed{};
  std::vector<KeyRange> ranges_missed{};
  CommitQueue::Number batch_read = 0;  // the latest that wrote what was read
  bool scanned = false;

  bool missed() const { return !keys_missed.empty() || !ranges_missed.empty(); }
  void clear();
};

struct Homes::Impl {
  // The part that the sync thread touches.
  struct Flight : Syncer::Client {
    void sync_begins() override;
    void sync_done() override;

    std::atomic<CommitQueue::Number> written{0};
    std::atomic<bool> requested{false};  // and not begun
    CommitQueue::Number covered = 0;     // of the sync thread

    std::mutex mutex;
    Homes::Impl* homes = nullptr;  // guarded by the mutex above; nothing once the homes are gone
    std::function<void(std::function<void()>)> post{};
  };

  Impl(Engine& on, Syncer* with, HomesOptions chosen);
  ~Impl();

  std::unique_ptr<UnitState> take_state();
  void give_back(std::unique_ptr<UnitState> state);

  // The latest committed row. A view into a cache, or of `large`; not_in_memory only if `tier` says memory. Raises
  // `batch` to the one that wrote it.
  Result<Found> read(std::string_view key, std::uint32_t hash, ReadTier tier, std::string& large,
                     std::string_view& value, CommitQueue::Number& batch);
  Result<ScanEnd> scan(const KeyRange& range, Direction direction, ReadTier tier, const Unit::Visitor& visit);

  // Takes the writes into the pending batch. Returns the number of the batch to wait for.
  CommitQueue::Number stage(StagedHome& home, UnitState& unit);

  Result<void> write_pending();
  void fail_pending(const Error& error);
  void end_tick();
  void see_to_sync();
  bool alone();
  bool sync_here();
  void synced_up_to(CommitQueue::Number number);

  void look_for_ceiling(std::string_view key);

  void reclaim(KeyRange range);
  void start_reclaiming();

  Engine& engine;
  Syncer* const syncer;
  const HomesOptions options;
  const std::size_t cached_value_max;
  HomesStats stats{};

  RowCache rows;
  RangeCache ranges;
  Ceilings ceilings{};
  CommitQueue queue{};
  std::vector<std::unique_ptr<UnitState>> spare_states{};

  std::vector<RowCache::Row*> dirty{};       // the rows of the pending batch, pinned
  std::vector<Write> batch{};                // kept for its memory
  std::vector<StagedHome*> pending_homes{};  // that committed into the pending batch
  std::vector<KeyRange> reclaims_pending{};  // of what the pending batch unlinks
  std::vector<KeyRange> reclaims{};
  bool reclaiming = false;
  std::uint64_t failures = 0;  // of batches: a unit that saw one cannot commit what it read
  Error failure{};             // the last one

  std::uint64_t units_opened = 0;
  std::uint64_t units_at_sync = 0;
  std::uint64_t commits_at_sync = 0;
  int syncs_alone = 0;  // in a row, each of one commit, with no other unit since the one before

  std::shared_ptr<Flight> flight = std::make_shared<Flight>();
};

class StagedUnit : public Unit {
 public:
  StagedUnit(Homes::Impl& homes, ReadTier tier);
  ~StagedUnit() override;

  Result<std::optional<std::string_view>> get(std::string_view key) override;
  Result<void> scan(const KeyRange& range, Direction direction, const Visitor& visit) override;
  void put(std::string_view key, std::string_view value) override { state_->writes.put(key, value); }
  void erase(std::string_view key) override { state_->writes.erase(key); }
  Mark mark() const override { return state_->writes.mark(); }
  void rollback(Mark mark) override { state_->writes.rollback(mark); }
  void after_sync(std::function<void()> wake) override { state_->writes.wake(std::move(wake)); }

  UnitState& state() const { return *state_; }
  bool outdated() const { return failures_ != homes_.failures; }

 private:
  Homes::Impl& homes_;
  std::unique_ptr<UnitState> state_;
  const std::uint64_t failures_;
  const ReadTier tier_;
};

class StagedHome : public Home {
 public:
  explicit StagedHome(Homes::Impl& homes) : homes_(homes) {}
  ~StagedHome() override;

  std::unique_ptr<Unit> open() override;
  std::unique_ptr<Unit> open_blocking() override;
  Async<Result<void>> commit(std::unique_ptr<Unit> unit) override;
  Result<Receipt> commit_now(std::unique_ptr<Unit> unit) override;
  bool durable(const Receipt& receipt) const override { return receipt.batch <= homes_.queue.durable(); }
  Async<Result<void>> settled(Receipt receipt) override;
  Async<Result<void>> synced() override;
  Async<void> turn() override;
  bool missed(const Unit& unit) const override;
  Async<void> fetch(std::unique_ptr<Unit> unit) override;
  void reclaim(KeyRange range) override { homes_.reclaim(std::move(range)); }

  CommitQueue::Number committed_last = 0;  // the batch that holds this home's latest commit

 private:
  Homes::Impl& homes_;
};

}  // namespace millrace::kv
