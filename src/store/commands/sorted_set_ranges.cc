#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

enum class By { rank, score, member };

// What ZRANGE and its older relatives ask for.
struct Query {
  std::optional<By> by{};
  std::optional<Direction> direction{};
  bool with_scores = false;
  bool limited = false;
  std::int64_t offset = 0;
  std::int64_t count = -1;  // negative: all

  // One of them, as `by` says.
  std::int64_t first = 0;
  std::int64_t last = -1;
  ScoreBounds scores{};
  LexBounds members{};
};

// What the name of a command already says; ZRANGE leaves it open.
struct Form {
  std::optional<By> by{};
  std::optional<Direction> direction{};
  bool stores = false;
};

Result<Query> parse_options(std::span<const std::string> words, const Form& form) {
  Query query{.by = form.by, .direction = form.direction};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!form.stores && equals_ignoring_case(word, "WITHSCORES")) {
      query.with_scores = true;
    } else if (equals_ignoring_case(word, "LIMIT") && i + 2 < words.size()) {
      auto offset = parse_integer(words[i + 1]);
      auto count = parse_integer(words[i + 2]);
      if (!offset || !count) return not_an_integer();
      query.offset = *offset;
      query.count = *count;
      query.limited = true;
      i += 2;
    } else if (!form.direction && equals_ignoring_case(word, "REV")) {
      query.direction = Direction::descending;
    } else if (!form.by && equals_ignoring_case(word, "BYLEX")) {
      query.by = By::member;
    } else if (!form.by && equals_ignoring_case(word, "BYSCORE")) {
      query.by = By::score;
    } else {
      return syntax_error();
    }
  }
  return Result<Query>(std::move(query));
}

Result<void> parse_bounds(Query& query, const std::string& least, const std::string& most) {
  if (*query.by == By::rank) {
    auto first = parse_integer(least);
    auto last = parse_integer(most);
    if (!first || !last) return not_an_integer();
    query.first = *first;
    query.last = *last;
  } else if (*query.by == By::score) {
    auto bounds = parse_score_bounds(least, most);
    if (!bounds) return bounds.error();
    query.scores = *bounds;
  } else {
    auto bounds = parse_lex_bounds(least, most);
    if (!bounds) return bounds.error();
    query.members = std::move(*bounds);
  }
  return {};
}

// `words` begin with both bounds. A range that goes down has the higher one first, unless it is one of ranks.
Result<Query> parse_query(const Call& call, std::span<const std::string> words, const Form& form) {
  auto query = parse_options(words.subspan(2), form);
  if (!query) return query;
  if (!query->by) query->by = By::rank;
  if (!query->direction) query->direction = Direction::ascending;
  if (query->limited && *query->by == By::rank && call.context().caller.door != Door::rest) {
    return Error{ErrorCode::invalid,
                 "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"};
  }
  if (query->with_scores && *query->by == By::member) {
    return Error{ErrorCode::invalid, "ERR syntax error, WITHSCORES not supported in combination with BYLEX"};
  }
  bool swapped = *query->direction == Direction::descending && *query->by != By::rank;
  auto done = parse_bounds(*query, words[swapped ? 1 : 0], words[swapped ? 0 : 1]);
  if (!done) return done.error();
  return query;
}

// The ranks that the query asks for without its limit.
Result<std::optional<Ranks>> ranks_of(SortedSet& set, const Query& query, const OrderRange& range) {
  if (*query.by == By::rank) {
    auto ranks = ranks_within(query.first, query.last, set.size());
    if (ranks && *query.direction == Direction::descending) {
      ranks = Ranks{set.size() - 1 - ranks->last, set.size() - 1 - ranks->first};
    }
    return ranks;
  }
  auto before = set.count_before(range.begin);
  if (!before) return before.error();
  auto count = set.count(range);
  if (!count) return count.error();
  if (*count == 0) return std::optional<Ranks>{};
  return std::optional(Ranks{*before, *before + *count - 1});
}

