// What took long: SLOWLOG and LATENCY.

#include <algorithm>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Reply entry_reply(const SlowLog::Entry& entry) {
  std::vector<Reply> words;
  for (const std::string& word : entry.words) words.push_back(Reply::bulk(word));
  return Reply::array({Reply::of(static_cast<std::int64_t>(entry.id)), Reply::of(entry.at),
                       Reply::of(entry.took.count()), Reply::array(std::move(words)), Reply::bulk(entry.address),
                       Reply::bulk("")});
}

Result<Reply> slowlog_get(Call& call) {
  std::int64_t count = 10;
  if (!call.arguments.empty()) {
    auto number = to_integer(call.arguments[0]);
    if (!number) return not_an_integer();
    if (*number < -1) return Error{ErrorCode::invalid, "ERR count should be greater than or equal to -1"};
    count = *number == -1 ? INT64_MAX : *number;
  }
  std::vector<Reply> replies;
  for (const SlowLog::Entry& entry : call.live().slow_log.entries(call.keys.database())) {
    if (count-- == 0) break;
    replies.push_back(entry_reply(entry));
  }
  return Reply::array(std::move(replies));
}

Result<Reply> slowlog_len(Call& call) {
  return Reply::of(static_cast<std::int64_t>(call.live().slow_log.entries(call.keys.database()).size()));
}

Result<Reply> slowlog_reset(Call& call) {
  call.live().slow_log.clear(call.keys.database());
  return Reply::ok();
}

Result<Reply> latency_doctor(Call&) {
  return Reply::verbatim(
      "No latency spike was observed: this server keeps no history of them. SLOWLOG has commands "
      "that took long.\n");
}

Result<Reply> latency_graph(Call& call) {
  return Error{ErrorCode::invalid, fmt::format("ERR No samples available for event '{}'", call.arguments[0])};
}

Result<Reply> latency_histogram(Call&) {
  return Reply::map({});
}

Result<Reply> nothing(Call&) {
  return Reply::array({});
}

Result<Reply> latency_reset(Call&) {
  return Reply::of(0);
}

constexpr CommandSpec table[] = {
    {
        .name = "latency",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "2.8.13",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about latency.",
    },
    {
        .name = "latency|doctor",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = latency_doctor,
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Explains what is known about latency.",
    },
    {
        .name = "latency|graph",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = latency_graph,
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Draws the latency of an event, of which nothing is kept.",
    },
    {
        .name = "latency|histogram",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = latency_histogram,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns how long commands took, of which no distribution is kept.",
    },
    {
        .name = "latency|history",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = nothing,
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns the latency of an event, of which nothing is kept.",
    },
    {
        .name = "latency|latest",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = nothing,
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns the latest latency of events, of which nothing is kept.",
    },
    {
        .name = "latency|reset",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = latency_reset,
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Forgets the latency of events, of which nothing is kept.",
    },
    {
        .name = "slowlog",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "2.2.12",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about slow commands.",
    },
    {
        .name = "slowlog|get",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = slowlog_get,
        .since = "2.2.12",
        .complexity = "O(N) in the number of entries",
        .summary = "Returns the latest commands that took long.",
    },
    {
        .name = "slowlog|len",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = slowlog_len,
        .since = "2.2.12",
        .complexity = "O(1)",
        .summary = "Returns how many commands that took long are kept.",
    },
    {
        .name = "slowlog|reset",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = slowlog_reset,
        .since = "2.2.12",
        .complexity = "O(N) in the number of entries",
        .summary = "Forgets the commands that took long.",
    },
};

}  // namespace

std::span<const CommandSpec> monitoring_commands() {
  return table;
}

}  // namespace millrace::store
