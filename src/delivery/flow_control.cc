// Flow control as it is seen and changed from outside.

#include <algorithm>

#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t shown_max = 1000;  // one answer

FlowControlStatus status_of_lane(const Lane& lane, Timestamp now) {
  const FlowRow& limits = lane.limits();
  FlowControlStatus status;
  status.limits = {lane.key(), limits.parallelism, limits.rate, limits.period};
  status.parallelism_count = lane.active();
  FlowCountRow counted = lane.counted(now);
  status.rate_count = limits.rate ? counted.count : 0;
  status.period_start = counted.period_start;
  status.paused = limits.paused;
  status.parallelism_pinned = limits.parallelism_pinned;
  status.rate_pinned = limits.rate_pinned;
  return status;
}

}  // namespace

// Has `change` make the row another, durably.
Async<Result<void>> Delivery::Impl::change_flow(std::string key, std::function<void(FlowRow&)> change,
                                                bool reset_rate) {
  std::string name = "flow " + key;
  auto waiting = locks.hold(std::move(name));
  auto held = co_await waiting;
  std::string same = key;
  auto loaded = co_await load_flow(std::move(same));
  if (!loaded) co_return loaded.error();
  LanePointer lane = *loaded;
  if (!lane->known()) co_return Error{ErrorCode::not_found, "flow control not found: " + key};
  FlowRow row = lane->limits();
  change(row);
  const Timestamp time = now();
  Transaction write;
  write.add("hset", std::string(flows_key), key, encode(row));
  if (reset_rate) write.add("hset", std::string(flow_counts_key), key, encode(FlowCountRow{time, 0}));
  auto done = co_await database.run(std::move(write));
  if (!done) co_return done.error();
  FlowRow latest = lane->limits();  // a message may have said something meanwhile
  change(latest);
  lane->set_limits(latest);
  if (reset_rate) lane->reset_rate(time);
  poke(lane);
  co_return Result<void>{};
}

Async<Result<FlowControlStatus>> Delivery::flow_control(std::string key) {
  std::string same = key;
  auto loaded = co_await impl_->load_flow(std::move(same));
  if (!loaded) co_return loaded.error();
  LanePointer lane = *loaded;
  if (!lane->known()) co_return Error{ErrorCode::not_found, "flow control not found: " + key};
  Transaction count;
  count.add("zcard", waiting_key(lane->name()));
  auto replies = co_await impl_->database.run(std::move(count));
  if (!replies) co_return replies.error();
  FlowControlStatus status = status_of_lane(*lane, impl_->now());
  // Those that have their turn stand in the line until their outcome is known.
  std::uint64_t claimed = 0;
  for (const auto& [id, entry] : impl_->entries) claimed += entry->place == waiting_key(lane->name()) ? 1 : 0;
  auto all = static_cast<std::uint64_t>(replies->front().integer);
  status.waiting = all - std::min(all, claimed);
  co_return status;
}

Async<Result<std::vector<FlowControlStatus>>> Delivery::flow_controls(std::string search) {
  std::vector<FlowControlStatus> all;
  std::string cursor = "0";
  do {
    Transaction scan;
    scan.add("hscan", std::string(flows_key), cursor, "count", "256");
    auto replies = co_await impl_->database.run(std::move(scan));
    if (!replies) co_return replies.error();
    const auto page = std::move(replies->front().elements);
    cursor = page[0].text;
    const auto& fields = page[1].elements;
    for (std::size_t at = 0; at + 1 < fields.size() && all.size() < shown_max; at += 2) {
      if (fields[at].text.find(search) == std::string::npos) continue;
      std::string key = fields[at].text;
      auto status = co_await flow_control(std::move(key));
      if (!status && status.error().code == ErrorCode::not_found) continue;
      if (!status) co_return status.error();
      all.push_back(std::move(*status));
    }
  } while (cursor != "0" && all.size() < shown_max);
  std::sort(all.begin(), all.end(),
            [](const auto& left, const auto& right) { return left.limits.key < right.limits.key; });
  co_return all;
}

Async<Result<void>> Delivery::pause_flow_control(std::string key, bool paused) {
  auto change = [paused](FlowRow& row) { row.paused = paused; };
  co_return co_await impl_->change_flow(std::move(key), std::move(change), false);
}

Async<Result<void>> Delivery::reset_rate(std::string key) {
  auto change = [](FlowRow&) {};
  co_return co_await impl_->change_flow(std::move(key), std::move(change), true);
}

Async<Result<void>> Delivery::pin_flow_control(std::string key, std::optional<int> parallelism, std::optional<int> rate,
                                               std::optional<std::chrono::seconds> period) {
  if (parallelism.value_or(1) < 1 || rate.value_or(1) < 1 || period.value_or(std::chrono::seconds(1)).count() < 1) {
    co_return Error{ErrorCode::invalid, "invalid flow control: parallelism, rate and period are above 0"};
  }
  auto change = [parallelism, rate, period](FlowRow& row) {
    if (parallelism) row.parallelism = parallelism;
    if (parallelism) row.parallelism_pinned = true;
    if (rate) row.rate = rate;
    if (rate) row.rate_pinned = true;
    if (period) row.period = *period;
  };
  co_return co_await impl_->change_flow(std::move(key), std::move(change), true);
}

Async<Result<void>> Delivery::unpin_flow_control(std::string key, bool parallelism, bool rate) {
  auto change = [parallelism, rate](FlowRow& row) {
    if (parallelism) row.parallelism_pinned = false;
    if (rate) row.rate_pinned = false;
  };
  co_return co_await impl_->change_flow(std::move(key), std::move(change), false);
}

}  // namespace millrace::delivery
