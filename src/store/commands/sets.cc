#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/set_operations.h"
#include "store/commands/text.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

Result<Collection> open_set(Call& call) {
  return Collection::open(call.keys, call.arguments[0], Type::set);
}

std::vector<Reply> members_of(std::vector<Collection::Picked> picked) {
  std::vector<Reply> members;
  members.reserve(picked.size());
  for (Collection::Picked& one : picked) members.push_back(Reply::bulk(std::move(one.member)));
  return members;
}

std::vector<Reply> bulks(std::vector<std::string> texts) {
  std::vector<Reply> replies;
  replies.reserve(texts.size());
  for (std::string& text : texts) replies.push_back(Reply::bulk(std::move(text)));
  return replies;
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
  if (auto done = set->save('s', "sadd"); !done) return done.error();
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

Result<Reply> smismember(Call& call) {
  auto set = open_set(call);
  if (!set) return set.error();
  std::vector<Reply> answers;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto found = set->get(member);
    if (!found) return found.error();
    answers.push_back(Reply::of(found->has_value() ? 1 : 0));
  }
  return Reply::array(std::move(answers));
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
  if (auto done = set->save('s', "srem"); !done) return done.error();
  return Reply::of(removed);
}

Result<Reply> smove(Call& call) {
  const std::string& member = call.arguments[2];
  auto there = call.keys.find(call.arguments[0]);
  if (!there) return there.error();
  if (!*there) return Reply::of(0);
  auto source = open_set(call);
  if (!source) return source.error();
  auto destination = Collection::open(call.keys, call.arguments[1], Type::set);
  if (!destination) return destination.error();
  auto found = source->get(member);
  if (!found) return found.error();
  bool is_member = found->has_value();
  if (!is_member || call.arguments[0] == call.arguments[1]) return Reply::of(is_member ? 1 : 0);
  if (auto gone = source->erase(member); !gone) return gone.error();
  if (auto done = source->save('s', "srem"); !done) return done.error();
  if (auto is_new = destination->put(member, {}); !is_new) return is_new.error();
  if (auto done = destination->save('s', "sadd"); !done) return done.error();
  return Reply::of(1);
}

// Takes up to `count` members out of a set that is there.
Result<std::vector<Collection::Picked>> take(Collection& set, std::uint64_t count) {
  auto picked = set.pick(count, Repeats::never);
  if (!picked) return picked;
  if (picked->size() == set.size()) {
    if (auto done = set.clear(); !done) return done.error();
  }
  for (const Collection::Picked& one : *picked) {
    if (auto gone = set.erase(one.member); !gone) return gone.error();
  }
  if (auto done = set.save('s', "spop"); !done) return done.error();
  return picked;
}

Result<Reply> spop(Call& call) {
  if (call.arguments.size() > 2) return syntax_error();
  std::optional<std::int64_t> count;
  if (call.arguments.size() == 2) {
    auto parsed = parse_count(call.arguments[1]);
    if (!parsed) return parsed.error();
    count = *parsed;
  }
  auto set = open_set(call);
  if (!set) return set.error();
  auto taken = take(*set, static_cast<std::uint64_t>(count.value_or(1)));
  if (!taken) return taken.error();
  if (count) return Reply::set(members_of(std::move(*taken)));
  return taken->empty() ? Reply::nil() : Reply::bulk(std::move(taken->front().member));
}

Result<Reply> srandmember(Call& call) {
  if (call.arguments.size() > 2) return syntax_error();
  std::optional<std::int64_t> count;
  if (call.arguments.size() == 2) {
    auto parsed = parse_between(call.arguments[1], -INT64_MAX, INT64_MAX);
    if (!parsed) return parsed.error();
    count = *parsed;
  }
  auto set = open_set(call);
  if (!set) return set.error();
  auto repeats = count.value_or(1) < 0 ? Repeats::allowed : Repeats::never;
  auto picked = set->pick(static_cast<std::uint64_t>(std::abs(count.value_or(1))), repeats);
  if (!picked) return picked.error();
  if (count) return Reply::array(members_of(std::move(*picked)));
  return picked->empty() ? Reply::nil() : Reply::bulk(std::move(picked->front().member));
}

using Combine = Result<std::vector<std::string>> (*)(Keyspace& keys, std::span<const std::string> names);

Result<std::vector<std::string>> intersect_all(Keyspace& keys, std::span<const std::string> names) {
  return intersect(keys, names, UINT64_MAX);
}

Result<Reply> answer(Call& call, Combine combine) {
  auto members = combine(call.keys, call.arguments);
  if (!members) return members.error();
  return Reply::set(bulks(std::move(*members)));
}