Result<void> each_by_rank(SortedSet& set, const Query& query, const OrderRange& range,
                          const SortedSet::Visitor& visit) {
  auto ranks = ranks_of(set, query, range);
  if (!ranks) return ranks.error();
  if (!*ranks || query.count == 0) return {};
  auto [first, last] = **ranks;
  auto offset = static_cast<std::uint64_t>(query.offset);
  if (offset > last - first) return {};
  auto count = static_cast<std::uint64_t>(query.count < 0 ? INT64_MAX : query.count);
  if (*query.direction == Direction::ascending) {
    first += offset;
    last = std::min(last, first + count - 1);
  } else {
    last -= offset;
    first = count > last - first ? first : last - count + 1;
  }
  return set.each_ranked(first, last, *query.direction, visit);
}

Result<OrderRange> range_of(SortedSet& set, const Query& query) {
  if (*query.by == By::score) return range_of(query.scores);
  if (*query.by == By::member) return range_of(set, query.members);
  return OrderRange{};
}

Result<void> each(SortedSet& set, const Query& query, const SortedSet::Visitor& visit) {
  constexpr std::int64_t offset_near = 128;  // up to here walking is quicker than counting
  if (set.size() == 0 || query.offset < 0) return {};
  auto range = range_of(set, query);
  if (!range) return range.error();
  if (*query.by == By::rank || query.offset > offset_near) return each_by_rank(set, query, *range, visit);
  std::int64_t skipped = query.offset;
  std::int64_t left = query.count;
  if (left == 0) return {};
  return set.each(*range, *query.direction, [&](std::string_view member, double score) {
    if (skipped > 0) {
      --skipped;
      return Visit::more;
    }
    Visit next = visit(member, score);
    return --left == 0 ? Visit::stop : next;
  });
}

Result<std::vector<ScoredMember>> collect(SortedSet& set, const Query& query) {
  std::vector<ScoredMember> found;
  auto done = each(set, query, [&](std::string_view member, double score) {
    found.push_back({std::string(member), score});
    return Visit::more;
  });
  if (!done) return done.error();
  return Result<std::vector<ScoredMember>>(std::move(found));
}

Result<Reply> answer_range(Call& call, const Form& form) {
  auto query = parse_query(call, call.arguments.subspan(1), form);
  if (!query) return query.error();
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  ElementReplies replies(call, query->with_scores);
  auto done = each(*set, *query, [&](std::string_view member, double score) {
    replies.add(member, score);
    return Visit::more;
  });
  if (!done) return done.error();
  return replies.take();
}

Result<Reply> zrange(Call& call) {
  return answer_range(call, {});
}
Result<Reply> zrevrange(Call& call) {
  return answer_range(call, {By::rank, Direction::descending});
}
Result<Reply> zrangebyscore(Call& call) {
  return answer_range(call, {By::score, Direction::ascending});
}
Result<Reply> zrevrangebyscore(Call& call) {
  return answer_range(call, {By::score, Direction::descending});
}
Result<Reply> zrangebylex(Call& call) {
  return answer_range(call, {By::member, Direction::ascending});
}
Result<Reply> zrevrangebylex(Call& call) {
  return answer_range(call, {By::member, Direction::descending});
}

Result<Reply> zrangestore(Call& call) {
  auto query = parse_query(call, call.arguments.subspan(2), {.stores = true});
  if (!query) return query.error();
  auto set = SortedSet::open(call.keys, call.arguments[1]);
  if (!set) return set.error();
  auto found = collect(*set, *query);
  if (!found) return found.error();
  return store_as(call, call.arguments[0], *found, "zrangestore");
}

Result<Reply> count(Call& call, By by) {
  Query query{.by = by};
  if (auto done = parse_bounds(query, call.arguments[1], call.arguments[2]); !done) return done.error();
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  auto range = range_of(*set, query);
  if (!range) return range.error();
  auto number = set->count(*range);
  if (!number) return number.error();
  return Reply::of(static_cast<std::int64_t>(*number));
}

