#include "store/embedded/keyspace.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::store {
namespace {

Error damaged(std::string_view what) {
  return {ErrorCode::corrupt, fmt::format("the row of {} cannot be read", what)};
}

}  // namespace

void discard(Home& home, Unit& unit, const Unlinked& unlinked) {
  unit.put(unlinked_key(unlinked), {});
  unit.after_sync([&home, unlinked] {
    for (KeyRange& range : remains(unlinked)) home.reclaim(std::move(range));
  });
}

Result<DatabaseRow> read_database(Unit& unit, DatabaseId database) {
  auto row = unit.get(database_key(database));
  if (!row) return row.error();
  if (!*row) return Error{ErrorCode::not_found, fmt::format("there is no database {}", database.number)};
  auto decoded = decode_database(**row);
  if (!decoded) return damaged(fmt::format("database {}", database.number));
  return std::move(*decoded);
}

Error wrong_type() {
  return {ErrorCode::invalid, "WRONGTYPE Operation against a key holding the wrong kind of value"};
}

std::string Keyspace::row_key(std::string_view key) const {
  std::string row;
  row.reserve(keys_prefix_.size() + key.size());
  return row.append(keys_prefix_).append(key);
}

Result<std::optional<KeyRow>> Keyspace::find(std::string_view key) {
  auto row = unit_.get(row_key(key));
  if (!row) return row.error();
  if (!*row) return found_none(key);
  auto decoded = decode_key(**row);
  if (!decoded) return damaged(fmt::format("key '{}'", key));
  bool over = decoded->expires_at != 0 && decoded->expires_at <= context_.now;
  if (!over) {
    if (!context_.writing) ++context_.live.counts.keyspace_hits;
    if (context_.touching) context_.live.accesses.used(database_, key, context_.now);
    return decoded;
  }
  if (context_.writing) {
    if (auto done = erase(key, *decoded); !done) return done.error();
    ++context_.live.counts.expired_keys;
    notify('x', "expired", key);
  }
  return found_none(key);
}

std::optional<KeyRow> Keyspace::found_none(std::string_view key) {
  if (!context_.writing) {
    ++context_.live.counts.keyspace_misses;
    notify('m', "keymiss", key);
  }
  return std::nullopt;
}

Result<std::optional<KeyRow>> Keyspace::find(std::string_view key, Type type) {
  auto found = find(key);
  if (found && *found && (*found)->type != type) return wrong_type();
  return found;
}

Result<void> Keyspace::put(std::string_view key, const std::optional<KeyRow>& before, const KeyRow& row) {
  scratch_.clear();
  encode(row, scratch_);
  put_row(row_key(key), scratch_);
  move_expiry(key, before ? before->expires_at : 0, row.expires_at);
  was_written(key, before && before->type == Type::stream ? Type::stream : row.type);
  if (!before) {
    context_.live.accesses.used(database_, key, context_.now);
    notify('n', "new", key);
    return count_keys(+1);
  }
  return before->generation != row.generation ? unlink(*before) : Result<void>{};
}

Result<void> Keyspace::erase(std::string_view key, const KeyRow& before) {
  if (auto done = detach(key, before); !done) return done;
  return unlink(before);
}

Result<void> Keyspace::detach(std::string_view key, const KeyRow& before) {
  erase_row(row_key(key));
  move_expiry(key, before.expires_at, 0);
  was_written(key, before.type == Type::stream ? std::optional(Type::stream) : std::nullopt);
  return count_keys(-1);
}

void Keyspace::move_expiry(std::string_view key, std::int64_t before, std::int64_t after) {
  if (before == after) return;
  if (before != 0) unit_.erase(expiry_key(before, database_, id_, key));
  if (after == 0) return;
  unit_.put(expiry_key(after, database_, id_, key), {});
  context_.live.expires_next = std::min(context_.live.expires_next, after);
}

void Keyspace::expire_field(std::string_view key, std::string_view field, std::int64_t at) {
  unit_.put(expiry_key(at, database_, id_, key, field), {});
  context_.live.expires_next = std::min(context_.live.expires_next, at);
}

