#include "store/rdb/streams.h"

#include <algorithm>

#include "store/commands/text.h"
#include "store/embedded/stream_rows.h"
#include "store/rdb/packed_lists.h"
#include "store/rdb/payload.h"
#include "store/rdb/writer.h"

namespace millrace::store::rdb {
namespace {

// Entries stand in listpacks, each under the identifier of its first one. A listpack begins with how many of its
// entries live and how many are deleted, the names of fields that many of them have, and a 0. An entry has flags, its
// distance to the first identifier, its fields (only their values, when the names are those) and how many elements it
// has.
enum EntryFlag : std::int64_t { deleted = 1, same_names = 2 };

constexpr std::size_t entries_in_listpack_max = 100;  // as Redis

StreamId read_raw_id(Reader& in) {
  std::uint64_t ms = in.big_endian();
  return {ms, in.big_endian()};
}

StreamId read_id(Reader& in) {
  std::uint64_t ms = in.length();
  return {ms, in.length()};
}

// Goes through the elements of a listpack.
class Cursor {
 public:
  explicit Cursor(Elements elements) : elements_(std::move(elements)) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ == elements_.size(); }
  void fail() { ok_ = false; }

  std::string text() {
    if (at_ == elements_.size()) {
      ok_ = false;
      return {};
    }
    return std::move(elements_[at_++]);
  }

  std::int64_t integer() {
    auto number = to_integer(text());
    if (!number) ok_ = false;
    return number.value_or(0);
  }

  // How many elements follow, of which there must be so many.
  std::size_t count() {
    std::int64_t number = integer();
    if (number < 0 || static_cast<std::size_t>(number) > elements_.size() - at_) ok_ = false;
    return ok_ ? static_cast<std::size_t>(number) : 0;
  }

 private:
  Elements elements_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

// `names_left` bounds the bytes of names that stand once in the payload and are copied to each entry.
std::vector<std::string> read_fields(Cursor& cursor, const std::vector<std::string>& names, bool same,
                                     std::size_t& names_left) {
  std::vector<std::string> fields;
  if (same) {
    for (const std::string& name : names) {
      if (!cursor.ok() || name.size() > names_left) cursor.fail();
      if (!cursor.ok()) return fields;
      names_left -= name.size();
      fields.push_back(name);
      fields.push_back(cursor.text());
    }
    return fields;
  }
  for (std::size_t left = cursor.count(); left > 0 && cursor.ok(); --left) {
    fields.push_back(cursor.text());
    fields.push_back(cursor.text());
  }
  return fields;
}

bool read_entries(Cursor cursor, StreamId first, std::vector<StreamEntry>& entries, std::size_t& names_left) {
  cursor.integer();  // live
  cursor.integer();  // deleted
  std::vector<std::string> names;
  for (std::size_t left = cursor.count(); left > 0 && cursor.ok(); --left) names.push_back(cursor.text());
  cursor.integer();
  while (cursor.ok() && !cursor.at_end()) {
    std::int64_t flags = cursor.integer();
    StreamId id{first.milliseconds + static_cast<std::uint64_t>(cursor.integer()),
                first.sequence + static_cast<std::uint64_t>(cursor.integer())};
    StreamEntry entry{id, read_fields(cursor, names, (flags & same_names) != 0, names_left)};
    cursor.integer();  // how many elements it has
    if (cursor.ok() && (flags & deleted) == 0) entries.push_back(std::move(entry));
  }
  return cursor.ok();
}

void read_pending(Reader& in, StreamGroup& group) {
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    PendingEntry entry{read_raw_id(in)};
    entry.delivered_at = static_cast<std::int64_t>(in.little_endian<std::uint64_t>());
    entry.deliveries = in.length();
    group.pending.push_back(entry);
  }
}

void read_consumers(Reader& in, StreamGroup& group, int form) {
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    StreamConsumer consumer{in.string()};
    consumer.seen_at = static_cast<std::int64_t>(in.little_endian<std::uint64_t>());
    consumer.active_at = form >= 3 ? static_cast<std::int64_t>(in.little_endian<std::uint64_t>()) : consumer.seen_at;
    for (std::uint64_t ids = in.count(); ids > 0 && in.ok(); --ids) consumer.pending.push_back(read_raw_id(in));
    group.consumers.push_back(std::move(consumer));
  }
}

StreamGroup read_group(Reader& in, int form) {
  StreamGroup group{in.string()};
  group.last = read_id(in);
  if (form >= 2) {
    std::uint64_t read = in.length();
    if (read != UINT64_MAX) group.entries_read = read;
  }
  read_pending(in, group);
  read_consumers(in, group, form);
  return group;
}

std::vector<std::string> names_of(const StreamEntry& entry) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < entry.fields.size(); i += 2) names.push_back(entry.fields[i]);
  return names;
}

