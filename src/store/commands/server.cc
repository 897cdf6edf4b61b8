#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Result<Reply> dbsize(Call& call) {
  auto size = call.keys.size();
  if (!size) return size.error();
  return Reply::of(static_cast<std::int64_t>(*size));
}

Result<Reply> flush(Call& call) {
  bool known = call.arguments.empty() || equals_ignoring_case(call.arguments[0], "ASYNC") ||
               equals_ignoring_case(call.arguments[0], "SYNC");
  if (!known) return syntax_error();
  if (auto done = call.keys.flush(); !done) return done.error();
  return Reply::ok();
}

// Everything that was answered is on disk already.
Result<Reply> save(Call& call) {
  call.live().counts.changes = 0;
  return Reply::ok();
}

Result<Reply> bgsave(Call& call) {
  bool known = call.arguments.empty() || equals_ignoring_case(call.arguments[0], "SCHEDULE");
  if (!known) return syntax_error();
  call.live().counts.changes = 0;
  return Reply::simple("Background saving started");
}

Result<Reply> bgrewriteaof(Call&) {
  return Reply::simple("Background append only file rewriting started");
}

Result<Reply> lastsave(Call& call) {
  return Reply::of(call.now() / 1000);
}

Result<Reply> time(Call& call) {
  auto since_start = std::chrono::system_clock::now().time_since_epoch();
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since_start).count() % 1000;
  return Reply::array(
      {Reply::bulk(std::to_string(call.now() / 1000)), Reply::bulk(std::to_string(call.now() % 1000 * 1000 + micros))});
}

Result<Reply> lolwut(Call&) {
  constexpr std::string_view picture =
      "   ~  ~~   ~     ~~~   ~\n"
      " ~~~~  ~ ( o ) ~~  ~~~ \n"
      "  ~  ~~ / | \\ ~ ~~    ~\n"
      "  the wheel turns with the water\n";
  return Reply::verbatim(fmt::format("{}\nRedis ver. 7.2.0\n", picture));
}

Error bad_range(std::int64_t least, std::int64_t most) {
  return {ErrorCode::invalid, fmt::format("ERR value is out of range, value must between {} and {}", least, most)};
}

Result<void> check_timeout(std::string_view text) {
  auto timeout = to_integer(text);
  if (!timeout) return Error{ErrorCode::invalid, "ERR timeout is not an integer or out of range"};
  if (*timeout < 0) return Error{ErrorCode::invalid, "ERR timeout is negative"};
  return {};
}

// There are no replicas. The reply itself waits until the writes before it are on disk.
Result<Reply> wait(Call& call) {
  if (!to_integer(call.arguments[0])) return not_an_integer();
  if (auto valid = check_timeout(call.arguments[1]); !valid) return valid.error();
  return Reply::of(0);
}

Result<Reply> waitaof(Call& call) {
  auto local = to_integer(call.arguments[0]);
  if (!local) return not_an_integer();
  if (*local < 0 || *local > 1) return bad_range(0, 1);
  auto replicas = to_integer(call.arguments[1]);
  if (!replicas) return not_an_integer();
  if (*replicas < 0) return bad_range(0, INT64_MAX);
  if (auto valid = check_timeout(call.arguments[2]); !valid) return valid.error();
  return Reply::array({Reply::of(1), Reply::of(0)});
}

constexpr CommandSpec table[] = {
    {
        .name = "bgrewriteaof",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = bgrewriteaof,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Does nothing: everything that was answered is on disk.",
    },
    {
        .name = "bgsave",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = bgsave,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Does nothing: everything that was answered is on disk.",
    },
    {
        .name = "dbsize",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::read,
        .flags = fast,
        .group = Group::server,
        .run = dbsize,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of keys in the database.",
    },
    {
        .name = "flushall",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::write,
        .flags = dangerous,
        .group = Group::server,
        .run = flush,
        .since = "1.0.0",
        .complexity = "O(1), the space is reclaimed in the background",
        .summary = "Deletes all keys of the database.",
    },
    {
        .name = "flushdb",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::write,
        .flags = dangerous,
        .group = Group::server,
        .run = flush,
        .since = "1.0.0",
        .complexity = "O(1), the space is reclaimed in the background",
        .summary = "Deletes all keys of the database.",
    },
    {
        .name = "lastsave",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast | admin | dangerous,
        .group = Group::server,
        .run = lastsave,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the time, as everything is saved always.",
    },
    {
        .name = "lolwut",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::read,
        .flags = fast,
        .group = Group::server,
        .run = lolwut,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Shows a picture and the version.",
    },
    {
        .name = "save",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | no_transaction | dangerous,
        .group = Group::server,
        .run = save,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Does nothing: everything that was answered is on disk.",
    },
    {
        .name = "time",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast,
        .group = Group::server,
        .run = time,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Returns the time of the server.",
    },
    {
        .name = "wait",
        .arity = exactly(2),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::generic,
        .run = wait,
        .since = "3.0.0",
        .complexity = "O(1)",
        .summary = "Waits until the writes so far are durable; answers that no replica has them.",
    },
    {
        .name = "waitaof",
        .arity = exactly(3),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::generic,
        .run = waitaof,
        .since = "7.2.0",
        .complexity = "O(1)",
        .summary = "Waits until the writes so far are durable.",
    },
};

}  // namespace

std::span<const CommandSpec> server_commands() {
  return table;
}

}  // namespace millrace::store
