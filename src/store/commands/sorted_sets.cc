#include <algorithm>
#include <cmath>
#include <random>
#include <unordered_set>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<SortedSet> open(const Call& call) {
  return SortedSet::open(call.keys, call.arguments[0]);
}

struct Addition {
  bool only_new = false;
  bool only_known = false;
  bool only_greater = false;
  bool only_less = false;
  bool count_changed = false;
  bool increment = false;
  std::size_t scores_at = 1;  // the first argument that is a score
};

bool take_flag(Addition& addition, std::string_view word) {
  for (auto [name, flag] : {std::pair{"NX", &Addition::only_new},
                            {"XX", &Addition::only_known},
                            {"GT", &Addition::only_greater},
                            {"LT", &Addition::only_less},
                            {"CH", &Addition::count_changed},
                            {"INCR", &Addition::increment}}) {
    if (!equals_ignoring_case(word, name)) continue;
    addition.*flag = true;
    return true;
  }
  return false;
}

Result<Addition> parse_addition(std::span<const std::string> arguments) {
  Addition addition;
  while (addition.scores_at < arguments.size() && take_flag(addition, arguments[addition.scores_at])) {
    ++addition.scores_at;
  }
  return addition;
}

std::optional<std::string_view> conflict_of(const Addition& addition) {
  if (addition.only_new && addition.only_known) {
    return "ERR XX and NX options at the same time are not compatible";
  }
  int limits = (addition.only_new ? 1 : 0) + (addition.only_greater ? 1 : 0) + (addition.only_less ? 1 : 0);
  if (limits > 1) return "ERR GT, LT, and/or NX options at the same time are not compatible";
  return std::nullopt;
}

struct Outcome {
  bool added = false;
  bool changed = false;
  std::optional<double> score{};  // that the member has now; absent when a condition failed
};

Result<Outcome> add_one(SortedSet& set, const Addition& addition, std::string_view member, double score) {
  auto old = set.score(member);
  if (!old) return old.error();
  if (!*old) {
    if (addition.only_known) return Outcome{};
    if (auto done = set.put(member, score); !done) return done.error();
    return Outcome{.added = true, .score = score};
  }
  if (addition.only_new) return Outcome{};
  double before = **old;
  if (addition.increment) score += before;
  if (std::isnan(score)) return Error{ErrorCode::invalid, "ERR resulting score is not a number (NaN)"};
  if ((addition.only_greater && score <= before) || (addition.only_less && score >= before)) return Outcome{};
  if (score == before) return Outcome{.score = score};
  if (auto done = set.put(member, score); !done) return done.error();
  return Outcome{.changed = true, .score = score};
}

Result<Reply> add(Call& call, const Addition& addition) {
  auto elements = call.arguments.subspan(addition.scores_at);
  if (elements.empty() || elements.size() % 2 != 0) return syntax_error();
  if (auto conflict = conflict_of(addition)) return Error{ErrorCode::invalid, std::string(*conflict)};
  if (addition.increment && elements.size() > 2) {
    return Error{ErrorCode::invalid, "ERR INCR option supports a single increment-element pair"};
  }
  std::vector<double> scores;
  for (std::size_t i = 0; i < elements.size(); i += 2) {
    auto score = to_double(elements[i]);
    if (!score) return not_a_double();
    scores.push_back(*score);
  }
  auto set = open(call);
  if (!set) return set.error();
  std::int64_t added = 0;
  std::int64_t changed = 0;
  std::optional<double> last;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    auto outcome = add_one(*set, addition, elements[2 * i + 1], scores[i]);
    if (!outcome) return outcome.error();
    added += outcome->added ? 1 : 0;
    changed += outcome->changed ? 1 : 0;
    last = outcome->score;
  }
  if (added + changed > 0) call.notify('z', addition.increment ? "zincr" : "zadd", call.arguments[0]);
  if (auto done = set->save(); !done) return done.error();
  if (addition.increment) return last ? Reply::of_real(*last) : Reply::nil();
  return Reply::of(addition.count_changed ? added + changed : added);
}

Result<Reply> zadd(Call& call) {
  auto addition = parse_addition(call.arguments);
  if (!addition) return addition.error();
  return add(call, *addition);
}

