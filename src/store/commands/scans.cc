#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

struct ScanOptions {
  std::size_t count = 10;
  std::string_view pattern = "*";
  std::optional<std::string_view> type{};
};

Result<ScanOptions> parse_scan_options(std::span<const std::string> words) {
  constexpr std::int64_t count_max = 10'000;  // one call must not hold up the others; SCAN may give fewer than asked
  ScanOptions options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return syntax_error();
    if (equals_ignoring_case(words[i], "COUNT")) {
      auto count = to_integer(words[i + 1]);
      if (!count) return not_an_integer();
      if (*count < 1) return syntax_error();
      options.count = static_cast<std::size_t>(std::min(*count, count_max));
    } else if (equals_ignoring_case(words[i], "MATCH")) {
      options.pattern = words[i + 1];
    } else if (equals_ignoring_case(words[i], "TYPE")) {
      options.type = words[i + 1];
    } else {
      return syntax_error();
    }
  }
  return options;
}

std::optional<std::uint64_t> parse_cursor(std::string_view text) {
  bool digits =
      !text.empty() && text.size() <= 20 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  return std::strtoull(std::string(text).c_str(), nullptr, 10);
}

bool same_type(std::string_view wanted, Type type) {
  return std::ranges::equal(wanted, name_of(type),
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

std::vector<Reply> bulks(std::vector<std::string> texts) {
  std::vector<Reply> replies;
  replies.reserve(texts.size());
  for (std::string& text : texts) replies.push_back(Reply::bulk(std::move(text)));
  return replies;
}

Result<Reply> keys(Call& call) {
  const std::string& pattern = call.arguments[0];
  std::optional<std::string> last;
  auto found = call.keys.keys(literal_prefix(pattern), last, SIZE_MAX,
                              [&](std::string_view key, const KeyRow&) { return matches(pattern, key); });
  if (!found) return found.error();
  return Reply::array(bulks(std::move(*found)));
}

Result<Reply> scan(Call& call) {
  auto cursor = parse_cursor(call.arguments[0]);
  if (!cursor) return Error{ErrorCode::invalid, "ERR invalid cursor"};
  auto options = parse_scan_options(call.arguments.subspan(1));
  if (!options) return options.error();
  auto last = call.live().cursors.find(call.keys.database(), call.keys.id(), *cursor);
  auto found = call.keys.keys(literal_prefix(options->pattern), last, options->count,
                              [&](std::string_view key, const KeyRow& row) {
                                if (options->type && !same_type(*options->type, row.type)) return false;
                                return matches(options->pattern, key);
                              });
  if (!found) return found.error();
  std::uint64_t next = last ? call.live().cursors.remember(call.keys.database(), call.keys.id(), std::move(*last)) : 0;
  std::vector<Reply> answer;
  answer.push_back(Reply::bulk(std::to_string(next)));
  answer.push_back(Reply::array(bulks(std::move(*found))));
  return Reply::array(std::move(answer));
}

constexpr CommandSpec table[] = {
    {
        .name = "keys",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::read,
        .flags = whole_keyspace,
        .group = Group::generic,
        .run = keys,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys that begin as the pattern does",
        .summary = "Returns the keys that match a pattern.",
    },
    {
        .name = "scan",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::read,
        .flags = 0,
        .group = Group::generic,
        .run = scan,
        .since = "2.8.0",
        .complexity = "O(1) for each call, O(N) for the whole iteration",
        .summary = "Iterates over the keys of the database.",
    },
};

}  // namespace

std::span<const CommandSpec> scan_commands() {
  return table;
}

}  // namespace millrace::store
