#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/numbers.h"
#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"
#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

enum class Operation { join, intersect, subtract };
enum class Aggregate { sum, least, most };

// A sorted set, a set whose members all have the score 1, or nothing.
class Source {
 public:
  static Result<Source> open(Keyspace& keys, const std::string& key) {
    Source source;
    auto row = keys.find(key);
    if (!row) return row.error();
    if (!*row) return Result<Source>(std::move(source));
    if ((*row)->type == Type::sorted_set) {
      auto set = SortedSet::open(keys, key);
      if (!set) return set.error();
      source.sorted_.emplace(std::move(*set));
    } else {
      auto set = Collection::open(keys, key, Type::set);
      if (!set) return set.error();
      source.plain_.emplace(std::move(*set));
    }
    return Result<Source>(std::move(source));
  }

  std::uint64_t size() const {
    if (sorted_) return sorted_->size();
    return plain_ ? plain_->size() : 0;
  }

  Result<std::optional<double>> score(std::string_view member) {
    if (sorted_) return sorted_->score(member);
    if (!plain_) return std::optional<double>{};
    auto found = plain_->get(member);
    if (!found) return found.error();
    return *found ? std::optional(1.0) : std::nullopt;
  }

  Result<void> each(const SortedSet::Visitor& visit) {
    if (sorted_) return sorted_->each({}, Direction::ascending, visit);
    if (!plain_) return {};
    return plain_->each([&](std::string_view member, std::string_view) { return visit(member, 1); });
  }

  Result<std::vector<ScoredMember>> members() {
    std::vector<ScoredMember> all;
    all.reserve(size());
    auto done = each([&](std::string_view member, double score) {
      all.push_back({std::string(member), score});
      return Visit::more;
    });
    if (!done) return done.error();
    return Result<std::vector<ScoredMember>>(std::move(all));
  }

  double weight = 1;

 private:
  std::optional<SortedSet> sorted_{};
  std::optional<Collection> plain_{};
};

using Sources = std::vector<Source>;

// What the words of a command ask for.
struct Combination {
  Sources sources{};
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
  std::uint64_t count_max = 0;  // 0: no limit
};

struct Form {
  Operation operation = Operation::join;
  bool stores = false;
  bool counts = false;  // only how many there are
};

Result<void> parse_weights(Sources& sources, std::span<const std::string> words) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    auto weight = to_double(words[i]);
    if (!weight) return Error{ErrorCode::invalid, "ERR weight value is not a float"};
    sources[i].weight = *weight;
  }
  return {};
}

Result<Aggregate> parse_aggregate(std::string_view word) {
  if (equals_ignoring_case(word, "SUM")) return Aggregate::sum;
  if (equals_ignoring_case(word, "MIN")) return Aggregate::least;
  if (equals_ignoring_case(word, "MAX")) return Aggregate::most;
  return syntax_error();
}

Result<void> parse_options(Combination& combination, std::span<const std::string> words, const Form& form) {
  bool scored = form.operation != Operation::subtract && !form.counts;
  std::size_t keys = combination.sources.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::size_t left = words.size() - i - 1;
    if (scored && left >= keys && equals_ignoring_case(words[i], "WEIGHTS")) {
      if (auto done = parse_weights(combination.sources, words.subspan(i + 1)); !done) return done;
      i += keys;
    } else if (scored && left >= 1 && equals_ignoring_case(words[i], "AGGREGATE")) {
      auto aggregate = parse_aggregate(words[++i]);
      if (!aggregate) return aggregate.error();
      combination.aggregate = *aggregate;
    } else if (!form.stores && !form.counts && equals_ignoring_case(words[i], "WITHSCORES")) {
      combination.with_scores = true;
    } else if (form.counts && left >= 1 && equals_ignoring_case(words[i], "LIMIT")) {
      auto limit = parse_count(words[++i], "ERR LIMIT can't be negative");
      if (!limit) return limit.error();
      combination.count_max = static_cast<std::uint64_t>(*limit);
    } else {
      return syntax_error();
    }
  }
  return {};
}

