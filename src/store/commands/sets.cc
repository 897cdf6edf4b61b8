#include "store/commands/groups.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

Result<Collection> open_set(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::set);
}

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
  return Reply::set(std::move(members));
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

constexpr CommandSpec table[] = {
    {
        .name = "sadd",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::set,
        .run = sadd,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members given",
        .summary = "Adds members to a set. Creates the set if it doesn't exist.",
    },
    {
        .name = "scard",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::set,
        .run = scard,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of members of a set.",
    },
    {
        .name = "sismember",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::set,
        .run = sismember,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Tells whether a member belongs to a set.",
    },
    {
        .name = "smembers",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = smembers,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the set",
        .summary = "Returns all members of a set.",
    },
    {
        .name = "srem",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::set,
        .run = srem,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members given",
        .summary = "Removes members from a set. Deletes the set with its last member.",
    },
};

}  // namespace

std::span<const CommandSpec> set_commands() {
  return table;
}

}  // namespace millrace::store
