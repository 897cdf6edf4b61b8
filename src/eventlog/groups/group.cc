#include "eventlog/groups/group.h"

#include <algorithm>

namespace millrace::eventlog {

std::shared_ptr<Instance> Group::find(const std::string& instance) const {
  auto found = instances_.find(instance);
  return found == instances_.end() ? nullptr : found->second;
}

std::shared_ptr<Instance> Group::join(const std::string& instance, const ConsumerOptions& options, Timestamp now) {
  auto& place = instances_[instance];
  place = std::make_shared<Instance>();
  place->name = instance;
  place->options = options;
  place->called = place->committed = now;
  changed_ = true;
  return place;
}

void Group::subscribe(Instance& instance, const std::map<std::string, PartitionNumber>& topics) {
  std::vector<std::string> names;
  for (const auto& [name, count] : topics) {
    names.push_back(name);
    PartitionNumber& known = partitions_[name];
    changed_ = changed_ || known != count;
    known = count;
  }
  changed_ = changed_ || names != instance.topics;
  instance.topics = std::move(names);
}

void Group::leave(const std::string& name) {
  auto instance = find(name);
  if (!instance) return;
  commit_received(*instance);
  instance->gone = true;
  instances_.erase(name);
  changed_ = true;
}

std::vector<std::stop_source> Group::rebalance() {
  std::vector<std::stop_source> waits;
  if (!changed_) return waits;
  changed_ = false;
  std::vector<Subscription> subscriptions;
  for (const auto& [name, instance] : instances_) subscriptions.push_back({name, instance->topics});
  Assignment assignment = assign_ranges(subscriptions, partitions_);
  ++generation_;
  for (const auto& [name, instance] : instances_) {
    const auto& wanted = assignment[name];
    bool same =
        std::ranges::equal(wanted, instance->assigned, {}, {}, &decltype(instance->assigned)::value_type::first);
    if (same) continue;
    commit_received(*instance);
    std::map<TopicPartition, AssignedPartition> kept;
    for (const TopicPartition& partition : wanted) {
      auto had = instance->assigned.find(partition);
      AssignedPartition fresh{.generation = generation_};
      kept.emplace(partition, had == instance->assigned.end() ? fresh : had->second);
    }
    instance->assigned = std::move(kept);
    waits.push_back(instance->assignment_changed);
  }
  return waits;
}

void Group::receive(Instance& instance) {
  for (auto& [partition, at] : instance.assigned) at.received = at.position;
}

void Group::commit_received(Instance& instance) {
  if (!instance.options.auto_commit) return;
  for (auto& [partition, at] : instance.assigned) {
    if (!at.found || (at.committed && at.received <= *at.committed)) continue;
    pending[partition] = at.received;
    at.committed = at.received;
  }
}

void Group::commit_when_due(Instance& instance, Timestamp now) {
  if (!instance.options.auto_commit || now - instance.committed < instance.options.auto_commit_interval) return;
  instance.committed = now;
  commit_received(instance);
}

std::vector<std::string> Group::expired(Timestamp now) const {
  std::vector<std::string> names;
  for (const auto& [name, instance] : instances_) {
    if (instance->calls == 0 && now - instance->called >= instance->options.session_timeout) names.push_back(name);
  }
  return names;
}

std::shared_ptr<Instance> Group::owner(const TopicPartition& partition) const {
  for (const auto& [name, instance] : instances_) {
    if (instance->assigned.contains(partition)) return instance;
  }
  return nullptr;
}

bool Group::has_partitions_to_find() const {
  return std::ranges::any_of(instances_, [](const auto& entry) {
    return std::ranges::any_of(entry.second->assigned, [](const auto& each) { return !each.second.found; });
  });
}

GroupStatus Group::status() const {
  GroupStatus status{name_, generation_, {}};
  for (const auto& [name, instance] : instances_) {
    InstanceStatus one{name, {}};
    for (const std::string& topic : instance->topics) {
      AssignedTopic assigned{topic, {}};
      for (const auto& [partition, at] : instance->assigned) {
        if (partition.topic == topic) assigned.partitions.push_back(partition.partition);
      }
      one.topics.push_back(std::move(assigned));
    }
    status.instances.push_back(std::move(one));
  }
  return status;
}

}  // namespace millrace::eventlog
