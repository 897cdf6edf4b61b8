// How the embedded store deletes what has expired, without a client that asks for it.

#include <algorithm>
#include <fmt/format.h>

#include "store/embedded/collection.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/keyspace.h"

namespace millrace::store {
namespace {

constexpr std::size_t expiries_max = 256;  // in one batch: others wait for their turn meanwhile

// Whether `keyspace` is one in which keys live.
Result<bool> is_alive(Unit& unit, DatabaseId database, KeyspaceId keyspace) {
  auto row = read_database(unit, database);
  if (!row && row.error().code == ErrorCode::not_found) return false;
  if (!row) return row.error();
  return row->current == keyspace || std::ranges::find(row->others, keyspace) != row->others.end();
}

Result<void> expire_field(Keyspace& keys, const Expiry& expiry) {
  auto row = keys.find(expiry.key);
  if (!row) return row.error();
  if (!*row || (*row)->type != Type::hash) return {};
  auto hash = Collection::open(keys, expiry.key, Type::hash);
  if (!hash) return hash.error();
  auto still_there = hash->get_entry(*expiry.field);
  if (!still_there) return still_there.error();
  if (*still_there) return {};  // it has another time by now
  std::uint64_t before = hash->size();
  if (auto gone = hash->erase(*expiry.field); !gone) return gone.error();
  if (hash->size() != before) keys.notify('h', "hexpired", expiry.key);
  return hash->save();
}

}  // namespace

Async<Result<bool>> EmbeddedStore::expire_due() {
  if (live_.expires_next > Context::now_of(live_)) co_return false;
  co_return co_await run_command<bool>(home_, [&](Unit& unit) { return stage_expiry(unit); });
}

Result<bool> EmbeddedStore::stage_expiry(Unit& unit) {
  Context context(live_, {});
  context.writing = true;
  std::vector<std::string> due;
  std::int64_t next = INT64_MAX;
  auto done = unit.scan(expiry_rows_until(INT64_MAX - 1), Direction::ascending, [&](std::string_view key, auto) {
    auto expiry = decode_expiry_key(key);
    if (expiry && (expiry->at > context.now || due.size() == expiries_max)) {
      next = expiry->at;
      return Visit::stop;
    }
    due.emplace_back(key);
    return Visit::more;
  });
  if (!done) return done.error();
  for (const std::string& key : due) {
    if (auto expiry = decode_expiry_key(key)) {
      if (auto expired = expire(unit, context, *expiry); !expired) return expired.error();
    }
    unit.erase(key);
  }
  live_.expires_next = next;
  return next <= context.now;
}

Result<void> EmbeddedStore::expire(Unit& unit, Context& context, const Expiry& expiry) {
  auto alive = is_alive(unit, expiry.database, expiry.keyspace);
  if (!alive) return alive.error();
  if (!*alive) return {};
  Keyspace keys(home_, unit, context, expiry.database, expiry.keyspace);
  if (expiry.field) return expire_field(keys, expiry);
  auto found = keys.find(expiry.key);  // which deletes it when its time is over
  return found ? Result<void>{} : found.error();
}

}  // namespace millrace::store
