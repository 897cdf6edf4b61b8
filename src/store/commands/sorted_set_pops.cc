#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

constexpr Direction lowest_first = Direction::ascending;
constexpr Direction highest_first = Direction::descending;

struct Popped {
  std::string key{};
  std::vector<ScoredMember> elements{};
};

Result<std::vector<ScoredMember>> pop(Call& call, SortedSet& set, const std::string& key, Direction direction,
                                      std::int64_t count) {
  std::vector<ScoredMember> popped;
  auto done = set.each({}, direction, [&](std::string_view member, double score) {
    popped.push_back({std::string(member), score});
    return --count == 0 ? Visit::stop : Visit::more;
  });
  if (!done) return done.error();
  if (done = erase_all(set, popped); !done) return done.error();
  call.notify('z', direction == lowest_first ? "zpopmin" : "zpopmax", key);
  if (done = set.save(); !done) return done.error();
  return Result<std::vector<ScoredMember>>(std::move(popped));
}

// From the first key that has any.
Result<std::optional<Popped>> pop_first(Call& call, std::span<const std::string> keys, Direction direction,
                                        std::int64_t count) {
  for (const std::string& key : keys) {
    auto set = SortedSet::open(call.keys, key);
    bool of_another_type = !set && set.error().code == ErrorCode::invalid;
    if (of_another_type && call.context().trying_again) continue;
    if (!set) return set.error();
    if (set->size() == 0) continue;
    auto popped = pop(call, *set, key, direction, count);
    if (!popped) return popped.error();
    return std::optional(Popped{key, std::move(*popped)});
  }
  return std::optional<Popped>{};
}

Result<Reply> pop_command(Call& call, Direction direction) {
  if (call.arguments.size() > 2) return syntax_error();
  bool counted = call.arguments.size() == 2;
  auto count = counted ? parse_count(call.arguments[1]) : Result<std::int64_t>(1);
  if (!count) return count.error();
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  if (set->size() == 0 || *count == 0) return Reply::array({});
  auto popped = pop(call, *set, call.arguments[0], direction, *count);
  if (!popped) return popped.error();
  if (!counted) return Reply::array({Reply::bulk((*popped)[0].member), Reply::of_real((*popped)[0].score)});
  ElementReplies replies(call, true);
  for (const ScoredMember& one : *popped) replies.add(one.member, one.score);
  return replies.take();
}

Result<Reply> zpopmin(Call& call) {
  return pop_command(call, lowest_first);
}
Result<Reply> zpopmax(Call& call) {
  return pop_command(call, highest_first);
}

// Nothing was found: waits where that is possible.
Reply wait_for(Call& call, std::span<const std::string> keys, std::int64_t until) {
  if (call.context().may_block()) {
    call.context().blocking = Blocking{.keys = {keys.begin(), keys.end()}, .until = until};
  }
  return Reply::nil_array();
}

Result<Reply> blocking_pop(Call& call, Direction direction) {
  auto until = parse_timeout(call.arguments.back(), call.now());
  if (!until) return until.error();
  auto keys = call.arguments.first(call.arguments.size() - 1);
  auto popped = pop_first(call, keys, direction, 1);
  if (!popped) return popped.error();
  if (!*popped) return wait_for(call, keys, *until);
  const ScoredMember& one = (*popped)->elements[0];
  return Reply::array({Reply::bulk((*popped)->key), Reply::bulk(one.member), Reply::of_real(one.score)});
}

Result<Reply> bzpopmin(Call& call) {
  return blocking_pop(call, lowest_first);
}
Result<Reply> bzpopmax(Call& call) {
  return blocking_pop(call, highest_first);
}

// numkeys key … MIN|MAX [COUNT count]
struct ManyPops {
  std::span<const std::string> keys{};
  Direction direction = lowest_first;
  std::int64_t count = 1;
};

