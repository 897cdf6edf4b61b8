#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/functions.h"
#include "store/commands/text.h"
#include "store/embedded/keyspace.h"
#include "store/embedded/scan_cursors.h"

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

}  // namespace

Result<Reply> dbsize(Call& call) {
  auto size = call.keys.size();
  if (!size) return size.error();
  return Reply::of(static_cast<std::int64_t>(*size));
}

Result<Reply> del(Call& call) {
  std::int64_t deleted = 0;
  for (const std::string& key : call.arguments) {
    auto before = call.keys.find(key);
    if (!before) return before.error();
    if (!*before) continue;
    if (auto done = call.keys.erase(key, **before); !done) return done.error();
    ++deleted;
  }
  return Reply::of(deleted);
}

Result<Reply> exists(Call& call) {
  std::int64_t count = 0;
  for (const std::string& key : call.arguments) {
    auto found = call.keys.find(key);
    if (!found) return found.error();
    count += found->has_value() ? 1 : 0;
  }
  return Reply::of(count);
}

Result<Reply> flushdb(Call& call) {
  bool known = call.arguments.empty() || equals_ignoring_case(call.arguments[0], "ASYNC") ||
               equals_ignoring_case(call.arguments[0], "SYNC");
  if (!known) return syntax_error();
  if (auto done = call.keys.flush(); !done) return done.error();
  return Reply::ok();
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
  auto last = call.cursors.find(call.keys, *cursor);
  auto found = call.keys.keys(literal_prefix(options->pattern), last, options->count,
                              [&](std::string_view key, const KeyRow& row) {
                                if (options->type && !same_type(*options->type, row.type)) return false;
                                return matches(options->pattern, key);
                              });
  if (!found) return found.error();
  std::uint64_t next = last ? call.cursors.remember(call.keys, std::move(*last)) : 0;
  std::vector<Reply> answer;
  answer.push_back(Reply::bulk(std::to_string(next)));
  answer.push_back(Reply::array(bulks(std::move(*found))));
  return Reply::array(std::move(answer));
}

Result<Reply> type(Call& call) {
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  return Reply::simple(*found ? std::string(name_of((*found)->type)) : "none");
}

}  // namespace millrace::store
