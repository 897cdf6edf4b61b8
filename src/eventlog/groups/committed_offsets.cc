#include "eventlog/groups/committed_offsets.h"

#include <fmt/format.h>

#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/rows.h"
#include "eventlog/embedded/topic_rows.h"

namespace millrace::eventlog {
namespace {

Result<TopicRow> topic_of(Unit& unit, const TopicPartition& partition) {
  auto topic = find_topic(unit, partition.topic);
  if (topic && partition.partition >= topic->topic.settings.partitions) {
    return Error{ErrorCode::not_found,
                 fmt::format("topic '{}' has no partition {}", partition.topic, partition.partition)};
  }
  return topic;
}

Result<std::optional<Offset>> committed(Unit& unit, TopicNumber topic, PartitionNumber partition,
                                        const std::string& group) {
  auto row = unit.get(committed_key(topic, partition, group));
  if (!row) return row.error();
  if (!*row) return std::optional<Offset>{};
  auto offset = decode_offset(**row);
  if (!offset) return Error{ErrorCode::corrupt, fmt::format("what group '{}' has committed cannot be read", group)};
  return offset;
}

}  // namespace

Result<std::optional<Offset>> read_committed(Unit& unit, const std::string& group, const TopicPartition& partition) {
  auto topic = topic_of(unit, partition);
  if (!topic) return topic.error();
  return committed(unit, topic->number, partition.partition, group);
}

Result<void> stage_commit(Unit& unit, const std::string& group, const TopicPartition& partition, Offset offset) {
  auto topic = topic_of(unit, partition);
  if (!topic) return topic.error();
  unit.put(committed_key(topic->number, partition.partition, group), encode_offset(offset));
  return {};
}

Result<void> stage_group(Unit& unit, const std::string& group) {
  auto known = is_group(unit, group);
  if (!known) return known.error();
  if (*known) return {};
  std::size_t count = 0;
  auto done = unit.scan(group_rows(), Direction::ascending,
                        [&](auto, auto) { return ++count < groups_max ? Visit::more : Visit::stop; });
  if (!done) return done.error();
  if (count >= groups_max) {
    return Error{ErrorCode::over_limit, fmt::format("there are {} groups, and no more can be", groups_max)};
  }
  unit.put(group_key(group), "");
  return {};
}

Result<bool> is_group(Unit& unit, const std::string& group) {
  auto row = unit.get(group_key(group));
  if (!row) return row.error();
  return row->has_value();
}

Result<std::vector<std::string>> read_groups(Unit& unit) {
  std::vector<std::string> names;
  auto done = unit.scan(group_rows(), Direction::ascending, [&](std::string_view key, std::string_view) {
    names.emplace_back(name_of_group_row(key));
    return Visit::more;
  });
  if (!done) return done.error();
  return names;
}

Result<std::vector<GroupLag>> read_lag(Unit& unit, const std::string& group) {
  auto topics = read_topics(unit);
  if (!topics) return topics.error();
  std::vector<GroupLag> all;
  for (const TopicRow& topic : *topics) {
    for (PartitionNumber partition = 0; partition < topic.topic.settings.partitions; ++partition) {
      auto offset = committed(unit, topic.number, partition, group);
      if (!offset) return offset.error();
      if (!*offset) continue;
      auto bounds = read_bounds(unit, topic, partition);
      if (!bounds) return bounds.error();
      Offset from = std::max(**offset, bounds->first);
      all.push_back({.of = {topic.topic.name, partition},
                     .committed = **offset,
                     .next = bounds->next,
                     .lag = from < bounds->next ? bounds->next - from : 0});
    }
  }
  return all;
}

Result<void> stage_group_removal(Unit& unit, const std::string& group) {
  auto topics = read_topics(unit);
  if (!topics) return topics.error();
  for (const TopicRow& topic : *topics) {
    for (PartitionNumber partition = 0; partition < topic.topic.settings.partitions; ++partition) {
      auto offset = committed(unit, topic.number, partition, group);
      if (!offset) return offset.error();
      if (*offset) unit.erase(committed_key(topic.number, partition, group));
    }
  }
  unit.erase(group_key(group));
  return {};
}

}  // namespace millrace::eventlog
