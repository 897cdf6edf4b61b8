#include "store/embedded/stream_group.h"

#include <algorithm>

namespace millrace::store {
Result<std::optional<StreamGroup>> StreamGroup::find(Stream& stream, std::string_view name) {
  if (!stream.exists() || stream.row().groups == 0) return std::optional<StreamGroup>{};
  auto found = stream.keys().find_element(stream.generation(), group_member(name));
  if (!found) return found.error();
  if (!*found) return std::optional<StreamGroup>{};
  auto row = decode_group(**found);
  if (!row) return damaged_stream(stream.key());
  return std::optional(StreamGroup(stream, name, *row));
}

Result<std::vector<StreamGroup>> StreamGroup::all(Stream& stream) {
  std::vector<StreamGroup> groups;
  if (!stream.exists() || stream.row().groups == 0) return groups;
  bool readable = true;
  auto done = stream.keys().scan_elements(stream.generation(), group_members(), Direction::ascending,
                                          [&](std::string_view member, std::string_view value) {
                                            auto row = decode_group(value);
                                            readable = row.has_value();
                                            if (!readable) return Visit::stop;
                                            groups.push_back(StreamGroup(stream, name_of_group_member(member), *row));
                                            return Visit::more;
                                          });
  if (!done) return done.error();
  if (!readable) return damaged_stream(stream.key());
  return groups;
}

StreamGroup StreamGroup::create(Stream& stream, std::string_view name, const StreamId& last,
                                std::optional<std::uint64_t> entries_read) {
  return StreamGroup(stream, name, {.number = stream.take_group_number(), .last = last, .entries_read = entries_read});
}

Result<void> StreamGroup::erase_members(const KeyRange& members) {
  std::vector<std::string> found;
  auto done =
      keys().scan_elements(generation(), members, Direction::ascending, [&](std::string_view member, std::string_view) {
        found.emplace_back(member);
        return Visit::more;
      });
  for (const std::string& member : found) keys().erase_element(generation(), member);
  return done;
}

Result<void> StreamGroup::destroy() {
  if (row_.pending != 0) {
    if (auto done = erase_members(pending_members(row_.number, stream_id_least, stream_id_most)); !done) return done;
    if (auto done = erase_members(delivered_members(row_.number)); !done) return done;
  }
  if (row_.consumers != 0) {
    if (auto done = erase_members(consumer_members(row_.number)); !done) return done;
  }
  keys().erase_element(generation(), group_member(name_));
  stream_->drop_group();
  return {};
}

void StreamGroup::set_last(const StreamId& id, std::optional<std::uint64_t> entries_read) {
  row_.last = id;
  row_.entries_read = entries_read;
}

void StreamGroup::move_last(const StreamId& id) {
  row_.last = id;
}

void StreamGroup::deliver(const StreamId& id) {
  store::deliver(stream_->row(), row_, id);
}

Result<ConsumerRow*> StreamGroup::consumer(std::string_view name) {
  auto cached = consumers_.find(name);
  if (cached == consumers_.end()) {
    auto found = keys().find_element(generation(), consumer_member(row_.number, name));
    if (!found) return found.error();
    auto row = *found ? decode_consumer(**found) : ConsumerRow{};
    if (!row) return damaged_stream(stream_->key());
    cached = consumers_.emplace(std::string(name), CachedConsumer{*row, found->has_value()}).first;
  }
  return cached->second.exists ? &cached->second.row : nullptr;
}

ConsumerRow& StreamGroup::create_consumer(std::string_view name) {
  ++row_.consumers;
  CachedConsumer& created = consumers_[std::string(name)];
  created = {.row = {.seen_at = keys().now()}, .exists = true};
  return created.row;
}

Result<void> StreamGroup::erase_consumer(std::string_view name) {
  auto ids = delivered_between(name, stream_id_least, stream_id_most, SIZE_MAX);
  if (!ids) return ids.error();
  for (const StreamId& id : *ids) {
    keys().erase_element(generation(), pending_member(row_.number, id));
    keys().erase_element(generation(), delivered_member(row_.number, name, id));
  }
  row_.pending -= ids->size();
  --row_.consumers;
  consumers_.erase(std::string(name));
  keys().erase_element(generation(), consumer_member(row_.number, name));
  return {};
}

Result<void> StreamGroup::each_consumer(const ConsumerVisitor& visit) {
  bool readable = true;
  auto done = keys().scan_elements(generation(), consumer_members(row_.number), Direction::ascending,
                                   [&](std::string_view member, std::string_view value) {
                                     auto row = decode_consumer(value);
                                     readable = row.has_value();
                                     if (!readable) return Visit::stop;
                                     visit(name_of_consumer_member(member), *row);
                                     return Visit::more;
                                   });
  if (done && !readable) return damaged_stream(stream_->key());
  return done;
}

Result<std::optional<PendingRow>> StreamGroup::pending(const StreamId& id) {
  if (row_.pending == 0 || id > row_.pending_most) return std::optional<PendingRow>{};
  auto found = keys().find_element(generation(), pending_member(row_.number, id));
  if (!found) return found.error();
  if (!*found) return std::optional<PendingRow>{};
  auto row = decode_pending(**found);
  if (!row) return damaged_stream(stream_->key());
  return row;
}

Result<void> StreamGroup::put_pending(const StreamId& id, const std::optional<PendingRow>& before,
                                      const PendingRow& row) {
  keys().put_element(generation(), pending_member(row_.number, id), encode(row));
  row_.pending_most = std::max(row_.pending_most, id);
  if (before && before->consumer == row.consumer) return {};
  auto owner = consumer(row.consumer);
  if (!owner) return owner.error();
  ++(*owner)->pending;
  keys().put_element(generation(), delivered_member(row_.number, row.consumer, id), {});
  if (!before) {
    ++row_.pending;
    return {};
  }
  auto owner_before = consumer(before->consumer);
  if (!owner_before) return owner_before.error();
  if (*owner_before != nullptr) --(*owner_before)->pending;
  keys().erase_element(generation(), delivered_member(row_.number, before->consumer, id));
  return {};
}

Result<void> StreamGroup::erase_pending(const StreamId& id, const PendingRow& before) {
  auto owner = consumer(before.consumer);
  if (!owner) return owner.error();
  if (*owner != nullptr) --(*owner)->pending;
  --row_.pending;
  keys().erase_element(generation(), pending_member(row_.number, id));
  keys().erase_element(generation(), delivered_member(row_.number, before.consumer, id));
  return {};
}

Result<std::vector<StreamGroup::Pending>> StreamGroup::pending_between(const StreamId& from, const StreamId& to,
                                                                       std::size_t count_max) {
  std::vector<Pending> found;
  if (count_max == 0 || from > to || row_.pending == 0) return found;
  bool readable = true;
  auto done = keys().scan_elements(generation(), pending_members(row_.number, from, to), Direction::ascending,
                                   [&](std::string_view member, std::string_view value) {
                                     auto id = id_of_member(member);
                                     auto row = decode_pending(value);
                                     readable = id && row;
                                     if (!readable) return Visit::stop;
                                     found.push_back({*id, std::move(*row)});
                                     return found.size() == count_max ? Visit::stop : Visit::more;
                                   });
  if (!done) return done.error();
  if (!readable) return damaged_stream(stream_->key());
  return found;
}

Result<std::vector<StreamId>> StreamGroup::delivered_between(std::string_view consumer, const StreamId& from,
                                                             const StreamId& to, std::size_t count_max) {
  std::vector<StreamId> ids;
  if (count_max == 0 || from > to || row_.pending == 0) return ids;
  bool readable = true;
  auto done = keys().scan_elements(generation(), delivered_members(row_.number, consumer, from, to),
                                   Direction::ascending, [&](std::string_view member, std::string_view) {
                                     auto id = id_of_member(member);
                                     readable = id.has_value();
                                     if (!readable) return Visit::stop;
                                     ids.push_back(*id);
                                     return ids.size() == count_max ? Visit::stop : Visit::more;
                                   });
  if (!done) return done.error();
  if (!readable) return damaged_stream(stream_->key());
  return ids;
}

Result<std::vector<StreamGroup::Pending>> StreamGroup::pending_between(const StreamId& from, const StreamId& to,
                                                                       std::size_t count_max,
                                                                       std::string_view consumer) {
  auto ids = delivered_between(consumer, from, to, count_max);
  if (!ids) return ids.error();
  std::vector<Pending> found;
  found.reserve(ids->size());
  for (const StreamId& id : *ids) {
    auto row = pending(id);
    if (!row) return row.error();
    if (!*row) return damaged_stream(stream_->key());
    found.push_back({id, std::move(**row)});
  }
  return found;
}

Result<std::optional<StreamId>> StreamGroup::last_pending() {
  std::optional<StreamId> last;
  if (row_.pending == 0) return last;
  auto range = pending_members(row_.number, stream_id_least, stream_id_most);
  auto done = keys().scan_elements(generation(), range, Direction::descending, [&](std::string_view member, auto) {
    last = id_of_member(member);
    return Visit::stop;
  });
  if (!done) return done.error();
  return last;
}

void StreamGroup::save() {
  keys().put_element(generation(), group_member(name_), encode(row_));
  for (const auto& [name, consumer] : consumers_) {
    if (!consumer.exists) continue;
    keys().put_element(generation(), consumer_member(row_.number, name), encode(consumer.row));
  }
}

}  // namespace millrace::store
