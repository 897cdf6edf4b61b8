#include "eventlog/groups/settling.h"

#include "eventlog/groups/committed_offsets.h"

namespace millrace::eventlog {
namespace {

// Of a partition that is no longer there nothing is left to store or to find.
bool is_gone(const Error& error) {
  return error.code == ErrorCode::not_found;
}

Result<void> store_pending(Unit& unit, const Group& group, Settled& settled) {
  if (group.pending.empty()) return {};
  if (auto named = stage_group(unit, group.name()); !named) return named.error();
  for (const auto& [partition, offset] : group.pending) {
    auto done = stage_commit(unit, group.name(), partition, offset);
    if (!done && !is_gone(done.error())) return done.error();
    settled.stored.emplace(partition, offset);
  }
  return {};
}

Result<std::optional<FoundPartition>> find_beginning(Unit& unit, EmbeddedLog& log, const Group& group,
                                                     const std::shared_ptr<Instance>& instance,
                                                     const TopicPartition& partition, std::uint64_t generation) {
  auto bounds = log.bounds(unit, partition.topic, partition.partition);
  if (!bounds) return bounds.error();
  auto committed = read_committed(unit, group.name(), partition);
  if (!committed) return committed.error();
  bool usable = *committed && **committed >= bounds->first && **committed <= bounds->next;
  auto position = usable ? *committed : begin_at(instance->options.offset_reset, *bounds);
  if (!position) return std::optional<FoundPartition>{};
  FoundPartition found{instance, partition, generation, *position, usable ? *committed : std::nullopt};
  // Stored at once, so that whoever has the partition next begins here and skips nothing.
  if (!usable && instance->options.auto_commit) {
    if (auto named = stage_group(unit, group.name()); !named) return named.error();
    if (auto done = stage_commit(unit, group.name(), partition, *position); !done) return done.error();
    found.committed = *position;
  }
  return std::optional(std::move(found));
}

}  // namespace

std::optional<Offset> begin_at(OffsetReset reset, const Bounds& bounds) {
  switch (reset) {
    case OffsetReset::earliest: return bounds.first;
    case OffsetReset::latest: return bounds.next;
    case OffsetReset::none: return std::nullopt;
  }
  return std::nullopt;
}

Result<Settled> stage_settling(Unit& unit, EmbeddedLog& log, const Group& group) {
  Settled settled;
  if (auto stored = store_pending(unit, group, settled); !stored) return stored.error();
  for (const auto& [name, instance] : group.instances()) {
    for (const auto& [partition, at] : instance->assigned) {
      if (at.found) continue;
      auto found = find_beginning(unit, log, group, instance, partition, at.generation);
      if (!found && !is_gone(found.error())) return found.error();
      if (found && *found) settled.found.push_back(std::move(**found));
    }
  }
  return settled;
}

void apply(const Settled& settled, Group& group) {
  for (const auto& [partition, offset] : settled.stored) {
    auto pending = group.pending.find(partition);
    if (pending != group.pending.end() && pending->second == offset) group.pending.erase(pending);
  }
  for (const FoundPartition& found : settled.found) {
    auto at = found.instance->assigned.find(found.partition);
    if (at == found.instance->assigned.end() || at->second.found || at->second.generation != found.generation) continue;
    at->second.found = true;
    at->second.position = at->second.received = found.position;
    at->second.committed = found.committed;
  }
}

}  // namespace millrace::eventlog
