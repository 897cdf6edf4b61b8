#pragma once

// What the commands of sorted sets make of their arguments, and how they answer elements. Errors are in the words of
// Redis.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/commands/command_table.h"
#include "store/embedded/sorted_set.h"

namespace millrace::store {

// A number as C writes it, inf included; neither nan nor what a double cannot hold.
std::optional<double> to_double(const std::string& text);
Error not_a_double();

// "(1" is a bound that does not belong to the range.
Result<ScoreBounds> parse_score_bounds(const std::string& least, const std::string& most);

// One bound of a range of members: "-", "+", "[member", "(member".
struct LexBound {
  enum class Kind { lowest, member, highest };
  Kind kind = Kind::lowest;
  bool without = false;
  std::string member{};
};
struct LexBounds {
  LexBound least{};
  LexBound most{};
};
Result<LexBounds> parse_lex_bounds(const std::string& least, const std::string& most);

// Where the members within `bounds` stand. Means something only where all scores are equal; else it takes a walk.
Result<OrderRange> range_of(SortedSet& set, const LexBounds& bounds);

// The ranks from `first` to `last` as ZRANGE counts them, -1 being the last one; nothing when there are none.
struct Ranks {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
std::optional<Ranks> ranks_within(std::int64_t first, std::int64_t last, std::uint64_t size);

// Removes members that were just read from the set, which has not been changed so far.
Result<void> erase_all(SortedSet& set, const std::vector<ScoredMember>& members);

// Has `members` stand at `key` in place of whatever does, and says so by `event`. Answers how many they are.
Result<Reply> store_as(Call& call, const std::string& key, const std::vector<ScoredMember>& members,
                       std::string_view event);

// The elements one after the other, each followed by its score or, in version 3 of the protocol, paired with it.
class ElementReplies {
 public:
  ElementReplies(const Call& call, bool with_scores)
      : with_scores_(with_scores), paired_(call.context().caller.protocol > 2) {}

  void add(std::string_view member, double score);
  Reply take() { return Reply::array(std::move(replies_)); }

 private:
  bool with_scores_;
  bool paired_;
  std::vector<Reply> replies_{};
};

}  // namespace millrace::store