// `words` begin with the number of keys.
Result<Combination> parse(Call& call, std::span<const std::string> words, const Form& form) {
  auto count = parse_integer(words[0]);
  if (!count) return count.error();
  if (*count < 1) {
    return Error{ErrorCode::invalid,
                 fmt::format("ERR at least 1 input key is needed for '{}' command", call.spec.name)};
  }
  if (static_cast<std::uint64_t>(*count) > words.size() - 1) return syntax_error();
  auto keys = static_cast<std::size_t>(*count);
  Combination combination;
  for (const std::string& key : words.subspan(1, keys)) {
    auto source = Source::open(call.keys, key);
    if (!source) return source.error();
    combination.sources.push_back(std::move(*source));
  }
  if (auto done = parse_options(combination, words.subspan(1 + keys), form); !done) return done.error();
  return Result<Combination>(std::move(combination));
}

double or_zero(double score) {
  return std::isnan(score) ? 0 : score;
}

// The infinities of both signs together are nothing.
double combine(double score, double other, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::sum: return or_zero(score + other);
    case Aggregate::least: return other < score ? other : score;
    case Aggregate::most: return other > score ? other : score;
  }
  return score;
}

using Members = std::vector<ScoredMember>;

Result<Members> join(Sources& sources, Aggregate aggregate) {
  Members joined;
  std::unordered_map<std::string, std::size_t> places;
  for (Source& source : sources) {
    auto done = source.each([&](std::string_view member, double score) {
      score = or_zero(source.weight * score);
      auto [place, is_new] = places.try_emplace(std::string(member), joined.size());
      if (is_new) {
        joined.push_back({std::string(member), score});
      } else {
        double& known = joined[place->second].score;
        known = combine(known, score, aggregate);
      }
      return Visit::more;
    });
    if (!done) return done.error();
  }
  return Result<Members>(std::move(joined));
}

// What the first source has and all others do, too.
Result<Members> intersect(Sources& sources, Aggregate aggregate, std::uint64_t count_max) {
  Members common;
  if (sources[0].size() == 0) return Result<Members>(std::move(common));
  auto candidates = sources[0].members();
  if (!candidates) return candidates;
  for (ScoredMember& candidate : *candidates) {
    double score = or_zero(sources[0].weight * candidate.score);
    bool everywhere = true;
    for (std::size_t i = 1; i < sources.size() && everywhere; ++i) {
      auto found = sources[i].score(candidate.member);
      if (!found) return found.error();
      everywhere = found->has_value();
      if (everywhere) score = combine(score, sources[i].weight * **found, aggregate);
    }
    if (!everywhere) continue;
    common.push_back({std::move(candidate.member), score});
    if (common.size() == count_max) break;
  }
  return Result<Members>(std::move(common));
}

// What the first source has and no other does.
Result<Members> subtract(Sources& sources) {
  Members left;
  auto candidates = sources[0].members();
  if (!candidates) return candidates;
  for (ScoredMember& candidate : *candidates) {
    bool elsewhere = false;
    for (std::size_t i = 1; i < sources.size() && !elsewhere; ++i) {
      auto found = sources[i].score(candidate.member);
      if (!found) return found.error();
      elsewhere = found->has_value();
    }
    if (!elsewhere) left.push_back(std::move(candidate));
  }
  return Result<Members>(std::move(left));
}

Result<Members> run(Combination& combination, Operation operation) {
  Sources& sources = combination.sources;
  if (operation == Operation::subtract) return subtract(sources);
  std::vector<std::size_t> order(sources.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return sources[i].size(); });
  Sources smallest_first;
  for (std::size_t i : order) smallest_first.push_back(std::move(sources[i]));
  if (operation == Operation::join) return join(smallest_first, combination.aggregate);
  return intersect(smallest_first, combination.aggregate, combination.count_max);
}

Result<Reply> answer(Call& call, Operation operation) {
  auto combination = parse(call, call.arguments, {.operation = operation});
  if (!combination) return combination.error();
  auto members = run(*combination, operation);
  if (!members) return members.error();
  std::ranges::sort(*members, [](const ScoredMember& a, const ScoredMember& b) {
    return a.score != b.score ? a.score < b.score : a.member < b.member;
  });
  ElementReplies replies(call, combination->with_scores);
  for (const ScoredMember& one : *members) replies.add(one.member, one.score);
  return replies.take();
}

