#include "kv/faulty/faulty_engine.h"

#include <algorithm>

namespace millrace::kv {
namespace {

Error failure() {
  return {ErrorCode::unavailable, "a call that was to fail"};
}

}  // namespace

void FaultyEngine::fail(Call call, std::uint64_t nth) {
  std::lock_guard lock(mutex_);
  plans_[call] = {.left = nth};
}

void FaultyEngine::fail_always(Call call) {
  std::lock_guard lock(mutex_);
  plans_[call] = {.always = true};
}

std::uint64_t FaultyEngine::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

bool FaultyEngine::fails(Call call) {
  ++calls_;
  bool failing = false;
  for (Call kind : {call, Call::any}) {
    Plan& plan = plans_[kind];
    failing |= plan.always || (plan.left > 0 && --plan.left == 0);
  }
  return failing;
}

void FaultyEngine::forget_memory() {
  std::lock_guard lock(mutex_);
  cold_ = true;
  warm_.clear();
  scans_warm_ = false;
}

Result<Found> FaultyEngine::get(std::string_view key, ReadFrom from, std::string& value) {
  {
    std::lock_guard lock(mutex_);
    if (fails(Call::read)) return failure();
    if (cold_ && from.tier == ReadTier::memory && !warm_.contains(key)) return Found::not_in_memory;
    warm_.emplace(key, true);
  }
  return inside_->get(key, from, value);
}

Result<std::vector<Found>> FaultyEngine::multi_get(std::span<const std::string> keys, ReadFrom from,
                                                   std::vector<std::string>& values) {
  std::vector<Found> all;
  values.resize(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto one = get(keys[i], from, values[i]);
    if (!one) return one.error();
    all.push_back(*one);
  }
  return all;
}

Result<ScanEnd> FaultyEngine::scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) {
  {
    std::lock_guard lock(mutex_);
    if (fails(Call::read)) return failure();
    if (cold_ && from.tier == ReadTier::memory && !scans_warm_) return ScanEnd::not_in_memory;
    scans_warm_ = true;
  }
  return inside_->scan(range, direction, from, visit);
}

void FaultyEngine::remember(std::string_view key) {
  std::string value;
  auto before = inside_->get(key, {}, value);
  bool existed = before && *before == Found::yes;
  undo_.push_back({std::string(key), existed ? std::optional(std::move(value)) : std::nullopt});
}

Result<void> FaultyEngine::write(std::span<const Write> batch) {
  std::lock_guard lock(mutex_);
  if (fails(Call::write)) return failure();
  for (const Write& write : batch) remember(write.key);
  return inside_->write(batch);
}

Result<void> FaultyEngine::erase_range(const KeyRange& range) {
  std::lock_guard lock(mutex_);
  if (fails(Call::write)) return failure();
  (void)inside_->scan(range, Direction::ascending, {}, [&](std::string_view key, std::string_view value) {
    undo_.push_back({std::string(key), std::string(value)});
    return Visit::more;
  });
  return inside_->erase_range(range);
}

Result<void> FaultyEngine::sync() {
  std::unique_lock lock(mutex_);
  auto covered = undo_.size();
  ++held_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !holding_; });
  --held_;
  if (fails(Call::sync)) return failure();
  lock.unlock();
  auto done = inside_->sync();
  lock.lock();
  if (done) undo_.erase(undo_.begin(), undo_.begin() + static_cast<std::ptrdiff_t>(std::min(covered, undo_.size())));
  return done;
}

void FaultyEngine::hold_syncs() {
  std::lock_guard lock(mutex_);
  holding_ = true;
}

void FaultyEngine::release_syncs() {
  {
    std::lock_guard lock(mutex_);
    holding_ = false;
  }
  changed_.notify_all();
}

void FaultyEngine::await_held_sync() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return held_ > 0; });
}

void FaultyEngine::lose_power() {
  std::lock_guard lock(mutex_);
  for (; !undo_.empty(); undo_.pop_back()) {
    const Undo& undo = undo_.back();
    Write write{undo.key, undo.value ? std::optional<std::string_view>(*undo.value) : std::nullopt};
    (void)inside_->write({&write, 1});
  }
}

}  // namespace millrace::kv
