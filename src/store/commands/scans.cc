#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/scan_options.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<Reply> keys(Call& call) {
  const std::string& pattern = call.arguments[0];
  std::optional<std::string> last;
  std::vector<Reply> found;
  auto done = call.keys.keys(literal_prefix(pattern), last, SIZE_MAX, [&](std::string_view key, const KeyRow&) {
    if (matches(pattern, key)) found.push_back(Reply::bulk(key));
    return false;
  });
  if (!done) return done.error();
  return Reply::array(std::move(found));
}

Result<Reply> scan(Call& call) {
  auto cursor = parse_cursor(call.arguments[0]);
  if (!cursor) return cursor.error();
  auto options = parse_scan_options(call.arguments.subspan(1), ScanOf::keys);
  if (!options) return options.error();
  std::optional<std::string> type;
  if (options->type) type = lower_case(*options->type);
  Iteration iteration{call.keys.database(), call.keys.id(), std::nullopt};
  auto last = call.live().cursors.find(iteration, *cursor);
  std::vector<Reply> found;
  auto done = call.keys.keys(literal_prefix(options->pattern), last, options->count,
                             [&](std::string_view key, const KeyRow& row) {
                               bool wanted = !type || *type == name_of(row.type);
                               if (!wanted || !matches(options->pattern, key)) return false;
                               found.push_back(Reply::bulk(key));
                               if (options->with_types) found.push_back(Reply::bulk(name_of(row.type)));
                               return false;
                             });
  if (!done) return done.error();
  std::uint64_t next = last ? call.live().cursors.remember(std::move(iteration), std::move(*last)) : 0;
  return scan_reply(next, std::move(found));
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
        .flags = whole_keyspace,
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
