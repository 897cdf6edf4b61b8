#include "store/commands/streams_references.h"

#include <algorithm>

#include "store/commands/command_table.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

constexpr std::int64_t node_size_default = 100;  // of stream-node-max-entries
constexpr std::uint64_t nodes_trimmed_max = 100;
constexpr std::uint64_t entries_trimmed_max = 1'000'000;

std::uint64_t node_size(const Call& call) {
  if (call.context().caller.door == Door::rest) return node_size_default;  // there CONFIG cannot say
  const auto& settings = call.live().settings;
  auto found = settings.find({call.keys.database(), "stream-node-max-entries"});
  std::int64_t size = found == settings.end() ? node_size_default : to_integer(found->second).value_or(0);
  return static_cast<std::uint64_t>(size > 0 ? size : node_size_default);
}

// How many entries one trimming may take.
std::uint64_t limit_of(const Trimming& trimming, std::uint64_t node_size) {
  if (!trimming.approximate) return UINT64_MAX;
  if (trimming.limit) return *trimming.limit == 0 ? UINT64_MAX : *trimming.limit;
  return std::min(nodes_trimmed_max * node_size, entries_trimmed_max);
}

// How many entries an exact trimming would take, up to `count_max`.
Result<std::uint64_t> excess_of(Stream& stream, const Trimming& trimming, std::uint64_t count_max) {
  if (trimming.length_max) {
    std::uint64_t length = stream.row().length;
    return std::min(count_max, length - std::min(length, *trimming.length_max));
  }
  auto ids = stream.first_ids(trimming.id_least, count_max);
  if (!ids) return ids.error();
  return ids->size();
}

std::uint64_t count_to_trim(const Call& call, const Stream& stream, const Trimming& trimming, std::uint64_t excess,
                            std::uint64_t node) {
  if (!trimming.approximate) return excess;
  if (call.context().caller.door == Door::rest) return trimmed_nearly_exactly(excess, node);
  return trimmed_by_nodes(excess, stream.row().length, stream.row().entries_added, node);
}

// Up to `count` of those that no group needs any more.
Result<std::vector<StreamId>> first_acknowledged(Stream& stream, StreamReferences& references,
                                                 const std::optional<StreamId>& end, std::uint64_t count) {
  auto delivered = references.delivered_to_all();
  if (!delivered) return stream.first_ids(end, count);
  auto behind = next(*delivered);
  auto bound = end && behind ? std::min(*end, *behind) : end ? end : behind;
  auto candidates = stream.first_ids(bound, UINT64_MAX);
  if (!candidates) return candidates.error();
  std::vector<StreamId> ids;
  for (const StreamId& id : *candidates) {
    if (ids.size() == count) break;
    auto needed = references.has(id);
    if (!needed) return needed.error();
    if (!*needed) ids.push_back(id);
  }
  return ids;
}

}  // namespace

Result<StreamReferences> StreamReferences::open(Stream& stream) {
  auto groups = StreamGroup::all(stream);
  if (!groups) return groups.error();
  StreamReferences references;
  references.groups_ = std::move(*groups);
  return references;
}

StreamGroup* StreamReferences::find(std::string_view group) {
  auto found = std::ranges::find(groups_, group, &StreamGroup::name);
  return found == groups_.end() ? nullptr : &*found;
}

Result<bool> StreamReferences::has(const StreamId& id) {
  for (StreamGroup& group : groups_) {
    if (id > group.row().last) return true;
    auto pending = group.pending(id);
    if (!pending) return pending.error();
    if (*pending) return true;
  }
  return false;
}

std::optional<StreamId> StreamReferences::delivered_to_all() const {
  std::optional<StreamId> least;
  for (const StreamGroup& group : groups_) least = std::min(least.value_or(stream_id_most), group.row().last);
  return least;
}

Result<void> StreamReferences::remove(const StreamId& id) {
  for (StreamGroup& group : groups_) {
    auto pending = group.pending(id);
    if (!pending) return pending.error();
    if (!*pending) continue;
    if (auto done = group.erase_pending(id, **pending); !done) return done;
  }
  return {};
}

void StreamReferences::save() {
  for (StreamGroup& group : groups_) group.save();
}

Result<std::uint64_t> trim(const Call& call, Stream& stream, const Trimming& trimming) {
  std::uint64_t node = node_size(call);
  auto excess = excess_of(stream, trimming, limit_of(trimming, node));
  if (!excess) return excess.error();
  std::uint64_t count = count_to_trim(call, stream, trimming, *excess, node);
  if (count == 0) return count;
  auto references = StreamReferences();
  if (trimming.references != References::keep) {
    auto opened = StreamReferences::open(stream);
    if (!opened) return opened.error();
    references = std::move(*opened);
  }
  auto ids = trimming.references == References::acknowledged
                 ? first_acknowledged(stream, references, trimming.id_least, count)
                 : stream.first_ids(trimming.id_least, count);
  if (!ids) return ids.error();
  for (const StreamId& id : *ids) {
    stream.erase(id, Stream::Removal::trimmed);
    if (trimming.references != References::remove) continue;
    if (auto done = references.remove(id); !done) return done.error();
  }
  if (trimming.references == References::remove) references.save();
  return ids->size();
}

}  // namespace millrace::store
