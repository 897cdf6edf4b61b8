#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

Result<Collection> open_hash(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::hash);
}

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
  return Reply::map(std::move(pairs));
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

constexpr CommandSpec table[] = {
    {
        .name = "hdel",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::hash,
        .run = hdel,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Deletes fields of a hash. Deletes the hash with its last field.",
    },
    {
        .name = "hget",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::hash,
        .run = hget,
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Returns the value of a field of a hash.",
    },
    {
        .name = "hgetall",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::hash,
        .run = hgetall,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the hash",
        .summary = "Returns all fields of a hash and their values.",
    },
    {
        .name = "hset",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hash,
        .run = hset,
        .since = "2.0.0",
        .complexity = "O(N) in the number of fields",
        .summary = "Sets fields of a hash to values.",
    },
};

}  // namespace

std::span<const CommandSpec> hash_commands() {
  return table;
}

}  // namespace millrace::store
