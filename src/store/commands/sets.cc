#include "store/commands/functions.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

Result<Collection> open_set(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::set);
}

}  // namespace

Result<Reply> sadd(Call& call) {
  auto set = open_set(call);
  if (!set) return set.error();
  std::int64_t added = 0;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto is_new = set->put(member, {});
    if (!is_new) return is_new.error();
    added += *is_new ? 1 : 0;
  }
  if (auto done = set->save(); !done) return done.error();
  return Reply::of(added);
}

Result<Reply> scard(Call& call) {
  auto set = open_set(call);
  if (!set) return set.error();
  return Reply::of(static_cast<std::int64_t>(set->size()));
}

Result<Reply> sismember(Call& call) {
  auto set = open_set(call);
  if (!set) return set.error();
  auto found = set->get(call.arguments[1]);
  if (!found) return found.error();
  return Reply::of(found->has_value() ? 1 : 0);
}

Result<Reply> smembers(Call& call) {
  auto set = open_set(call);
  if (!set) return set.error();
  std::vector<Reply> members;
  members.reserve(set->size());
  auto done = set->each([&](std::string_view member, std::string_view) {
    members.push_back(Reply::bulk(member));
    return Visit::more;
  });
  if (!done) return done.error();
  return Reply::array(std::move(members));
}

Result<Reply> srem(Call& call) {
  auto set = open_set(call);
  if (!set) return set.error();
  std::int64_t removed = 0;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto was_there = set->erase(member);
    if (!was_there) return was_there.error();
    removed += *was_there ? 1 : 0;
  }
  if (auto done = set->save(); !done) return done.error();
  return Reply::of(removed);
}

}  // namespace millrace::store
