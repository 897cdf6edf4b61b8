// DELEX, DIGEST and LCS: commands that compare strings.

#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<Reply> delex(Call& call) {
  const std::string& key = call.arguments[0];
  if (call.arguments.size() == 2) return wrong_arity(call.spec.name);
  ValueCondition condition;
  if (call.arguments.size() == 3) {
    condition.kind = condition_of(call.arguments[1]).value_or(ValueCondition::Kind::none);
    condition.operand = call.arguments[2];
    if (!condition.compares()) return syntax_error();
  }
  auto before = call.keys.find(key);
  if (!before) return before.error();
  if (!*before) return Reply::of(0);
  if (condition.compares() && (*before)->type != Type::string) return wrong_type();
  auto met = is_met(condition, (*before)->content);
  if (!met) return met.error();
  if (!*met) return Reply::of(0);
  if (auto done = call.keys.erase(key, **before); !done) return done.error();
  call.notify('g', "del", key);
  return Reply::of(1);
}

Result<Reply> digest(Call& call) {
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  return *found ? Reply::bulk(digest_of((*found)->content)) : Reply::nil();
}

struct LcsOptions {
  bool length_only = false;
  bool ranges = false;
  bool with_lengths = false;
  std::int64_t length_min = 0;
};

Result<LcsOptions> parse_lcs_options(std::span<const std::string> words) {
  LcsOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (equals_ignoring_case(words[i], "IDX")) {
      options.ranges = true;
    } else if (equals_ignoring_case(words[i], "LEN")) {
      options.length_only = true;
    } else if (equals_ignoring_case(words[i], "WITHMATCHLEN")) {
      options.with_lengths = true;
    } else if (equals_ignoring_case(words[i], "MINMATCHLEN") && i + 1 < words.size()) {
      auto length = to_integer(words[++i]);
      if (!length) return not_an_integer();
      options.length_min = *length;
    } else {
      return syntax_error();
    }
  }
  if (options.ranges && options.length_only) {
    return Error{ErrorCode::invalid, "ERR If you want both the length and indexes, please just use IDX."};
  }
  return options;
}

// The longest common subsequence of two strings. Its time and memory grow with the product of their lengths.
class CommonSubsequence {
 public:
  struct Run {  // of bytes that are common and lie next to each other
    std::size_t a = 0;
    std::size_t b = 0;
    std::size_t length = 0;
  };

  static constexpr std::size_t cells_max = std::size_t{1} << 26;  // 256 MiB, and a fifth of a second

  static bool fits(std::string_view a, std::string_view b) { return (a.size() + 1) <= cells_max / (b.size() + 1); }

  CommonSubsequence(std::string_view a, std::string_view b) : a_(a), b_(b), lengths_((a.size() + 1) * (b.size() + 1)) {
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        at(i, j) = a[i - 1] == b[j - 1] ? at(i - 1, j - 1) + 1 : std::max(at(i - 1, j), at(i, j - 1));
      }
    }
  }

  std::size_t length() { return at(a_.size(), b_.size()); }

  // The last one first.
  std::vector<Run> runs() {
    std::vector<Run> found;
    bool running = false;
    for (std::size_t i = a_.size(), j = b_.size(); i > 0 && j > 0;) {
      if (a_[i - 1] != b_[j - 1]) {
        running = false;
        at(i - 1, j) > at(i, j - 1) ? --i : --j;
        continue;
      }
      if (!running) found.push_back({i, j, 0});
      running = true;
      found.back() = {--i, --j, found.back().length + 1};
    }
    return found;
  }

 private:
  std::uint32_t& at(std::size_t i, std::size_t j) { return lengths_[i * (b_.size() + 1) + j]; }

  std::string_view a_;
  std::string_view b_;
  std::vector<std::uint32_t> lengths_;
};

Reply range_reply(std::size_t first, std::size_t length) {
  auto begin = static_cast<std::int64_t>(first);
  return Reply::array({Reply::of(begin), Reply::of(begin + static_cast<std::int64_t>(length) - 1)});
}

Reply ranges_reply(CommonSubsequence& common, const LcsOptions& options) {
  std::vector<Reply> matches;
  for (const CommonSubsequence::Run& run : common.runs()) {
    auto length = static_cast<std::int64_t>(run.length);
    if (length < options.length_min) continue;
    std::vector<Reply> match{range_reply(run.a, run.length), range_reply(run.b, run.length)};
    if (options.with_lengths) match.push_back(Reply::of(length));
    matches.push_back(Reply::array(std::move(match)));
  }
  return Reply::map({Reply::bulk("matches"), Reply::array(std::move(matches)), Reply::bulk("len"),
                     Reply::of(static_cast<std::int64_t>(common.length()))});
}

Result<std::string> read_for_lcs(Call& call, std::size_t argument) {
  auto found = call.keys.find(call.arguments[argument]);
  if (!found) return found.error();
  if (!*found) return std::string();
  if ((*found)->type != Type::string) {
    return Error{ErrorCode::invalid, "ERR The specified keys must contain string values"};
  }
  return std::string((*found)->content);
}

Result<Reply> lcs(Call& call) {
  auto a = read_for_lcs(call, 0);
  if (!a) return a.error();
  auto b = read_for_lcs(call, 1);
  if (!b) return b.error();
  auto options = parse_lcs_options(call.arguments.subspan(2));
  if (!options) return options.error();
  if (!CommonSubsequence::fits(*a, *b)) {
    return Error{ErrorCode::invalid, "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"};
  }
  CommonSubsequence common(*a, *b);
  if (options->length_only) return Reply::of(static_cast<std::int64_t>(common.length()));
  if (options->ranges) return ranges_reply(common, *options);
  std::string text;
  auto runs = common.runs();
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) text += a->substr(run->a, run->length);
  return Reply::bulk(std::move(text));
}

constexpr CommandSpec table[] = {
    {
        .name = "delex",
        .arity = between(1, 3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::string,
        .run = delex,
        .since = "8.4.0",
        .complexity = "O(1), O(N) in the length of the string when it is compared",
        .summary = "Deletes a key if its string value is as expected.",
    },
    {
        .name = "digest",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::string,
        .run = digest,
        .since = "8.4.0",
        .complexity = "O(N) in the length of the string",
        .summary = "Returns a hash of the string value of a key.",
    },
    {
        .name = "lcs",
        .arity = at_least(2),
        .keys = first_two,
        .access = Access::read,
        .flags = 0,
        .group = Group::string,
        .run = lcs,
        .since = "7.0.0",
        .complexity = "O(N*M) in the lengths of the strings",
        .summary = "Returns the longest common subsequence of two strings.",
    },
};

}  // namespace

std::span<const CommandSpec> string_comparing_commands() {
  return table;
}

}  // namespace millrace::store