Result<ManyPops> parse_many_pops(std::span<const std::string> words) {
  auto keys = parse_between(words[0], 1, INT64_MAX, "ERR numkeys should be greater than 0");
  if (!keys) return keys.error();
  if (static_cast<std::uint64_t>(*keys) > words.size() - 2) return syntax_error();
  ManyPops pops{.keys = words.subspan(1, static_cast<std::size_t>(*keys))};
  auto rest = words.subspan(1 + pops.keys.size());
  if (!equals_ignoring_case(rest[0], "MIN") && !equals_ignoring_case(rest[0], "MAX")) return syntax_error();
  if (equals_ignoring_case(rest[0], "MAX")) pops.direction = highest_first;
  if (rest.size() == 1) return pops;
  if (rest.size() != 3 || !equals_ignoring_case(rest[1], "COUNT")) return syntax_error();
  auto count = parse_between(rest[2], 1, INT64_MAX, "ERR count should be greater than 0");
  if (!count) return count.error();
  pops.count = *count;
  return pops;
}

Reply answer(const Popped& popped) {
  std::vector<Reply> elements;
  for (const ScoredMember& one : popped.elements) {
    elements.push_back(Reply::array({Reply::bulk(one.member), Reply::of_real(one.score)}));
  }
  return Reply::array({Reply::bulk(popped.key), Reply::array(std::move(elements))});
}

Result<Reply> zmpop(Call& call) {
  auto pops = parse_many_pops(call.arguments);
  if (!pops) return pops.error();
  auto popped = pop_first(call, pops->keys, pops->direction, pops->count);
  if (!popped) return popped.error();
  return *popped ? answer(**popped) : Reply::nil_array();
}

Result<Reply> bzmpop(Call& call) {
  auto until = parse_timeout(call.arguments[0], call.now());
  if (!until) return until.error();
  auto pops = parse_many_pops(call.arguments.subspan(1));
  if (!pops) return pops.error();
  auto popped = pop_first(call, pops->keys, pops->direction, pops->count);
  if (!popped) return popped.error();
  return *popped ? answer(**popped) : wait_for(call, pops->keys, *until);
}

constexpr std::string_view complexity_of_one = "O(log(N))";
constexpr std::string_view complexity_of_many = "O(log(N)) for each element popped";

constexpr CommandSpec table[] = {
    {
        .name = "bzmpop",
        .arity = at_least(4),
        .keys = counted_at(2),
        .access = Access::write,
        .flags = blocking,
        .group = Group::sorted_set,
        .run = bzmpop,
        .since = "7.0.0",
        .complexity = complexity_of_many,
        .summary = "Removes the members with the lowest or highest scores from the first of several sorted sets that "
                   "has any and returns them. Waits until there is one.",
    },
    {
        .name = "bzpopmax",
        .arity = at_least(2),
        .keys = all_but_last,
        .access = Access::write,
        .flags = fast | blocking,
        .group = Group::sorted_set,
        .run = bzpopmax,
        .since = "5.0.0",
        .complexity = complexity_of_one,
        .summary = "Removes the member with the highest score from the first of several sorted sets that has any and "
                   "returns it. Waits until there is one.",
    },
    {
        .name = "bzpopmin",
        .arity = at_least(2),
        .keys = all_but_last,
        .access = Access::write,
        .flags = fast | blocking,
        .group = Group::sorted_set,
        .run = bzpopmin,
        .since = "5.0.0",
        .complexity = complexity_of_one,
        .summary = "Removes the member with the lowest score from the first of several sorted sets that has any and "
                   "returns it. Waits until there is one.",
    },
    {
        .name = "zmpop",
        .arity = at_least(3),
        .keys = counted_at(1),
        .access = Access::write,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zmpop,
        .since = "7.0.0",
        .complexity = complexity_of_many,
        .summary = "Removes the members with the lowest or highest scores from the first of several sorted sets that "
                   "has any and returns them.",
    },
    {
        .name = "zpopmax",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zpopmax,
        .since = "5.0.0",
        .complexity = complexity_of_many,
        .summary = "Removes the members with the highest scores from a sorted set and returns them.",
    },
    {
        .name = "zpopmin",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zpopmin,
        .since = "5.0.0",
        .complexity = complexity_of_many,
        .summary = "Removes the members with the lowest scores from a sorted set and returns them.",
    },
};

}  // namespace

std::span<const CommandSpec> sorted_set_pop_commands() {
  return table;
}

}  // namespace millrace::store
