#pragma once

// The rows of a stream under the generation of its key: entries, groups, consumers, pending entries, and an index of
// these by consumer; in prose docs/formats/store.md. Beside them stand the counts of how far a group has read, which
// follow from a row alone. Pure. Each decoder is total: any bytes give a value, or nothing.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unit.h"
#include "store/embedded/stream_id.h"

namespace millrace::store {

// What the key's row keeps.
struct StreamRow {
  std::uint64_t length = 0;
  StreamId last{};                  // the highest id ever given, or what XSETID said
  StreamId first{};                 // of the entries that are there; 0-0 when there is none
  StreamId deleted_most{};          // the highest id that was deleted, other than by trimming
  std::uint64_t entries_added = 0;  // ever
  std::uint64_t groups = 0;
  std::uint64_t group_next = 0;  // groups are numbered; a number is never given again
};

struct GroupRow {
  std::uint64_t number = 0;
  StreamId last{};                              // delivered
  std::optional<std::uint64_t> entries_read{};  // how many of the stream's entries come up to `last`; not always known
  std::uint64_t pending = 0;                    // entries delivered and not acknowledged
  std::uint64_t consumers = 0;
  StreamId pending_most{};  // no entry behind it was ever pending: saves looking for it
};

struct ConsumerRow {
  std::int64_t seen_at = 0;    // milliseconds since 1970: its last try
  std::int64_t active_at = 0;  // its last success; 0: never
  std::uint64_t pending = 0;
};

struct PendingRow {
  std::string consumer{};
  std::int64_t delivered_at = 0;  // milliseconds since 1970
  std::uint64_t deliveries = 0;
};

std::string encode(const StreamRow& row);
std::string encode(const GroupRow& row);
std::string encode(const ConsumerRow& row);
std::string encode(const PendingRow& row);
std::optional<StreamRow> decode_stream(std::string_view bytes);
std::optional<GroupRow> decode_group(std::string_view bytes);
std::optional<ConsumerRow> decode_consumer(std::string_view bytes);
std::optional<PendingRow> decode_pending(std::string_view bytes);

// The keys of the rows behind the generation.
std::string entry_member(const StreamId& id);
std::string group_member(std::string_view group);
std::string consumer_member(std::uint64_t group, std::string_view consumer);
std::string pending_member(std::uint64_t group, const StreamId& id);
std::string delivered_member(std::uint64_t group, std::string_view consumer, const StreamId& id);

// Their ranges; those of ids hold both ends.
KeyRange entry_members(const StreamId& from, const StreamId& to);
KeyRange group_members();
KeyRange consumer_members(std::uint64_t group);
KeyRange pending_members(std::uint64_t group, const StreamId& from, const StreamId& to);
KeyRange delivered_members(std::uint64_t group, std::string_view consumer, const StreamId& from, const StreamId& to);
KeyRange delivered_members(std::uint64_t group);  // of all its consumers

std::string_view name_of_group_member(std::string_view member);
std::string_view name_of_consumer_member(std::string_view member);
std::optional<StreamId> id_of_member(std::string_view member);  // of an entry, a pending entry or its index

// Whether an entry behind or at `from` was deleted, so that entries can't be counted from there on.
bool has_gaps_after(const StreamRow& stream, const StreamId& from);

// How many entries were ever added up to `id`; nothing where that can't be told.
std::optional<std::uint64_t> entries_up_to(const StreamRow& stream, const StreamId& id);

// How many of the entries the group hasn't had; nothing where that can't be told.
std::optional<std::int64_t> lag(const StreamRow& stream, const GroupRow& group);

// Moves the group on to the entry `id`, which is the first behind what it had.
void deliver(const StreamRow& stream, GroupRow& group, const StreamId& id);

}  // namespace millrace::store