void Keyspace::was_written(std::string_view key, std::optional<Type> type) {
  LiveState& live = context_.live;
  ++live.counts.changes;
  if (!live.watched.empty()) live.watched.written(database_, key);
  if (!live.tracked.empty() && live.tracked.note(database_, key, context_.caller.client)) {
    unit_.after_sync([&live] { live.tracked.send(); });  // for who commits and does not send
  }
  bool may_serve = type == Type::list || type == Type::sorted_set || type == Type::stream;
  if (!may_serve || !live.blocked.waits_for(database_, key)) return;
  live.blocked.note(database_, std::string(key));
  unit_.after_sync([&live, database = database_, name = std::string(key)] {  // for who commits and does not serve
    live.blocked.written(database, name);
    live.blocked.serve();
  });
}

void Keyspace::notify(char letter, std::string_view event, std::string_view key) {
  const Notifications& asked = context_.live.notifications;
  if (asked.empty() || !asked.wants(database_, letter)) return;
  if (asked.wants(database_, 'K')) publish(fmt::format("__keyspace@0__:{}", key), std::string(event));
  if (asked.wants(database_, 'E')) publish(fmt::format("__keyevent@0__:{}", event), std::string(key));
}

void Keyspace::publish(std::string channel, std::string payload) {
  unit_.after_sync([&live = context_.live, database = database_, channel = std::move(channel),
                    payload = std::move(payload)] { live.pubsub.publish(database, channel, payload); });
}

Result<std::optional<std::string_view>> Keyspace::find_element(Generation generation, std::string_view member) {
  return unit_.get(elements_prefix(database_, id_, generation).append(member));
}

void Keyspace::put_element(Generation generation, std::string_view member, std::string_view value) {
  put_row(elements_prefix(database_, id_, generation).append(member), value);
}

void Keyspace::erase_element(Generation generation, std::string_view member) {
  erase_row(elements_prefix(database_, id_, generation).append(member));
}

Result<void> Keyspace::each_element(Generation generation, const Visitor& visit) {
  return scan_elements(generation, {}, Direction::ascending, visit);
}

Result<void> Keyspace::scan_elements(Generation generation, const KeyRange& range, Direction direction,
                                     const Visitor& visit) {
  std::string prefix = elements_prefix(database_, id_, generation);
  KeyRange rows = prefix_range(prefix);
  rows.begin += range.begin;
  if (!range.end.empty()) rows.end = prefix + range.end;
  return unit_.scan(rows, direction, [&](std::string_view key, std::string_view value) {
    return visit(key.substr(prefix.size()), value);
  });
}

Result<KeyspaceRow> Keyspace::row() {
  auto row = unit_.get(keyspace_key(database_, id_));
  if (!row) return row.error();
  if (!*row)
    return KeyspaceRow{.bytes = context_.limits.bytes_max != 0 ? std::optional<std::uint64_t>(0) : std::nullopt};
  auto decoded = decode_keyspace(**row);
  if (!decoded) return damaged(fmt::format("keyspace {} of database {}", id_.number, database_.number));
  return *decoded;
}

Result<void> Keyspace::count_keys(int change) {
  auto counts = row();
  if (!counts) return counts.error();
  counts->keys += static_cast<std::uint64_t>(change);
  unit_.put(keyspace_key(database_, id_), encode(*counts));
  return {};
}

Result<Generation> Keyspace::take_generation() {
  auto counts = row();
  if (!counts) return counts.error();
  Generation generation = counts->generation_next++;
  unit_.put(keyspace_key(database_, id_), encode(*counts));
  return generation;
}

Result<std::uint64_t> Keyspace::size() {
  auto counts = row();
  if (!counts) return counts.error();
  return counts->keys;
}

Result<std::vector<std::string>> Keyspace::keys(std::string_view prefix, std::optional<std::string>& last,
                                                std::size_t count_max, const Wanted& wanted) {
  std::vector<std::string> found;
  std::optional<std::string> visited;
  std::size_t count = 0;
  bool more = false;
  bool readable = true;
  KeyRange range = prefix_range(row_key(prefix));
  if (last) range.begin = std::max(range.begin, row_key(*last) + '\0');
  auto done = unit_.scan(range, Direction::ascending, [&](std::string_view row_key, std::string_view value) {
    more = count == count_max;
    if (more) return Visit::stop;
    auto row = decode_key(value);
    readable = row.has_value();
    if (!readable) return Visit::stop;
    std::string_view key = row_key.substr(keys_prefix_.size());
    bool over = row->expires_at != 0 && row->expires_at <= context_.now;
    if (!over && wanted(key, *row)) found.emplace_back(key);
    if (++count == count_max) visited = key;
    return Visit::more;
  });
  if (!done) return done.error();
  if (!readable) return damaged("a key");
  last = more ? std::move(visited) : std::nullopt;
  return found;
}