Result<Reply> zincrby(Call& call) {
  return add(call, Addition{.increment = true});
}

Result<Reply> zrem(Call& call) {
  auto set = open(call);
  if (!set) return set.error();
  std::int64_t removed = 0;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto was_there = set->erase(member);
    if (!was_there) return was_there.error();
    removed += *was_there ? 1 : 0;
  }
  if (removed > 0) call.notify('z', "zrem", call.arguments[0]);
  if (auto done = set->save(); !done) return done.error();
  return Reply::of(removed);
}

Result<Reply> zcard(Call& call) {
  auto set = open(call);
  if (!set) return set.error();
  return Reply::of(static_cast<std::int64_t>(set->size()));
}

Result<Reply> score_reply(SortedSet& set, const std::string& member) {
  auto score = set.score(member);
  if (!score) return score.error();
  return *score ? Reply::of_real(**score) : Reply::nil();
}

Result<Reply> zscore(Call& call) {
  auto set = open(call);
  if (!set) return set.error();
  return score_reply(*set, call.arguments[1]);
}

Result<Reply> zmscore(Call& call) {
  auto set = open(call);
  if (!set) return set.error();
  std::vector<Reply> scores;
  for (const std::string& member : call.arguments.subspan(1)) {
    auto score = score_reply(*set, member);
    if (!score) return score.error();
    scores.push_back(std::move(*score));
  }
  return Reply::array(std::move(scores));
}

Result<Reply> rank(Call& call, Direction direction) {
  bool with_score = call.arguments.size() > 2;
  if (with_score && !equals_ignoring_case(call.arguments[2], "WITHSCORE")) return syntax_error();
  auto set = open(call);
  if (!set) return set.error();
  auto score = set->score(call.arguments[1]);
  if (!score) return score.error();
  if (!*score) return with_score ? Reply::nil_array() : Reply::nil();
  auto before = set->count_before(order_key(**score, call.arguments[1]));
  if (!before) return before.error();
  std::uint64_t found = direction == Direction::ascending ? *before : set->size() - 1 - *before;
  Reply reply = Reply::of(static_cast<std::int64_t>(found));
  if (!with_score) return reply;
  return Reply::array({std::move(reply), Reply::of_real(**score)});
}

Result<Reply> zrank(Call& call) {
  return rank(call, Direction::ascending);
}
Result<Reply> zrevrank(Call& call) {
  return rank(call, Direction::descending);
}

std::mt19937_64& dice() {
  static thread_local std::mt19937_64 engine{std::random_device{}()};
  return engine;
}

Result<void> add_ranked(SortedSet& set, std::uint64_t rank, ElementReplies& replies) {
  return set.each_ranked(rank, rank, Direction::ascending, [&](std::string_view member, double score) {
    replies.add(member, score);
    return Visit::more;
  });
}

// `count` elements, any of which may come again.
Result<void> pick_any(SortedSet& set, std::uint64_t count, ElementReplies& replies) {
  std::uniform_int_distribution<std::uint64_t> ranks(0, set.size() - 1);
  constexpr std::uint64_t few = 8;  // ranks are looked for one by one as long as that is less than to read all
  if (count < set.size() / few) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (auto done = add_ranked(set, ranks(dice()), replies); !done) return done;
    }
    return {};
  }
  std::vector<ScoredMember> all;
  auto done = set.each({}, Direction::ascending, [&](std::string_view member, double score) {
    all.push_back({std::string(member), score});
    return Visit::more;
  });
  if (!done) return done;
  for (std::uint64_t i = 0; i < count; ++i) {
    const ScoredMember& picked = all[ranks(dice())];
    replies.add(picked.member, picked.score);
  }
  return {};
}

// `count` elements, none of them twice; all when there are no more.
Result<void> pick_different(SortedSet& set, std::uint64_t count, ElementReplies& replies) {
  constexpr std::uint64_t few = 8;
  if (count < set.size() / few) {
    std::uniform_int_distribution<std::uint64_t> ranks(0, set.size() - 1);
    std::unordered_set<std::uint64_t> picked;
    while (picked.size() < count) {
      std::uint64_t rank = ranks(dice());
      if (!picked.insert(rank).second) continue;
      if (auto done = add_ranked(set, rank, replies); !done) return done;
    }
    return {};
  }
  std::uint64_t left = set.size();
  return set.each({}, Direction::ascending, [&](std::string_view member, double score) {
    bool taken = std::uniform_int_distribution<std::uint64_t>(0, left - 1)(dice()) < count;
    --left;
    if (!taken) return Visit::more;
    replies.add(member, score);
    return --count == 0 ? Visit::stop : Visit::more;
  });
}