Result<Reply> keep(Call& call, Combine combine, std::string_view event) {
  auto members = combine(call.keys, call.arguments.subspan(1));
  if (!members) return members.error();
  if (auto done = replace_with_set(call.keys, call.arguments[0], *members, event); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(members->size()));
}

Result<Reply> sinter(Call& call) {
  return answer(call, intersect_all);
}
Result<Reply> sunion(Call& call) {
  return answer(call, unite);
}
Result<Reply> sdiff(Call& call) {
  return answer(call, subtract);
}
Result<Reply> sinterstore(Call& call) {
  return keep(call, intersect_all, "sinterstore");
}
Result<Reply> sunionstore(Call& call) {
  return keep(call, unite, "sunionstore");
}
Result<Reply> sdiffstore(Call& call) {
  return keep(call, subtract, "sdiffstore");
}

Result<Reply> sintercard(Call& call) {
  auto count = parse_between(call.arguments[0], 1, INT64_MAX, "ERR numkeys should be greater than 0");
  if (!count) return count.error();
  auto keys = static_cast<std::uint64_t>(*count);
  if (keys > call.arguments.size() - 1) {
    return Error{ErrorCode::invalid, "ERR Number of keys can't be greater than number of args"};
  }
  std::int64_t limit = 0;
  auto options = call.arguments.subspan(1 + keys);
  for (std::size_t i = 0; i < options.size(); i += 2) {
    if (!equals_ignoring_case(options[i], "LIMIT") || i + 1 == options.size()) return syntax_error();
    auto parsed = parse_count(options[i + 1], "ERR LIMIT can't be negative");
    if (!parsed) return parsed.error();
    limit = *parsed;
  }
  std::uint64_t most = limit == 0 ? UINT64_MAX : static_cast<std::uint64_t>(limit);
  auto members = intersect(call.keys, call.arguments.subspan(1, keys), most);
  if (!members) return members.error();
  return Reply::of(static_cast<std::int64_t>(members->size()));
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
        .name = "sdiff",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = sdiff,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members of all sets",
        .summary = "Returns the members of a set that no other set has.",
    },
    {
        .name = "sdiffstore",
        .arity = at_least(2),
        .keys = all_arguments,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::set,
        .run = sdiffstore,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members of all sets",
        .summary = "Stores the members of a set that no other set has in a key.",
    },
    {
        .name = "sinter",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = sinter,
        .since = "1.0.0",
        .complexity = "O(N*M) in the size of the smallest set and the number of sets",
        .summary = "Returns the members that all sets have.",
    },
    {
        .name = "sintercard",
        .arity = at_least(2),
        .keys = counted_at(1),
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = sintercard,
        .since = "7.0.0",
        .complexity = "O(N*M) in the size of the smallest set and the number of sets",
        .summary = "Counts the members that all sets have.",
    },
    {
        .name = "sinterstore",
        .arity = at_least(2),
        .keys = all_arguments,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::set,
        .run = sinterstore,
        .since = "1.0.0",
        .complexity = "O(N*M) in the size of the smallest set and the number of sets",
        .summary = "Stores the members that all sets have in a key.",
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
        .name = "smismember",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::set,
        .run = smismember,
        .since = "6.2.0",
        .complexity = "O(N) in the number of members given",
        .summary = "Tells which members belong to a set.",
    },
    {
        .name = "smove",
        .arity = exactly(3),
        .keys = first_two,
        .access = Access::write,
        .flags = fast,
        .group = Group::set,
        .run = smove,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Moves a member from one set to another.",
    },
    {
        .name = "spop",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::set,
        .run = spop,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members returned",
        .summary = "Removes random members of a set and returns them. Deletes the set with its last member.",
        .differs = "Beyond 2,000 members the choice is only nearly uniform.",
    },
    {
        .name = "srandmember",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = srandmember,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members returned",
        .summary = "Returns random members of a set.",
        .differs = "Beyond 2,000 members the choice is only nearly uniform.",
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
    {
        .name = "sunion",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = 0,
        .group = Group::set,
        .run = sunion,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members of all sets",
        .summary = "Returns the members of all sets.",
    },
    {
        .name = "sunionstore",
        .arity = at_least(2),
        .keys = all_arguments,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::set,
        .run = sunionstore,
        .since = "1.0.0",
        .complexity = "O(N) in the number of members of all sets",
        .summary = "Stores the members of all sets in a key.",
    },
};

}  // namespace

std::span<const CommandSpec> set_commands() {
  return table;
}

}  // namespace millrace::store