Result<Reply> store(Call& call, Operation operation, std::string_view event) {
  auto combination = parse(call, call.arguments.subspan(1), {.operation = operation, .stores = true});
  if (!combination) return combination.error();
  auto members = run(*combination, operation);
  if (!members) return members.error();
  return store_as(call, call.arguments[0], *members, event);
}

Result<Reply> zunion(Call& call) {
  return answer(call, Operation::join);
}
Result<Reply> zinter(Call& call) {
  return answer(call, Operation::intersect);
}
Result<Reply> zdiff(Call& call) {
  return answer(call, Operation::subtract);
}
Result<Reply> zunionstore(Call& call) {
  return store(call, Operation::join, "zunionstore");
}
Result<Reply> zinterstore(Call& call) {
  return store(call, Operation::intersect, "zinterstore");
}
Result<Reply> zdiffstore(Call& call) {
  return store(call, Operation::subtract, "zdiffstore");
}

Result<Reply> zintercard(Call& call) {
  auto combination = parse(call, call.arguments, {.operation = Operation::intersect, .counts = true});
  if (!combination) return combination.error();
  auto members = run(*combination, Operation::intersect);
  if (!members) return members.error();
  return Reply::of(static_cast<std::int64_t>(members->size()));
}

constexpr std::string_view join_complexity = "O(N)+O(M log(M)) for N elements read and M in the result";
constexpr std::string_view intersect_complexity = "O(N*K) for N elements in the smallest of K sorted sets";
constexpr std::string_view subtract_complexity = "O(N*K) for N elements in the first of K sorted sets";

constexpr CommandSpec table[] = {
    {
        .name = "zdiff",
        .arity = at_least(2),
        .keys = counted_at(1),
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zdiff,
        .since = "6.2.0",
        .complexity = subtract_complexity,
        .summary = "Returns what the first of several sorted sets has and the others have not.",
    },
    {
        .name = "zdiffstore",
        .arity = at_least(3),
        .keys = first_and_counted_at(2),
        .access = Access::write,
        .flags = may_grow,
        .group = Group::sorted_set,
        .run = zdiffstore,
        .since = "6.2.0",
        .complexity = subtract_complexity,
        .summary = "Stores what the first of several sorted sets has and the others have not in a key.",
    },
    {
        .name = "zinter",
        .arity = at_least(2),
        .keys = counted_at(1),
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zinter,
        .since = "6.2.0",
        .complexity = intersect_complexity,
        .summary = "Returns what all of several sorted sets have.",
    },
    {
        .name = "zintercard",
        .arity = at_least(2),
        .keys = counted_at(1),
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zintercard,
        .since = "7.0.0",
        .complexity = intersect_complexity,
        .summary = "Counts what all of several sorted sets have.",
    },
    {
        .name = "zinterstore",
        .arity = at_least(3),
        .keys = first_and_counted_at(2),
        .access = Access::write,
        .flags = may_grow,
        .group = Group::sorted_set,
        .run = zinterstore,
        .since = "2.0.0",
        .complexity = intersect_complexity,
        .summary = "Stores what all of several sorted sets have in a key.",
    },
    {
        .name = "zunion",
        .arity = at_least(2),
        .keys = counted_at(1),
        .access = Access::read,
        .flags = 0,
        .group = Group::sorted_set,
        .run = zunion,
        .since = "6.2.0",
        .complexity = join_complexity,
        .summary = "Returns what any of several sorted sets has.",
    },
    {
        .name = "zunionstore",
        .arity = at_least(3),
        .keys = first_and_counted_at(2),
        .access = Access::write,
        .flags = may_grow,
        .group = Group::sorted_set,
        .run = zunionstore,
        .since = "2.0.0",
        .complexity = join_complexity,
        .summary = "Stores what any of several sorted sets has in a key.",
    },
};

}  // namespace

std::span<const CommandSpec> sorted_set_combining_commands() {
  return table;
}

}  // namespace millrace::store
