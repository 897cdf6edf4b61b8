#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/script_run.h"
#include "store/commands/text.h"
#include "store/embedded/keyspace.h"

namespace millrace::store {
namespace {

Error no_such_script() {
  return {ErrorCode::invalid, "NOSCRIPT No matching script. Please use EVAL."};
}

Result<Reply> run_script(Call& call, Result<const Script*> script, std::size_t keys, bool by_reading) {
  if (!script) return script.error();
  if (*script == nullptr) return no_such_script();
  const Script chosen = **script;
  return run_target(call, {.script = &chosen, .promises = chosen.has_header, .by_reading = by_reading},
                    call.arguments.subspan(2), keys);
}

Result<Reply> run_text(Call& call, bool by_reading) {
  auto keys = take_key_count(call.arguments.subspan(1), "ERR value is not an integer or out of range");
  if (!keys) return keys.error();
  return run_script(call, scripts_of(call).interpreter().load(call.arguments[0]), *keys, by_reading);
}

Result<Reply> run_digest(Call& call, bool by_reading) {
  constexpr std::size_t digest_size = 40;
  if (call.arguments[0].size() != digest_size) return no_such_script();
  auto keys = take_key_count(call.arguments.subspan(1), "ERR value is not an integer or out of range");
  if (!keys) return keys.error();
  return run_script(call, scripts_of(call).interpreter().find(call.arguments[0]), *keys, by_reading);
}

Result<Reply> eval(Call& call) {
  return run_text(call, false);
}

Result<Reply> eval_ro(Call& call) {
  return run_text(call, true);
}

Result<Reply> evalsha(Call& call) {
  return run_digest(call, false);
}

Result<Reply> evalsha_ro(Call& call) {
  return run_digest(call, true);
}

Result<Reply> script_exists(Call& call) {
  Interpreter& interpreter = scripts_of(call).interpreter();
  std::vector<Reply> found;
  for (const std::string& digest : call.arguments)
    found.push_back(Reply::of(interpreter.find(digest) != nullptr ? 1 : 0));
  return Reply::array(std::move(found));
}

Result<Reply> script_flush(Call& call) {
  const bool named = !call.arguments.empty();
  if (call.arguments.size() > 1 || (named && !equals_ignoring_case(call.arguments[0], "SYNC") &&
                                    !equals_ignoring_case(call.arguments[0], "ASYNC"))) {
    return Error{ErrorCode::invalid, "ERR SCRIPT FLUSH only support SYNC|ASYNC option"};
  }
  scripts_of(call).interpreter().forget_scripts();
  return Reply::ok();
}

Result<Reply> script_kill(Call& call) {
  return kill_running(call, false);
}

Result<Reply> script_load(Call& call) {
  auto script = scripts_of(call).interpreter().load(call.arguments[0]);
  if (!script) return script.error();
  return Reply::bulk((*script)->digest);
}

constexpr CommandSpec table[] = {
    {
        .name = "eval",
        .arity = at_least(2),
        .keys = counted_at(2),
        .flags = no_script | may_write,
        .group = Group::scripting,
        .run = eval,
        .since = "2.6.0",
        .complexity = "depends on the script",
        .summary = "Runs a script in Lua.",
    },
    {
        .name = "eval_ro",
        .arity = at_least(2),
        .keys = counted_at(2),
        .flags = no_script | may_write,
        .group = Group::scripting,
        .run = eval_ro,
        .since = "7.0.0",
        .complexity = "depends on the script",
        .summary = "Runs a script in Lua that only reads.",
    },
    {
        .name = "evalsha",
        .arity = at_least(2),
        .keys = counted_at(2),
        .flags = no_script | may_write,
        .group = Group::scripting,
        .run = evalsha,
        .since = "2.6.0",
        .complexity = "depends on the script",
        .summary = "Runs a cached script by the SHA-1 of its text.",
    },
    {
        .name = "evalsha_ro",
        .arity = at_least(2),
        .keys = counted_at(2),
        .flags = no_script | may_write,
        .group = Group::scripting,
        .run = evalsha_ro,
        .since = "7.0.0",
        .complexity = "depends on the script",
        .summary = "Runs a cached script that only reads by the SHA-1 of its text.",
    },
    {
        .name = "script",
        .arity = at_least(1),
        .group = Group::scripting,
        .since = "2.6.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about cached scripts.",
    },
    {
        .name = "script|exists",
        .arity = at_least(1),
        .flags = no_script,
        .group = Group::scripting,
        .run = script_exists,
        .since = "2.6.0",
        .complexity = "O(N), N being the number of digests",
        .summary = "Says of each digest whether its script is cached.",
    },
    {
        .name = "script|flush",
        .arity = at_least(0),
        .flags = no_script,
        .group = Group::scripting,
        .run = script_flush,
        .since = "2.6.0",
        .complexity = "O(N), N being the number of cached scripts",
        .summary = "Forgets all cached scripts.",
    },
    {
        .name = "script|kill",
        .arity = exactly(0),
        .flags = no_script,
        .group = Group::scripting,
        .run = script_kill,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Ends the script that runs, if it takes longer than busy-reply-threshold and has written nothing.",
    },
    {
        .name = "script|load",
        .arity = exactly(1),
        .flags = no_script,
        .group = Group::scripting,
        .run = script_load,
        .since = "2.6.0",
        .complexity = "O(N), N being the size of the script",
        .summary = "Caches a script and returns the SHA-1 of its text.",
    },
};

}  // namespace

std::span<const CommandSpec> scripting_commands() {
  return table;
}

}  // namespace millrace::store
