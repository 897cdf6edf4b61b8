#include "store/commands/errors.h"
#include "store/commands/functions.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

Result<Collection> open_hash(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::hash);
}

}  // namespace

Result<Reply> hdel(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::int64_t removed = 0;
  for (const std::string& field : call.arguments.subspan(1)) {
    auto was_there = hash->erase(field);
    if (!was_there) return was_there.error();
    removed += *was_there ? 1 : 0;
  }
  if (auto done = hash->save(); !done) return done.error();
  return Reply::of(removed);
}

Result<Reply> hget(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  auto found = hash->get(call.arguments[1]);
  if (!found) return found.error();
  return *found ? Reply::bulk(**found) : Reply::nil();
}

Result<Reply> hgetall(Call& call) {
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::vector<Reply> pairs;
  pairs.reserve(2 * hash->size());
  auto done = hash->each([&](std::string_view field, std::string_view value) {
    pairs.push_back(Reply::bulk(field));
    pairs.push_back(Reply::bulk(value));
    return Visit::more;
  });
  if (!done) return done.error();
  return Reply::array(std::move(pairs));
}

Result<Reply> hset(Call& call) {
  if (call.arguments.size() % 2 == 0) return wrong_arity("hset");
  auto hash = open_hash(call);
  if (!hash) return hash.error();
  std::int64_t added = 0;
  for (std::size_t i = 1; i < call.arguments.size(); i += 2) {
    auto is_new = hash->put(call.arguments[i], call.arguments[i + 1]);
    if (!is_new) return is_new.error();
    added += *is_new ? 1 : 0;
  }
  if (auto done = hash->save(); !done) return done.error();
  return Reply::of(added);
}

}  // namespace millrace::store
