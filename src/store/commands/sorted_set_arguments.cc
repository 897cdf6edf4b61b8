#include "store/commands/sorted_set_arguments.h"

#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>

namespace millrace::store {
namespace {

// One bound of a range of scores. Redis takes what strtod does here, the empty text and spaces before it included.
std::optional<double> parse_score_bound(const std::string& text, bool& without) {
  without = text.starts_with('(');
  const char* begin = text.c_str() + (without ? 1 : 0);
  char* end = nullptr;
  double score = std::strtod(begin, &end);
  if (end != text.c_str() + text.size() || std::isnan(score)) return std::nullopt;
  return score;
}

std::optional<LexBound> parse_lex_bound(const std::string& text) {
  if (text == "-") return LexBound{.kind = LexBound::Kind::lowest};
  if (text == "+") return LexBound{.kind = LexBound::Kind::highest};
  if (!text.starts_with('[') && !text.starts_with('(')) return std::nullopt;
  return LexBound{.kind = LexBound::Kind::member, .without = text[0] == '(', .member = text.substr(1)};
}

// The first element in that direction. The set has some.
Result<ScoredMember> outermost(SortedSet& set, Direction direction) {
  ScoredMember first;
  auto done = set.each({}, direction, [&](std::string_view member, double score) {
    first = {std::string(member), score};
    return Visit::stop;
  });
  if (!done) return done.error();
  return Result<ScoredMember>(std::move(first));
}

bool is_below(std::string_view member, const LexBound& bound) {
  if (bound.kind != LexBound::Kind::member) return bound.kind == LexBound::Kind::highest;
  return bound.without ? member <= bound.member : member < bound.member;
}

bool is_above(std::string_view member, const LexBound& bound) {
  if (bound.kind != LexBound::Kind::member) return bound.kind == LexBound::Kind::lowest;
  return bound.without ? member >= bound.member : member > bound.member;
}

const OrderRange no_elements{"x", "x"};

// Where scores differ the members are in no order, and the answer means nothing, but it should be that of Redis: from
// the first member that is not below the range to the first one above it.
Result<OrderRange> walk_to_range(SortedSet& set, const LexBounds& bounds) {
  std::optional<OrderRange> found;
  auto done = set.each({}, Direction::ascending, [&](std::string_view member, double score) {
    bool above = is_above(member, bounds.most);
    if (found && above) found->end = order_key(score, member);
    if (!found && !is_below(member, bounds.least))
      found = above ? no_elements : OrderRange{order_key(score, member), {}};
    return found && above ? Visit::stop : Visit::more;
  });
  if (!done) return done.error();
  return found.value_or(no_elements);
}

}  // namespace

std::optional<double> to_double(const std::string& text) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text[0])) != 0) return std::nullopt;
  char* end = nullptr;
  errno = 0;
  double number = std::strtod(text.c_str(), &end);
  bool lost = errno == ERANGE && (std::isinf(number) || number == 0);
  if (end != text.c_str() + text.size() || lost || std::isnan(number)) return std::nullopt;
  return number;
}

Error not_a_double() {
  return {ErrorCode::invalid, "ERR value is not a valid float"};
}

Result<ScoreBounds> parse_score_bounds(const std::string& least, const std::string& most) {
  ScoreBounds bounds;
  auto lowest = parse_score_bound(least, bounds.without_least);
  auto highest = parse_score_bound(most, bounds.without_most);
  if (!lowest || !highest) return Error{ErrorCode::invalid, "ERR min or max is not a float"};
  bounds.least = *lowest;
  bounds.most = *highest;
  return bounds;
}

Result<LexBounds> parse_lex_bounds(const std::string& least, const std::string& most) {
  auto lowest = parse_lex_bound(least);
  auto highest = parse_lex_bound(most);
  if (!lowest || !highest) return Error{ErrorCode::invalid, "ERR min or max not valid string range item"};
  return LexBounds{std::move(*lowest), std::move(*highest)};
}

Result<OrderRange> range_of(SortedSet& set, const LexBounds& bounds) {
  using Kind = LexBound::Kind;
  if (set.size() == 0 || bounds.least.kind == Kind::highest || bounds.most.kind == Kind::lowest) return no_elements;
  auto first = outermost(set, Direction::ascending);
  if (!first) return first.error();
  auto last = outermost(set, Direction::descending);
  if (!last) return last.error();
  if (is_below(last->member, bounds.least) || is_above(first->member, bounds.most)) return no_elements;
  if (first->score != last->score) return walk_to_range(set, bounds);
  OrderRange range;
  if (bounds.least.kind == Kind::member) {
    range.begin = order_key(first->score, bounds.least.member);
    if (bounds.least.without) range.begin += '\0';
  }
  if (bounds.most.kind == Kind::member) {
    range.end = order_key(first->score, bounds.most.member);
    if (!bounds.most.without) range.end += '\0';
  }
  return Result<OrderRange>(std::move(range));
}

std::optional<Ranks> ranks_within(std::int64_t first, std::int64_t last, std::uint64_t size) {
  auto count = static_cast<std::int64_t>(size);
  if (first < 0) first = std::max<std::int64_t>(0, first + count);
  if (last < 0) last += count;
  if (first > last || first >= count) return std::nullopt;
  return Ranks{static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(std::min(last, count - 1))};
}

Result<void> erase_all(SortedSet& set, const std::vector<ScoredMember>& members) {
  if (members.size() == set.size()) {
    set.clear();
    return {};
  }
  for (const ScoredMember& one : members) {
    if (auto done = set.erase(one.member); !done) return done.error();
  }
  return {};
}

Result<Reply> store_as(Call& call, const std::string& key, const std::vector<ScoredMember>& members,
                       std::string_view event) {
  if (!members.empty()) call.notify('z', event, key);
  if (auto done = SortedSet::replace(call.keys, key, members); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(members.size()));
}

void ElementReplies::add(std::string_view member, double score) {
  if (!with_scores_) {
    replies_.push_back(Reply::bulk(member));
  } else if (paired_) {
    replies_.push_back(Reply::array({Reply::bulk(member), Reply::of_real(score)}));
  } else {
    replies_.push_back(Reply::bulk(member));
    replies_.push_back(Reply::of_real(score));
  }
}

}  // namespace millrace::store