Result<void> Keyspace::flush() {
  auto database = read_database(unit_, database_);
  if (!database) return database.error();
  if (database->current != id_) return Error{ErrorCode::invalid, "ERR a keyspace being built cannot be flushed"};
  if (!context_.live.tracked.empty() && context_.live.tracked.note_all(database_)) {
    unit_.after_sync([&live = context_.live] { live.tracked.send(); });
  }
  for (const std::string& key : context_.live.watched.keys(database_)) {  // one that is not there does not change
    auto row = unit_.get(row_key(key));
    if (!row) return row.error();
    if (*row) context_.live.watched.written(database_, key);
  }
  if (!context_.live.blocked.empty()) {
    unit_.after_sync([&live = context_.live, database = database_] { live.blocked.all_written(database); });
  }
  discard(home_, unit_, {database_, id_, std::nullopt});
  id_ = database->current = {database->keyspace_next++};
  keys_prefix_ = keys_prefix(database_, id_);
  bytes_change_ = 0;
  unit_.put(database_key(database_), encode(*database));
  return {};
}

Result<void> Keyspace::unlink(const KeyRow& before) {
  if (!before.spread) return {};
  if (context_.limits.bytes_max != 0) {
    auto weight = weigh_all(prefix_range(elements_prefix(database_, id_, before.generation)));
    if (!weight) return weight.error();
    bytes_change_ -= static_cast<std::int64_t>(*weight);
  }
  discard(home_, unit_, {database_, id_, before.generation});
  return {};
}

void Keyspace::put_row(std::string_view row_key, std::string_view value) {
  if (context_.limits.bytes_max != 0) weigh(row_key, row_key.size() + value.size());
  unit_.put(row_key, value);
}

void Keyspace::erase_row(std::string_view row_key) {
  if (context_.limits.bytes_max != 0) weigh(row_key, 0);
  unit_.erase(row_key);
}

// A row that cannot be read now counts as new; then the command starts again, or fails.
void Keyspace::weigh(std::string_view row_key, std::size_t size_after) {
  auto before = unit_.get(row_key);
  std::size_t size_before = before && *before ? row_key.size() + (*before)->size() : 0;
  bytes_change_ += static_cast<std::int64_t>(size_after) - static_cast<std::int64_t>(size_before);
}

Result<std::uint64_t> Keyspace::weigh_all(const KeyRange& range) {
  std::uint64_t weight = 0;
  auto done = unit_.scan(range, Direction::ascending, [&](std::string_view key, std::string_view value) {
    weight += key.size() + value.size();
    return Visit::more;
  });
  if (!done) return done.error();
  return weight;
}

Result<std::optional<std::uint64_t>> Keyspace::bytes() {
  auto counts = row();
  if (!counts) return counts.error();
  if (!counts->bytes) return std::optional<std::uint64_t>{};
  return std::optional(*counts->bytes + static_cast<std::uint64_t>(bytes_change_));
}

Result<void> Keyspace::settle() {
  if (bytes_change_ == 0) return {};
  auto counts = row();
  if (!counts) return counts.error();
  if (counts->bytes) {
    *counts->bytes += static_cast<std::uint64_t>(bytes_change_);
    unit_.put(keyspace_key(database_, id_), encode(*counts));
  }
  bytes_change_ = 0;
  return {};
}

Result<void> Keyspace::begin_counting() {
  auto keys = weigh_all(prefix_range(keys_prefix_));
  if (!keys) return keys.error();
  auto elements = weigh_all(all_elements(database_, id_));
  if (!elements) return elements.error();
  auto counts = row();
  if (!counts) return counts.error();
  counts->bytes = *keys + *elements;
  unit_.put(keyspace_key(database_, id_), encode(*counts));
  return {};
}

}  // namespace millrace::store
