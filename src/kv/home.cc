#include "kv/home.h"

#include <algorithm>

#include "kv/homes_impl.h"
#include "kv/key.h"

namespace millrace::kv {

Homes::Homes(Engine& engine, Syncer* syncer, HomesOptions options)
    : impl_(std::make_unique<Impl>(engine, syncer, std::move(options))) {}
Homes::~Homes() = default;

std::unique_ptr<Home> Homes::make_home() {
  return std::make_unique<StagedHome>(*impl_);
}
void Homes::end_tick() {
  impl_->end_tick();
}
bool Homes::idle() const {
  return impl_->dirty.empty() && impl_->queue.idle();
}

HomesStats Homes::stats() const {
  HomesStats stats = impl_->stats;
  stats.row_cache_bytes = impl_->rows.bytes();
  stats.range_cache_bytes = impl_->ranges.bytes();
  return stats;
}

Homes::Impl::Impl(Engine& on, Syncer* with, HomesOptions chosen)
    : engine(on),
      syncer(with),
      options(std::move(chosen)),
      cached_value_max(options.row_cache_bytes / 16),
      rows(options.row_cache_bytes),
      ranges(options.range_cache_bytes) {
  flight->homes = this;
  flight->post = options.post;
}

Homes::Impl::~Impl() {
  std::lock_guard lock(flight->mutex);
  flight->homes = nullptr;
}

CommitQueue::Number Homes::Impl::stage(StagedHome& home, UnitState& unit) {
  using Kind = UnitWrites::Operation::Kind;
  const bool wrote = !unit.writes.empty();
  if (wrote) {
    ++stats.commits;
    if (home.committed_last != queue.pending() || pending_homes.empty()) pending_homes.push_back(&home);
    home.committed_last = queue.pending();
  }
  for (const auto& operation : unit.writes.operations()) {
    if (operation.kind == Kind::wake) continue;
    std::optional<std::string_view> value;
    if (operation.kind == Kind::put) value = operation.value;
    auto& row = rows.set(operation.key, operation.hash, value);
    row.batch = queue.pending();
    if (!row.pinned) {
      rows.pin(row);
      dirty.push_back(&row);
    }
    ranges.set(operation.key, value);
    if (value) ceilings.raise(operation.key);
  }
  auto wakes = unit.writes.take_wakes();
  const bool waits_for_all = wrote || !wakes.empty() || unit.scanned;
  for (auto& wake : wakes) queue.call_after(home.committed_last, std::move(wake));
  return waits_for_all ? home.committed_last : unit.batch_read;
}

Result<void> Homes::Impl::write_pending() {
  if (dirty.empty()) return {};
  // In key order, neighbours go to the same place of the engine's memory, which finds it by the one before.
  std::ranges::sort(dirty, {}, [](const RowCache::Row* row) { return row->key(); });
  batch.clear();
  for (const RowCache::Row* row : dirty) {
    batch.push_back({row->key(), row->exists ? std::optional<std::string_view>(row->value) : std::nullopt});
  }
  if (auto done = engine.write(batch); !done) {
    fail_pending(done.error());
    return done;
  }
  for (RowCache::Row* row : dirty) rows.unpin(*row);
  ++stats.batches;
  stats.rows_written += dirty.size();
  dirty.clear();
  pending_homes.clear();
  queue.pending_was_written();
  std::move(reclaims_pending.begin(), reclaims_pending.end(), std::back_inserter(reclaims));
  reclaims_pending.clear();
  rows.trim();
  return {};
}

void Homes::Impl::fail_pending(const Error& error) {
  ++failures;
  failure = error;
  ++stats.batches_failed;
  for (RowCache::Row* row : dirty) {
    ranges.drop(row->key());
    rows.erase(*row);
  }
  dirty.clear();
  for (StagedHome* home : pending_homes) home->committed_last = queue.written();
  pending_homes.clear();
  reclaims_pending.clear();
  queue.pending_failed(error);
}

void Homes::Impl::end_tick() {
  for (int round = 0;; ++round) {
    (void)write_pending();  // whoever committed into it is told
    see_to_sync();
    start_reclaiming();
    queue.resume_ready();
    if (dirty.empty()) return;
    if (round > 0 && options.post) return options.post([] {});  // others first; the reactor comes back to this
  }
}

void Homes::Impl::see_to_sync() {
  if (options.durability != Durability::always) return queue.durable_up_to(queue.written());
  auto number = queue.written();
  if (number == flight->written.load(std::memory_order_relaxed)) return;
  flight->written = number;
  if (!syncer || options.ticks == Ticks::each_commit || alone()) {
    if (sync_here()) queue.durable_up_to(number);
  } else if (!flight->requested.exchange(true)) {
    syncer->request(flight);
  }
  units_at_sync = units_opened;
  commits_at_sync = stats.commits;
}

bool Homes::Impl::sync_here() {
  ++stats.syncs;
  ++stats.syncs_inline;
  if (syncer) return syncer->sync_here();
  auto done = engine.sync();
  if (!done) Syncer::end_process(done.error());
  return done.has_value();
}

// The way to the sync thread and back takes about as long as the sync of a quick disk. It pays only if somebody else is
// served meanwhile. Whoever opened a unit since the last sync without being the one who commits now is somebody else.
bool Homes::Impl::alone() {
  constexpr int enough = 8;  // a few in a row, so that a pause of the others does not count
  constexpr auto quick = std::chrono::microseconds(300);
  bool nobody_else = stats.commits - commits_at_sync == 1 && units_opened - units_at_sync == 1;
  syncs_alone = nobody_else ? syncs_alone + 1 : 0;
  return syncs_alone >= enough && queue.durable() + 1 == queue.written() && syncer->sync_duration() < quick;
}

void Homes::Impl::Flight::sync_begins() {
  requested = false;  // before the load: a batch written after it asks again
  covered = written;
}

void Homes::Impl::Flight::sync_done() {
  std::lock_guard lock(mutex);
  if (!homes) return;
  post([self = homes->flight, number = covered] {
    if (self->homes) self->homes->synced_up_to(number);  // on the reactor, where homes end too
  });
}

void Homes::Impl::synced_up_to(CommitQueue::Number number) {
  ++stats.syncs;
  queue.durable_up_to(number);
  queue.resume_ready();
}

Result<Found> Homes::Impl::read(std::string_view key, std::uint32_t hash, ReadTier tier, std::string& large,
                                std::string_view& value, CommitQueue::Number& batch) {
  if (const RowCache::Row* row = rows.find(key, hash)) {
    ++stats.row_hits;
    batch = std::max(batch, row->batch);
    value = row->value;
    return row->exists ? Found::yes : Found::no;
  }
  batch = std::max(batch, rows.batch_evicted());
  if (auto known = ranges.find_row(key)) {
    ++stats.range_hits;
    if (*known) value = (*known)->value;
    return *known ? Found::yes : Found::no;
  }
  if (ceilings.above(key)) {
    ++stats.ceiling_hits;
    return Found::no;
  }
  ++stats.row_misses;
  auto found = engine.get(key, {.tier = tier}, large);
  if (!found || *found == Found::not_in_memory) return found;
  bool exists = *found == Found::yes;
  if (!exists && ceilings.missed(key)) look_for_ceiling(key);
  if (exists && large.size() > cached_value_max) {
    value = large;
  } else {
    auto& row = rows.set(key, hash, exists ? std::optional<std::string_view>(large) : std::nullopt);
    row.batch = rows.batch_evicted();
    value = row.value;
  }
  return found;
}

// Only what the engine has in memory, and only while no row of the group waits to be written to it.
void Homes::Impl::look_for_ceiling(std::string_view key) {
  KeyRange group = prefix_range(key.substr(0, Ceilings::group_bytes));
  if (std::any_of(dirty.begin(), dirty.end(), [&](const auto* row) { return contains(group, row->key()); })) return;
  std::string highest;
  auto end = engine.scan(group, Direction::descending, {.tier = ReadTier::memory}, [&](auto last, auto) {
    highest = last;
    return Visit::stop;
  });
  if (end && *end != ScanEnd::not_in_memory) ceilings.learn(key, highest);
}

namespace {

// Keeps the rows that a scan passes, as long as they are few.
class Collector {
 public:
  void add(std::string_view key, std::string_view value) {
    if (!collecting_) return;
    std::size_t bytes_in_cache =
        bytes_.size() + key.size() + value.size() + (sizes_.size() + 1) * sizeof(RangeCache::Row);
    if (sizes_.size() == RangeCache::rows_max || bytes_in_cache > RangeCache::range_bytes_max) {
      collecting_ = false;
    } else {
      sizes_.emplace_back(key.size(), value.size());
      bytes_.append(key).append(value);
    }
  }