Result<std::int64_t> parse_pick_count(std::span<const std::string> arguments) {
  constexpr std::int64_t repeated_max = 1'000'000;  // the answer is made in memory
  auto count = parse_between(arguments[1], -INT64_MAX, INT64_MAX);
  if (!count) return count;
  bool with_scores = arguments.size() == 3 && equals_ignoring_case(arguments[2], "WITHSCORES");
  if (arguments.size() > 2 && !with_scores) return syntax_error();
  bool too_many = *count < -repeated_max || (with_scores && *count > INT64_MAX / 2);
  if (too_many) return Error{ErrorCode::invalid, "ERR value is out of range"};
  return count;
}

Result<Reply> pick_one(SortedSet& set) {
  if (set.size() == 0) return Reply::nil();
  Reply reply;
  std::uint64_t rank = std::uniform_int_distribution<std::uint64_t>(0, set.size() - 1)(dice());
  auto done = set.each_ranked(rank, rank, Direction::ascending, [&](std::string_view member, double) {
    reply = Reply::bulk(member);
    return Visit::stop;
  });
  if (!done) return done.error();
  return reply;
}

Result<Reply> zrandmember(Call& call) {
  bool one = call.arguments.size() == 1;
  auto count = one ? Result<std::int64_t>(1) : parse_pick_count(call.arguments);
  if (!count) return count.error();
  auto set = open(call);
  if (!set) return set.error();
  if (one) return pick_one(*set);
  ElementReplies replies(call, call.arguments.size() > 2);
  if (*count == 0 || set->size() == 0) return replies.take();
  auto done = *count < 0 ? pick_any(*set, static_cast<std::uint64_t>(-*count), replies)
                         : pick_different(*set, static_cast<std::uint64_t>(*count), replies);
  if (!done) return done.error();
  return replies.take();
}

constexpr CommandSpec table[] = {
    {
        .name = "zadd",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::sorted_set,
        .run = zadd,
        .since = "1.2.0",
        .complexity = "O(log(N)) for each member given",
        .summary = "Adds members with their scores to a sorted set, or changes the scores of those it has.",
    },
    {
        .name = "zcard",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zcard,
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Returns the number of members of a sorted set.",
    },
    {
        .name = "zincrby",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::sorted_set,
        .run = zincrby,
        .since = "1.2.0",
        .complexity = "O(log(N))",
        .summary = "Adds to the score of a member of a sorted set.",
    },
    {
        .name = "zmscore",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zmscore,
        .since = "6.2.0",
        .complexity = "O(N) in the number of members given",
        .summary = "Returns the scores of members of a sorted set.",
    },
    {
        .name = "zrandmember",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrandmember,
        .since = "6.2.0",
        .complexity = "O(N) in the number of members returned",
        .summary = "Returns one or more random members of a sorted set.",
    },
    {
        .name = "zrank",
        .arity = between(2, 3),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zrank,
        .since = "2.0.0",
        .complexity = "O(log(N))",
        .summary = "Returns where a member stands in a sorted set, counted from the lowest score.",
    },
    {
        .name = "zrem",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zrem,
        .since = "1.2.0",
        .complexity = "O(log(N)) for each member given",
        .summary = "Removes members from a sorted set. Deletes the sorted set with its last member.",
    },
    {
        .name = "zrevrank",
        .arity = between(2, 3),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zrevrank,
        .since = "2.0.0",
        .complexity = "O(log(N))",
        .summary = "Returns where a member stands in a sorted set, counted from the highest score.",
    },
    {
        .name = "zscore",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zscore,
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Returns the score of a member of a sorted set.",
    },
};

}  // namespace

std::span<const CommandSpec> sorted_set_commands() {
  return table;
}

}  // namespace millrace::store