Result<Reply> zcount(Call& call) {
  return count(call, By::score);
}
Result<Reply> zlexcount(Call& call) {
  return count(call, By::member);
}

Result<Reply> remove_range(Call& call, By by, std::string_view event) {
  Query query{.by = by, .direction = Direction::ascending};
  if (auto done = parse_bounds(query, call.arguments[1], call.arguments[2]); !done) return done.error();
  auto set = SortedSet::open(call.keys, call.arguments[0]);
  if (!set) return set.error();
  auto found = collect(*set, query);
  if (!found) return found.error();
  if (found->empty()) return Reply::of(0);
  if (auto done = erase_all(*set, *found); !done) return done.error();
  call.notify('z', event, call.arguments[0]);
  if (auto done = set->save(); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(found->size()));
}

Result<Reply> zremrangebyrank(Call& call) {
  return remove_range(call, By::rank, "zremrangebyrank");
}
Result<Reply> zremrangebyscore(Call& call) {
  return remove_range(call, By::score, "zremrangebyscore");
}
Result<Reply> zremrangebylex(Call& call) {
  return remove_range(call, By::member, "zremrangebylex");
}

constexpr std::string_view range_complexity = "O(log(N)+M) for M elements returned";
constexpr std::string_view removal_complexity = "O(log(N)) for each element removed";

constexpr CommandSpec table[] = {
    {
        .name = "zcount",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zcount,
        .since = "2.0.0",
        .complexity = "O(log(N))",
        .summary = "Counts the members of a sorted set whose scores are within a range.",
    },
    {
        .name = "zlexcount",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::sorted_set,
        .run = zlexcount,
        .since = "2.8.9",
        .complexity = "O(log(N))",
        .summary = "Counts the members of a sorted set within a range of members, where all scores are equal.",
    },
    {
        .name = "zrange",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrange,
        .since = "1.2.0",
        .complexity = range_complexity,
        .summary = "Returns members of a sorted set within a range of ranks, scores or members.",
    },
    {
        .name = "zrangebylex",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrangebylex,
        .since = "2.8.9",
        .complexity = range_complexity,
        .summary = "Returns members of a sorted set within a range of members, where all scores are equal.",
    },
    {
        .name = "zrangebyscore",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrangebyscore,
        .since = "1.0.5",
        .complexity = range_complexity,
        .summary = "Returns members of a sorted set within a range of scores.",
    },
    {
        .name = "zrangestore",
        .arity = at_least(4),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::sorted_set,
        .run = zrangestore,
        .since = "6.2.0",
        .complexity = "O(log(N)+M) for M elements stored",
        .summary = "Stores members of a sorted set within a range of ranks, scores or members in a key.",
    },
    {
        .name = "zremrangebylex",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zremrangebylex,
        .since = "2.8.9",
        .complexity = removal_complexity,
        .summary = "Removes members of a sorted set within a range of members, where all scores are equal.",
    },
    {
        .name = "zremrangebyrank",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zremrangebyrank,
        .since = "2.0.0",
        .complexity = removal_complexity,
        .summary = "Removes members of a sorted set within a range of ranks.",
    },
    {
        .name = "zremrangebyscore",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zremrangebyscore,
        .since = "1.2.0",
        .complexity = removal_complexity,
        .summary = "Removes members of a sorted set within a range of scores.",
    },
    {
        .name = "zrevrange",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrevrange,
        .since = "1.2.0",
        .complexity = range_complexity,
        .summary = "Returns members of a sorted set within a range of ranks, the highest score first.",
    },
    {
        .name = "zrevrangebylex",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrevrangebylex,
        .since = "2.8.9",
        .complexity = range_complexity,
        .summary = "Returns members of a sorted set within a range of members, the last one first.",
    },
    {
        .name = "zrevrangebyscore",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zrevrangebyscore,
        .since = "2.2.0",
        .complexity = range_complexity,
        .summary = "Returns members of a sorted set within a range of scores, the highest score first.",
    },
};

}  // namespace

std::span<const CommandSpec> sorted_set_range_commands() {
  return table;
}

}  // namespace millrace::store