  std::optional<RangeCache::Rows> take(Direction direction) {
    if (!collecting_) return std::nullopt;
    RangeCache::Rows rows;
    rows.reserve(sizes_.size());
    for (std::size_t at = 0; auto [key, value] : sizes_) {
      rows.push_back({bytes_.substr(at, key), bytes_.substr(at + key, value)});
      at += key + value;
    }
    if (direction == Direction::descending) std::reverse(rows.begin(), rows.end());
    return rows;
  }

 private:
  bool collecting_ = true;
  std::string bytes_{};  // in one piece, for most scans end before they have a whole range
  std::vector<std::pair<std::size_t, std::size_t>> sizes_{};  // of each row's key and value
};

ScanEnd visit_cached(RangeCache::View rows, Direction direction, const Unit::Visitor& visit) {
  if (direction == Direction::ascending) {
    for (auto at = rows.begin; at != rows.end; ++at) {
      if (visit(at->key, at->value) == Visit::stop) return ScanEnd::stopped;
    }
  } else {
    for (auto at = rows.end; at != rows.begin;) {
      --at;
      if (visit(at->key, at->value) == Visit::stop) return ScanEnd::stopped;
    }
  }
  return ScanEnd::complete;
}

}  // namespace

Result<ScanEnd> Homes::Impl::scan(const KeyRange& range, Direction direction, ReadTier tier,
                                  const Unit::Visitor& visit) {
  if (!range.end.empty() && range.end <= range.begin) return ScanEnd::complete;
  if (auto cached = ranges.find(range)) {
    ++stats.range_hits;
    return visit_cached(*cached, direction, visit);
  }
  ++stats.range_misses;
  if (std::any_of(dirty.begin(), dirty.end(), [&](const auto* row) { return contains(range, row->key()); })) {
    if (auto done = write_pending(); !done) return done.error();
  }
  Collector collector;
  auto end = engine.scan(range, direction, {.tier = tier}, [&](std::string_view key, std::string_view value) {
    collector.add(key, value);
    return visit(key, value);
  });
  if (end && *end == ScanEnd::complete) {
    if (auto all = collector.take(direction)) ranges.insert(range, std::move(*all));
  }
  return end;
}

void Homes::Impl::reclaim(KeyRange range) {
  ranges.drop(range);
  (dirty.empty() ? reclaims : reclaims_pending).push_back(std::move(range));
}

void Homes::Impl::start_reclaiming() {
  if (reclaims.empty() || reclaiming) return;
  auto erase = [on = &engine, these = std::exchange(reclaims, {})] {
    for (const KeyRange& range : these) (void)on->erase_range(range);  // what stays behind is only space
  };
  if (!options.on_background || !options.post) return erase();
  reclaiming = true;
  options.on_background([erase = std::move(erase), self = flight, post = options.post] {
    erase();
    std::lock_guard lock(self->mutex);
    if (!self->homes) return;
    post([self] {
      if (!self->homes) return;
      self->homes->reclaiming = false;
      self->homes->start_reclaiming();
    });
  });
}

}  // namespace millrace::kv