void add_entry(Elements& elements, const StreamEntry& entry, StreamId first, const std::vector<std::string>& names) {
  bool same = names_of(entry) == names;
  auto count = static_cast<std::int64_t>(entry.fields.size() / 2);
  elements.push_back(same ? "2" : "0");
  elements.push_back(std::to_string(static_cast<std::int64_t>(entry.id.milliseconds - first.milliseconds)));
  elements.push_back(std::to_string(static_cast<std::int64_t>(entry.id.sequence - first.sequence)));
  if (!same) elements.push_back(std::to_string(count));
  for (std::size_t i = 0; i < entry.fields.size(); ++i) {
    if (!same || i % 2 == 1) elements.push_back(entry.fields[i]);
  }
  elements.push_back(std::to_string(same ? count + 3 : 2 * count + 4));
}

void append_entries(std::string& out, const std::vector<StreamEntry>& entries) {
  append_length(out, (entries.size() + entries_in_listpack_max - 1) / entries_in_listpack_max);
  for (std::size_t begin = 0; begin < entries.size(); begin += entries_in_listpack_max) {
    std::size_t end = std::min(begin + entries_in_listpack_max, entries.size());
    StreamId first = entries[begin].id;
    std::vector<std::string> names = names_of(entries[begin]);
    Elements elements{std::to_string(end - begin), "0", std::to_string(names.size())};
    elements.insert(elements.end(), names.begin(), names.end());
    elements.push_back("0");
    for (std::size_t i = begin; i < end; ++i) add_entry(elements, entries[i], first, names);
    std::string id;
    append_big_endian(id, first.milliseconds, 8);
    append_big_endian(id, first.sequence, 8);
    append_string(out, id);
    append_string(out, write_listpack(elements));
  }
}

void append_raw_id(std::string& out, StreamId id) {
  append_big_endian(out, id.milliseconds, 8);
  append_big_endian(out, id.sequence, 8);
}

void append_id(std::string& out, StreamId id) {
  append_length(out, id.milliseconds);
  append_length(out, id.sequence);
}

void append_group(std::string& out, const StreamGroup& group) {
  append_string(out, group.name);
  append_id(out, group.last);
  append_length(out, group.entries_read.value_or(UINT64_MAX));
  append_length(out, group.pending.size());
  for (const PendingEntry& entry : group.pending) {
    append_raw_id(out, entry.id);
    append_little_endian(out, static_cast<std::uint64_t>(entry.delivered_at));
    append_length(out, entry.deliveries);
  }
  append_length(out, group.consumers.size());
  for (const StreamConsumer& consumer : group.consumers) {
    append_string(out, consumer.name);
    append_little_endian(out, static_cast<std::uint64_t>(consumer.seen_at));
    append_length(out, consumer.pending.size());
    for (StreamId id : consumer.pending) append_raw_id(out, id);
  }
}

// Whatever may be wrong in what was read: identifiers ascend, and what consumers have pending is pending.
bool is_sound(const Stream& stream) {
  auto ids_ascend = [](const auto& entries) {
    return std::ranges::adjacent_find(entries, [](const auto& a, const auto& b) { return a.id >= b.id; }) ==
           entries.end();
  };
  if (!ids_ascend(stream.entries)) return false;
  if (!stream.entries.empty() && stream.entries.back().id > stream.last) return false;
  for (const StreamGroup& group : stream.groups) {
    if (!ids_ascend(group.pending)) return false;
    std::size_t owned = 0;
    for (const StreamConsumer& consumer : group.consumers) {
      for (StreamId id : consumer.pending) {
        if (!std::ranges::binary_search(group.pending, id, {}, &PendingEntry::id)) return false;
      }
      owned += consumer.pending.size();
    }
    if (owned != group.pending.size()) return false;
  }
  return true;
}

// Older forms don't tell how far groups have read.
void count_reads(Stream& stream) {
  StreamRow row{.length = stream.added, .last = stream.last, .entries_added = stream.added};
  if (!stream.entries.empty()) row.first = stream.entries.front().id;
  for (StreamGroup& group : stream.groups) group.entries_read = entries_up_to(row, group.last);
}

}  // namespace

Stream read_stream(Reader& in, int form) {
  Stream stream;
  std::size_t names_left = expanded_bytes_max;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    std::string raw_id = in.string();
    Reader id(raw_id, 0);
    StreamId first = read_raw_id(id);
    auto elements = read_listpack(in.string());
    bool readable = id.ok() && id.at_end() && elements;
    if (!readable || !read_entries(Cursor(std::move(*elements)), first, stream.entries, names_left)) in.fail();
  }
  std::uint64_t length = in.length();
  stream.last = read_id(in);
  stream.added = length;
  if (form >= 2) {
    read_id(in);  // the first identifier, which the entries tell as well
    stream.deleted_most = read_id(in);
    stream.added = in.length();
  }
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) stream.groups.push_back(read_group(in, form));
  if (form < 2) count_reads(stream);
  if (length != stream.entries.size() || !is_sound(stream)) in.fail();
  return stream;
}

void append_stream(std::string& out, const Stream& stream) {
  append_entries(out, stream.entries);
  append_length(out, stream.entries.size());
  append_id(out, stream.last);
  append_id(out, stream.entries.empty() ? StreamId{} : stream.entries.front().id);
  append_id(out, stream.deleted_most);
  append_length(out, stream.added);
  append_length(out, stream.groups.size());
  for (const StreamGroup& group : stream.groups) append_group(out, group);
}

}  // namespace millrace::store::rdb
