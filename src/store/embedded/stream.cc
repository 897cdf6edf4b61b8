#include "store/embedded/stream.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"

namespace millrace::store {

Error damaged_stream(std::string_view key) {
  return {ErrorCode::corrupt, fmt::format("the rows of stream '{}' cannot be read", key)};
}

Result<Stream> Stream::open(Keyspace& keys, std::string_view key) {
  Stream stream(keys, key);
  auto found = keys.find(key, Type::stream);
  if (!found) return found.error();
  if (!*found) return stream;
  auto row = decode_stream((*found)->content);
  if (!row || !(*found)->spread) return damaged_stream(key);
  stream.before_ = **found;
  stream.before_->content = {};
  stream.generation_ = (*found)->generation;
  stream.row_ = *row;
  return stream;
}

Result<void> Stream::create() {
  auto generation = keys_->take_generation();
  if (!generation) return generation.error();
  generation_ = *generation;
  changed_ = true;
  return {};
}

void Stream::append(const StreamId& id, std::span<const std::string> fields_and_values) {
  std::string fields;
  for (const std::string& part : fields_and_values) append_sized(fields, part);
  keys_->put_element(generation_, entry_member(id), fields);
  if (row_.length == 0) row_.first = id;
  row_.last = id;
  ++row_.length;
  ++row_.entries_added;
  changed_ = true;
}

Result<bool> Stream::has(const StreamId& id) {
  auto found = find(id);
  if (!found) return found.error();
  return found->has_value();
}

Result<std::optional<std::string_view>> Stream::find(const StreamId& id) {
  if (id < row_.first || row_.length == 0) return std::optional<std::string_view>{};
  return keys_->find_element(generation_, entry_member(id));
}

// What lies before the first entry are rows that were erased: stepping over many of them would take time. Behind the
// last one there is nothing, which who waits for entries asks most of the time.
Result<void> Stream::each(const StreamId& from, const StreamId& to, Direction direction, const Visitor& visit) {
  StreamId begin = first_erased_ ? from : std::max(from, row_.first);
  StreamId end = std::min(to, row_.last);
  if (row_.length == 0 || begin > end) return {};
  bool readable = true;
  auto visit_row = [&](std::string_view member, std::string_view value) {
    auto id = id_of_member(member);
    readable = id.has_value();
    return readable ? visit(*id, value) : Visit::stop;
  };
  auto done = keys_->scan_elements(generation_, entry_members(begin, end), direction, visit_row);
  if (done && !readable) return damaged_stream(key_);
  return done;
}

Result<std::vector<StreamId>> Stream::first_ids(const std::optional<StreamId>& end, std::uint64_t count_max) {
  std::vector<StreamId> ids;
  if (count_max == 0) return ids;
  auto done = each(stream_id_least, stream_id_most, Direction::ascending, [&](const StreamId& id, std::string_view) {
    if (end && id >= *end) return Visit::stop;
    ids.push_back(id);
    return ids.size() == count_max ? Visit::stop : Visit::more;
  });
  if (!done) return done.error();
  return ids;
}

Result<std::optional<StreamId>> Stream::last_id() {
  std::optional<StreamId> last;
  auto done = each(stream_id_least, stream_id_most, Direction::descending, [&](const StreamId& id, std::string_view) {
    last = id;
    return Visit::stop;
  });
  if (!done) return done.error();
  return last;
}

void Stream::erase(const StreamId& id, Removal removal) {
  keys_->erase_element(generation_, entry_member(id));
  --row_.length;
  if (removal == Removal::deleted) row_.deleted_most = std::max(row_.deleted_most, id);
  first_erased_ = first_erased_ || id == row_.first;
  changed_ = true;
}

void Stream::set_last(const StreamId& id) {
  row_.last = id;
  changed_ = true;
}

void Stream::set_entries_added(std::uint64_t count) {
  row_.entries_added = count;
  changed_ = true;
}

void Stream::set_deleted_most(const StreamId& id) {
  row_.deleted_most = id;
  changed_ = true;
}

std::uint64_t Stream::take_group_number() {
  ++row_.groups;
  changed_ = true;
  return row_.group_next++;
}

void Stream::drop_group() {
  --row_.groups;
  changed_ = true;
}

Result<void> Stream::find_first() {
  StreamId behind = row_.first;
  row_.first = {};
  first_erased_ = false;
  return each(behind, stream_id_most, Direction::ascending, [&](const StreamId& id, std::string_view) {
    row_.first = id;
    return Visit::stop;
  });
}

Result<void> Stream::save() {
  if (!changed_) return {};
  if (first_erased_) {
    if (auto done = find_first(); !done) return done;
  }
  changed_ = false;
  std::string content = encode(row_);
  KeyRow row{.type = Type::stream,
             .spread = true,
             .expires_at = before_ ? before_->expires_at : 0,
             .content = content,
             .generation = generation_,
             .elements = row_.length};
  auto done = keys_->put(key_, before_, row);
  before_ = row;
  before_->content = {};
  return done;
}

}  // namespace millrace::store
