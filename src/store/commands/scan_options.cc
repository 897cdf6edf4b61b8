#include "store/commands/scan_options.h"

#include <algorithm>
#include <charconv>

#include "store/commands/errors.h"
#include "store/commands/text.h"

namespace millrace::store {

Result<ScanOptions> parse_scan_options(std::span<const std::string> words, ScanOf what) {
  constexpr std::int64_t count_max = 10'000;  // one call must not hold up the others; SCAN may give fewer than asked
  ScanOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool followed = i + 1 < words.size();
    if (equals_ignoring_case(words[i], "COUNT") && followed) {
      auto count = to_integer(words[++i]);
      if (!count) return not_an_integer();
      if (*count < 1) return syntax_error();
      options.count = static_cast<std::size_t>(std::min(*count, count_max));
    } else if (equals_ignoring_case(words[i], "MATCH") && followed) {
      options.pattern = words[++i];
    } else if (equals_ignoring_case(words[i], "TYPE") && followed && what == ScanOf::keys) {
      options.type = words[++i];
    } else if (equals_ignoring_case(words[i], "WITHTYPE") && what == ScanOf::keys) {
      options.with_types = true;
    } else if (equals_ignoring_case(words[i], "NOVALUES") && what == ScanOf::hash) {
      options.without_values = true;
    } else {
      return syntax_error();
    }
  }
  return options;
}

Result<std::uint64_t> parse_cursor(std::string_view text) {
  std::uint64_t cursor = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), cursor);
  if (fault != std::errc() || end != text.data() + text.size()) return Error{ErrorCode::invalid, "ERR invalid cursor"};
  return cursor;
}

Reply scan_reply(std::uint64_t cursor, std::vector<Reply> found) {
  return Reply::array({Reply::bulk(std::to_string(cursor)), Reply::array(std::move(found))});
}

}  // namespace millrace::store
