#include "eventlog/groups/embedded_groups.h"

#include <algorithm>
#include <fmt/format.h>

#include "eventlog/embedded/look.h"
#include "eventlog/groups/committed_offsets.h"
#include "eventlog/groups/settling.h"

namespace millrace::eventlog {
namespace {

constexpr std::size_t name_bytes_max = 255;
constexpr std::size_t topics_max = 1'000;      // that one instance subscribes to
constexpr std::size_t calls_waiting_max = 64;  // for one instance: they are served one after another
constexpr std::chrono::milliseconds session_timeout_min{1'000};
constexpr std::chrono::milliseconds session_timeout_max = std::chrono::hours{1};
constexpr std::chrono::milliseconds auto_commit_interval_max = std::chrono::hours{24};

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Error no_instance(const std::string& group, const std::string& instance) {
  return {ErrorCode::not_found, fmt::format("group '{}' has no instance '{}'", group, instance)};
}

Error no_beginning(const TopicPartition& partition) {
  return invalid(fmt::format("group and reset policy name no offset of partition {} of topic '{}' to begin at",
                             partition.partition, partition.topic));
}

Result<void> check_name(std::string_view what, const std::string& name) {
  if (!name.empty() && name.size() <= name_bytes_max) return {};
  return invalid(fmt::format("the name of {} has 1 to {} bytes", what, name_bytes_max));
}

Result<void> check(const std::string& group, const std::string& instance) {
  if (auto valid = check_name("a group", group); !valid) return valid.error();
  return check_name("an instance", instance);
}

Result<void> check(const ConsumerOptions& options) {
  if (options.session_timeout < session_timeout_min || options.session_timeout > session_timeout_max) {
    return invalid("a session timeout is a second to an hour");
  }
  if (options.auto_commit_interval.count() < 0 || options.auto_commit_interval > auto_commit_interval_max) {
    return invalid("the interval of automatic commits is 0 to 24 hours");
  }
  return {};
}

// How many partitions there are in all.
Result<std::size_t> count_partitions(Unit& unit, EmbeddedLog& log) {
  auto topics = log.topics(unit);
  if (!topics) return topics.error();
  std::size_t count = 0;
  for (const Topic& topic : *topics) count += topic.settings.partitions;
  return count;
}

}  // namespace

EmbeddedGroups::EmbeddedGroups(EmbeddedLog& log, Clock clock) : log_(log), clock_(std::move(clock)) {
  log_.on_topics_changed([this] {
    ++topics_changed_;
    std::vector<std::stop_source> waits;
    for (const auto& [name, group] : groups_) {
      for (const auto& [other, instance] : group->instances()) waits.push_back(instance->assignment_changed);
    }
    for (std::stop_source& wait : waits) wait.request_stop();
  });
}

EmbeddedGroups::GroupPointer EmbeddedGroups::find(const std::string& group) const {
  auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : found->second;
}

// --- Consuming ---

Async<Result<EmbeddedGroups::Batches>> EmbeddedGroups::consume(std::string group_name, std::string instance_name,
                                                               std::vector<std::string> topics, ConsumerOptions options,
                                                               FollowLimits limits, std::stop_token cancel) {
  if (auto valid = check(group_name, instance_name); !valid) co_return valid.error();
  if (auto valid = check(options); !valid) co_return valid.error();
  std::ranges::sort(topics);
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  if (topics.empty()) co_return invalid("a consumer names the topics it reads");
  if (topics.size() > topics_max) co_return invalid(fmt::format("a consumer reads {} topics at most", topics_max));
  auto known = co_await look<bool>(log_.home(), [&](Unit& unit) -> Result<bool> {
    for (const std::string& topic : topics) {
      if (auto shown = log_.show(unit, topic); !shown) return shown.error();
    }
    return true;
  });
  if (!known) co_return known.error();

  auto& place = groups_[group_name];
  if (!place) place = std::make_shared<Group>(group_name);
  GroupPointer group = place;
  auto joined = co_await join(group, std::move(instance_name), options);
  if (!joined) {
    drop_if_empty(*group);
    co_return joined.error();
  }
  InstancePointer instance = *joined;
  if (instance->calls_in_turn.waiting() >= calls_waiting_max) {
    co_return Error{ErrorCode::over_limit,
                    fmt::format("{} calls wait for instance '{}' already", calls_waiting_max, instance->name)};
  }
  ++instance->calls;
  co_await instance->calls_in_turn.enter();
  auto batches = co_await take_turn(group, instance, std::move(topics), limits, std::move(cancel));
  --instance->calls;
  instance->called = clock_();
  instance->calls_in_turn.leave();
  co_return batches;
}

Async<Result<EmbeddedGroups::InstancePointer>> EmbeddedGroups::join(GroupPointer group, std::string name,
                                                                    ConsumerOptions options) {
  if (auto found = group->find(name)) co_return found;
  auto room = co_await look<std::size_t>(log_.home(), [&](Unit& unit) { return count_partitions(unit, log_); });
  if (!room) co_return room.error();
  if (auto found = group->find(name)) co_return found;  // by another call meanwhile
  if (instances_ >= *room) {
    co_return Error{ErrorCode::over_limit,
                    fmt::format("there are {} instances, and no more can be than partitions", instances_)};
  }
  groups_.insert_or_assign(group->name(), group);  // the last instance may have left meanwhile
  ++instances_;
  co_return group->join(name, options, clock_());
}

Async<Result<EmbeddedGroups::Batches>> EmbeddedGroups::take_turn(GroupPointer group, InstancePointer instance,
                                                                 std::vector<std::string> topics, FollowLimits limits,
                                                                 std::stop_token cancel) {
  group->receive(*instance);
  group->commit_when_due(*instance, clock_());
  bool subscribed = instance->topics == topics && instance->topics_seen == topics_changed_;
  for (;;) {
    if (instance->gone) co_return Batches{};
    if (!subscribed || instance->topics_seen != topics_changed_) {
      auto done = co_await subscribe(group, instance, topics);
      if (!done) co_return done.error();
      if (instance->gone) co_return Batches{};
      subscribed = true;
    }
    std::uint64_t generation = group->generation();
    if (auto settled = co_await settle(group); !settled) co_return settled.error();
    if (generation != group->generation()) continue;  // dealt out anew meanwhile: there is more to find
    auto batches = co_await read(instance, limits);
    if (!batches || !batches->empty()) co_return batches;
    if (cancel.stop_requested()) co_return Batches{};
    if (instance->topics_seen != topics_changed_) continue;
    if (auto woken = co_await wait(instance, cancel); !woken) co_return woken.error();
  }
}

Async<Result<void>> EmbeddedGroups::subscribe(GroupPointer group, InstancePointer instance,
                                              std::vector<std::string> topics) {
  std::uint64_t seen = topics_changed_;
  using Counts = std::map<std::string, PartitionNumber>;
  auto counts = co_await look<Counts>(log_.home(), [&](Unit& unit) -> Result<Counts> {
    Counts all;
    for (const std::string& name : topics) {
      auto topic = log_.show(unit, name);
      if (!topic) return topic.error();
      all.emplace(name, topic->settings.partitions);
    }
    return all;
  });
  if (!counts) co_return counts.error();
  if (instance->gone) co_return Result<void>{};
  instance->topics_seen = seen;
  group->subscribe(*instance, *counts);
  rebalance(*group);
  co_return Result<void>{};
}

// Positions move only with what is given: a fault after the first records waits for the next call.
Async<Result<EmbeddedGroups::Batches>> EmbeddedGroups::read(InstancePointer instance, FollowLimits limits) {
  std::vector<std::pair<TopicPartition, AssignedPartition>> order(instance->assigned.begin(), instance->assigned.end());
  if (!order.empty()) std::ranges::rotate(order, order.begin() + static_cast<long>(instance->turn++ % order.size()));
  Batches batches;
  std::size_t bytes = 0;
  for (const auto& [partition, seen] : order) {
    if (bytes >= limits.bytes_max) break;
    ReadLimits each = limits.each;
    each.bytes_max = std::min(each.bytes_max, limits.bytes_max - bytes);
    auto batch = co_await read_one(instance, partition, seen, each);
    if (!batch && batches.empty()) co_return batch.error();
    if (!batch) break;
    for (const Record& record : batch->records) bytes += size_of(record);
    if (!batch->records.empty()) batches.push_back(std::move(*batch));
  }
  co_return batches;
}

Async<Result<TopicBatch>> EmbeddedGroups::read_one(InstancePointer instance, TopicPartition partition,
                                                   AssignedPartition seen, ReadLimits limits) {
  OffsetReset reset = instance->options.offset_reset;
  TopicBatch given{partition.topic, partition.partition, {}, {}};
  if (!seen.found && reset == OffsetReset::none) co_return no_beginning(partition);
  if (!seen.found) co_return given;
  auto batch = co_await log_.read(partition.topic, partition.partition, seen.position, limits);
  if (!batch) co_return batch.error();
  given.bounds = batch->bounds;
  auto at = instance->assigned.find(partition);
  if (instance->gone || at == instance->assigned.end() || at->second.generation != seen.generation) co_return given;
  bool out_of_range = seen.position < batch->bounds.first || seen.position > batch->bounds.next;
  if (out_of_range) {
    auto begin = begin_at(reset, batch->bounds);
    if (!begin) co_return no_beginning(partition);
    at->second.position = at->second.received = *begin;
    if (at->second.committed > *begin) at->second.committed.reset();
    if (*begin > batch->bounds.first) co_return given;  // what was read lies before it
  }
  if (batch->records.empty()) co_return given;
  at->second.position = batch->records.back().offset + 1;
  given.records = std::move(batch->records);
  co_return given;
}

Async<Result<void>> EmbeddedGroups::wait(InstancePointer instance, std::stop_token cancel) {
  std::vector<Position> positions;
  positions.reserve(instance->assigned.size());
  for (const auto& [partition, at] : instance->assigned) {
    positions.push_back({partition.topic, partition.partition, at.position});
  }
  std::stop_source ends;
  instance->assignment_changed = ends;
  std::stop_callback on_cancel(cancel, [ends]() mutable { ends.request_stop(); });
  std::stop_token token = ends.get_token();
  auto woken = co_await log_.wait(std::move(positions), std::move(token));
  if (!woken) co_return woken.error();
  co_return Result<void>{};
}

// --- Groups ---

void EmbeddedGroups::rebalance(Group& group) {
  for (std::stop_source& wait : group.rebalance()) wait.request_stop();
}

Async<Result<void>> EmbeddedGroups::settle(GroupPointer group) {
  if (group->pending.empty() && !group->has_partitions_to_find()) co_return Result<void>{};
  auto settled =
      co_await run_command<Settled>(log_.home(), [&](Unit& unit) { return stage_settling(unit, log_, *group); });
  if (!settled) co_return settled.error();
  apply(*settled, *group);
  co_return Result<void>{};
}

void EmbeddedGroups::drop_if_empty(const Group& group) {
  auto found = groups_.find(group.name());
  bool idle = group.instances().empty() && group.pending.empty();
  if (idle && found != groups_.end() && found->second.get() == &group) groups_.erase(found);
}

Async<Result<void>> EmbeddedGroups::remove(std::string group_name, std::string instance_name) {
  GroupPointer group = find(group_name);
  InstancePointer instance = group ? group->find(instance_name) : nullptr;
  if (!instance) co_return no_instance(group_name, instance_name);
  group->receive(*instance);
  group->leave(instance_name);
  --instances_;
  std::stop_source wait = instance->assignment_changed;
  rebalance(*group);
  wait.request_stop();
  auto settled = co_await settle(group);
  drop_if_empty(*group);
  co_return settled;
}

Async<Result<void>> EmbeddedGroups::expire_due() {
  std::vector<GroupPointer> groups;
  for (const auto& [name, group] : groups_) groups.push_back(group);
  Result<void> outcome;
  for (const GroupPointer& group : groups) {
    Timestamp now = clock_();
    for (const std::string& name : group->expired(now)) {
      group->leave(name);
      --instances_;
    }
    for (const auto& [name, instance] : group->instances()) group->commit_when_due(*instance, now);
    rebalance(*group);
    if (auto settled = co_await settle(group); !settled) outcome = settled.error();
    drop_if_empty(*group);
  }
  co_return outcome;
}

std::vector<GroupStatus> EmbeddedGroups::list() const {
  std::vector<GroupStatus> all;
  for (const auto& [name, group] : groups_) {
    if (!group->instances().empty()) all.push_back(group->status());
  }
  return all;
}

// --- Offsets ---

Async<Result<void>> EmbeddedGroups::commit(std::string group_name, std::string instance_name,
                                           std::vector<Position> offsets) {
  if (auto valid = check(group_name, instance_name); !valid) co_return valid.error();
  GroupPointer group = find(group_name);
  InstancePointer instance = group ? group->find(instance_name) : nullptr;
  if (offsets.empty()) {
    if (!instance) co_return no_instance(group_name, instance_name);
    group->receive(*instance);
    for (const auto& [partition, at] : instance->assigned) {
      if (at.found && (!at.committed || at.received > *at.committed)) {
        offsets.push_back({partition.topic, partition.partition, at.received});
      }
    }
  }
  if (instance) instance->called = clock_();
  auto done = co_await run_command<bool>(log_.home(), [&](Unit& unit) -> Result<bool> {
    GroupPointer now = find(group_name);
    for (const Position& each : offsets) {
      TopicPartition partition{each.topic, each.partition};
      auto owner = now ? now->owner(partition) : nullptr;
      if (owner && owner->name != instance_name) {
        return Error{ErrorCode::conflict, fmt::format("partition {} of topic '{}' belongs to instance '{}' now",
                                                      each.partition, each.topic, owner->name)};
      }
      if (auto staged = stage_commit(unit, group_name, partition, each.offset); !staged) return staged.error();
    }
    if (offsets.empty()) return true;
    if (auto named = stage_group(unit, group_name); !named) return named.error();
    for (const Position& each : offsets) {  // nothing that was to be stored before may come after it
      TopicPartition partition{each.topic, each.partition};
      if (!now) continue;
      now->pending.erase(partition);
      auto owner = now->owner(partition);
      if (owner) owner->assigned.at(partition).committed = each.offset;
    }
    return true;
  });
  if (!done) co_return done.error();
  co_return Result<void>{};
}

Async<Result<std::vector<std::optional<Offset>>>> EmbeddedGroups::committed(std::string group_name,
                                                                            std::vector<TopicPartition> partitions) {
  using Offsets = std::vector<std::optional<Offset>>;
  if (auto valid = check_name("a group", group_name); !valid) co_return valid.error();
  if (GroupPointer group = find(group_name)) {
    if (auto settled = co_await settle(group); !settled) co_return settled.error();
  }
  co_return co_await run_command<Offsets>(log_.home(), [&](Unit& unit) -> Result<Offsets> {
    Offsets offsets;
    for (const TopicPartition& partition : partitions) {
      auto offset = read_committed(unit, group_name, partition);
      if (!offset) return offset.error();
      offsets.push_back(*offset);
    }
    return offsets;
  });
}

Async<Result<std::vector<std::string>>> EmbeddedGroups::names() {
  co_return co_await run_command<std::vector<std::string>>(log_.home(), [](Unit& unit) { return read_groups(unit); });
}

Async<Result<std::vector<GroupLag>>> EmbeddedGroups::lag(std::string group_name) {
  using Lags = std::vector<GroupLag>;
  auto lags = co_await run_command<Lags>(log_.home(), [&](Unit& unit) -> Result<Lags> {
    auto known = is_group(unit, group_name);
    if (!known) return known.error();
    if (!*known && !find(group_name))
      return Error{ErrorCode::not_found, fmt::format("there is no group '{}'", group_name)};
    return read_lag(unit, group_name);
  });
  GroupPointer group = find(group_name);
  if (!lags || !group) co_return lags;
  for (GroupLag& lag : *lags) {
    if (auto owner = group->owner(lag.of)) lag.instance = owner->name;
  }
  co_return lags;
}

Async<Result<void>> EmbeddedGroups::forget(std::string group_name) {
  co_return co_await run_command<void>(log_.home(), [&](Unit& unit) -> Result<void> {
    GroupPointer group = find(group_name);
    if (group && !group->instances().empty()) {
      return Error{ErrorCode::conflict,
                   fmt::format("group '{}' has {} live instances", group_name, group->instances().size())};
    }
    auto known = is_group(unit, group_name);
    if (!known) return known.error();
    if (!*known) return Error{ErrorCode::not_found, fmt::format("there is no group '{}'", group_name)};
    return stage_group_removal(unit, group_name);
  });
}

}  // namespace millrace::eventlog
