#include "store/embedded/stream_rows.h"

#include "base/bytes.h"

namespace millrace::store {
namespace {

// The first byte of each family.
constexpr char entry_family = 'e';
constexpr char group_family = 'g';
constexpr char consumer_family = 'c';
constexpr char pending_family = 'p';
constexpr char delivered_family = 'd';

constexpr std::size_t id_size = 16;

std::string with_group(char family, std::uint64_t group) {
  std::string member(1, family);
  member.reserve(64);
  append_big_endian(member, group);
  return member;
}

std::string delivered_prefix(std::uint64_t group, std::string_view consumer) {
  std::string member = with_group(delivered_family, group);
  append_big_endian(member, static_cast<std::uint32_t>(consumer.size()));
  return member.append(consumer);
}

KeyRange ids_behind(const std::string& prefix, const StreamId& from, const StreamId& to) {
  KeyRange range{prefix, prefix};
  append_stream_id(range.begin, from);
  append_stream_id(range.end, to);
  range.end.push_back('\0');
  return range;
}

void append_id(std::string& out, const StreamId& id) {
  append_varint(out, id.milliseconds);
  append_varint(out, id.sequence);
}

StreamId read_id(ByteReader& in) {
  std::uint64_t milliseconds = in.varint();
  return {milliseconds, in.varint()};
}

std::int64_t read_time(ByteReader& in) {
  return static_cast<std::int64_t>(in.varint_up_to(INT64_MAX));
}

}  // namespace

std::string encode(const StreamRow& row) {
  std::string out;
  append_varint(out, row.length);
  append_id(out, row.last);
  append_id(out, row.first);
  append_id(out, row.deleted_most);
  append_varint(out, row.entries_added);
  append_varint(out, row.groups);
  append_varint(out, row.group_next);
  return out;
}

std::optional<StreamRow> decode_stream(std::string_view bytes) {
  ByteReader in(bytes);
  StreamRow row;
  row.length = in.varint();
  row.last = read_id(in);
  row.first = read_id(in);
  row.deleted_most = read_id(in);
  row.entries_added = in.varint();
  row.groups = in.varint();
  row.group_next = in.varint();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return row;
}

std::string encode(const GroupRow& row) {
  std::string out;
  append_varint(out, row.number);
  append_id(out, row.last);
  out.push_back(row.entries_read ? '\1' : '\0');
  append_varint(out, row.entries_read.value_or(0));
  append_varint(out, row.pending);
  append_varint(out, row.consumers);
  append_id(out, row.pending_most);
  return out;
}

std::optional<GroupRow> decode_group(std::string_view bytes) {
  ByteReader in(bytes);
  GroupRow row;
  row.number = in.varint();
  row.last = read_id(in);
  std::uint8_t counted = in.byte();
  std::uint64_t entries_read = in.varint();
  if (counted != 0) row.entries_read = entries_read;
  row.pending = in.varint();
  row.consumers = in.varint();
  row.pending_most = read_id(in);
  bool counted_well = counted == 1 || (counted == 0 && entries_read == 0);
  if (!in.ok() || !in.at_end() || !counted_well) return std::nullopt;
  return row;
}

std::string encode(const ConsumerRow& row) {
  std::string out;
  append_varint(out, static_cast<std::uint64_t>(row.seen_at));
  append_varint(out, static_cast<std::uint64_t>(row.active_at));
  append_varint(out, row.pending);
  return out;
}

std::optional<ConsumerRow> decode_consumer(std::string_view bytes) {
  ByteReader in(bytes);
  ConsumerRow row;
  row.seen_at = read_time(in);
  row.active_at = read_time(in);
  row.pending = in.varint();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return row;
}

std::string encode(const PendingRow& row) {
  std::string out;
  append_varint(out, static_cast<std::uint64_t>(row.delivered_at));
  append_varint(out, row.deliveries);
  return out.append(row.consumer);
}

std::optional<PendingRow> decode_pending(std::string_view bytes) {
  ByteReader in(bytes);
  PendingRow row;
  row.delivered_at = read_time(in);
  row.deliveries = in.varint();
  row.consumer = in.rest();
  if (!in.ok()) return std::nullopt;
  return row;
}

std::string entry_member(const StreamId& id) {
  std::string member(1, entry_family);
  append_stream_id(member, id);
  return member;
}

std::string group_member(std::string_view group) {
  return std::string(1, group_family).append(group);
}

std::string consumer_member(std::uint64_t group, std::string_view consumer) {
  return with_group(consumer_family, group).append(consumer);
}

std::string pending_member(std::uint64_t group, const StreamId& id) {
  std::string member = with_group(pending_family, group);
  append_stream_id(member, id);
  return member;
}

std::string delivered_member(std::uint64_t group, std::string_view consumer, const StreamId& id) {
  std::string member = delivered_prefix(group, consumer);
  append_stream_id(member, id);
  return member;
}

KeyRange entry_members(const StreamId& from, const StreamId& to) {
  return ids_behind(std::string(1, entry_family), from, to);
}

KeyRange group_members() {
  return prefix_range(std::string_view(&group_family, 1));
}

KeyRange consumer_members(std::uint64_t group) {
  return prefix_range(with_group(consumer_family, group));
}

KeyRange pending_members(std::uint64_t group, const StreamId& from, const StreamId& to) {
  return ids_behind(with_group(pending_family, group), from, to);
}

KeyRange delivered_members(std::uint64_t group, std::string_view consumer, const StreamId& from, const StreamId& to) {
  return ids_behind(delivered_prefix(group, consumer), from, to);
}

KeyRange delivered_members(std::uint64_t group) {
  return prefix_range(with_group(delivered_family, group));
}

std::string_view name_of_group_member(std::string_view member) {
  return member.substr(1);
}

std::string_view name_of_consumer_member(std::string_view member) {
  return member.substr(1 + sizeof(std::uint64_t));
}

std::optional<StreamId> id_of_member(std::string_view member) {
  if (member.size() < 1 + id_size) return std::nullopt;
  return decode_stream_id(member.substr(member.size() - id_size));
}

bool has_gaps_after(const StreamRow& stream, const StreamId& from) {
  if (stream.length == 0 || stream.deleted_most == stream_id_least) return false;
  return stream.first <= stream.deleted_most && from <= stream.deleted_most;
}

std::optional<std::uint64_t> entries_up_to(const StreamRow& stream, const StreamId& id) {
  if (stream.entries_added == 0) return 0;
  if (stream.length == 0 && id <= stream.last) return stream.entries_added;
  if (id == stream.last) return stream.entries_added;
  if (id > stream.last) return std::nullopt;
  bool gaps = stream.deleted_most != stream_id_least && stream.deleted_most >= stream.first;
  if (gaps || id > stream.first) return std::nullopt;
  std::uint64_t before_first = stream.entries_added - stream.length;
  return id == stream.first ? before_first + 1 : before_first;
}

std::optional<std::int64_t> lag(const StreamRow& stream, const GroupRow& group) {
  if (stream.entries_added == 0) return 0;
  auto read = group.entries_read;
  if (!read || has_gaps_after(stream, group.last)) read = entries_up_to(stream, group.last);
  if (!read) return std::nullopt;
  return static_cast<std::int64_t>(stream.entries_added - *read);
}

void deliver(const StreamRow& stream, GroupRow& group, const StreamId& id) {
  if (group.entries_read && !has_gaps_after(stream, id)) {
    ++*group.entries_read;
  } else if (stream.entries_added != 0) {
    group.entries_read = entries_up_to(stream, id);
  }
  group.last = id;
}

}  // namespace millrace::store
