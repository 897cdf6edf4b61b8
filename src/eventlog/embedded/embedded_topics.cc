// The log's calls about topics, in a unit.

#include <algorithm>
#include <fmt/format.h>

#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/embedded_log.h"
#include "eventlog/embedded/topic_rows.h"

namespace millrace::eventlog {

Result<Topic> EmbeddedLog::stage_create(Unit& unit, std::string_view name, const TopicSettings& settings) {
  if (auto valid = check_topic(name, settings); !valid) return valid.error();
  auto taken = look_up_topic(unit, name);
  if (!taken) return taken.error();
  if (*taken) {
    return Error{ErrorCode::conflict, (*taken)->topic.name == name
                                          ? fmt::format("there is a topic '{}' already", name)
                                          : fmt::format("topic '{}' collides with '{}'", name, (*taken)->topic.name)};
  }
  auto number = take_topic_number(unit);
  if (!number) return number.error();
  TopicRow row{*number, {std::string(name), settings, options_.clock()}};
  unit.put(topic_key(name), encode(row));
  tell_topics_changed(unit);
  return std::move(row.topic);
}

Result<Topic> EmbeddedLog::show(Unit& unit, std::string_view name) {
  auto row = find_topic(unit, name);
  if (!row) return row.error();
  return std::move(row->topic);
}

Result<std::vector<Topic>> EmbeddedLog::topics(Unit& unit) {
  auto rows = read_topics(unit);
  if (!rows) return rows.error();
  std::vector<Topic> all;
  all.reserve(rows->size());
  for (TopicRow& row : *rows) all.push_back(std::move(row.topic));
  return all;
}

Result<Topic> EmbeddedLog::stage_alter(Unit& unit, std::string_view name, const TopicSettings& settings) {
  if (auto valid = check_topic(name, settings); !valid) return valid.error();
  auto row = find_topic(unit, name);
  if (!row) return row.error();
  const TopicSettings& before = row->topic.settings;
  if (settings.partitions < before.partitions) {
    return Error{ErrorCode::invalid,
                 fmt::format("topic '{}' has {} partitions, and they can only become more", name, before.partitions)};
  }
  if (settings.offset_first != before.offset_first) {
    return Error{ErrorCode::invalid, fmt::format("topic '{}' begins at {} for good", name, before.offset_first)};
  }
  row->topic.settings = settings;
  unit.put(topic_key(name), encode(*row));
  tell_topics_changed(unit);
  return std::move(row->topic);
}

// The topic's own row goes with the unit. The others, which nobody can reach then, are reclaimed afterwards; a row of
// its own tells of them until they are gone.
Result<void> EmbeddedLog::stage_remove(Unit& unit, std::string_view name, InUse in_use) {
  auto row = find_topic(unit, name);
  if (!row) return row.error();
  if (auto owner = owners_.find(std::string(name)); owner != owners_.end() && in_use == InUse::stays) {
    return Error{ErrorCode::conflict, fmt::format("topic '{}' is in use by the app '{}'", name, owner->second)};
  }
  unit.erase(topic_key(name));
  unit.put(removed_key(row->number), "");
  unit.after_sync([this, number = row->number, partitions = row->topic.settings.partitions] {
    for (KeyRange& range : remains(number)) home_.reclaim(std::move(range));
    tails_->forget(number, partitions);
  });
  tell_topics_changed(unit);
  return {};
}

Result<TopicStatus> EmbeddedLog::status(Unit& unit, std::string_view name) {
  auto row = find_topic(unit, name);
  if (!row) return row.error();
  TopicStatus status{row->topic, {}};
  status.partitions.reserve(row->topic.settings.partitions);
  for (PartitionNumber partition = 0; partition < row->topic.settings.partitions; ++partition) {
    auto kept = read_partition(unit, *row, partition);
    if (!kept) return kept.error();
    status.partitions.push_back({kept->bounds, kept->records, kept->bytes});
  }
  return status;
}

void EmbeddedLog::tell_topics_changed(Unit& unit) {
  unit.after_sync([this] {
    for (const auto& call : topics_changed_) call();
  });
}

}  // namespace millrace::eventlog
