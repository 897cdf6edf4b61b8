#include "store/commands/script_run.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "store/commands/settings.h"
#include "store/commands/text.h"
#include "store/embedded/keyspace.h"
#include "store/scripting/script_header.h"

namespace millrace::store {
namespace {

Reply unknown_command() {
  return Reply::error("ERR Unknown Redis command called from script");
}

Reply refused_write(Door door) {
  return Reply::error(door == Door::rest ? "READONLY Write commands are not allowed from read-only scripts"
                                         : "ERR Write commands are not allowed from read-only scripts.");
}

bool is_write(const CommandSpec& spec) {
  return spec.access == Access::write || spec.name == "publish" || spec.name == "spublish";
}

// Runs the commands of one script.
class ScriptCommands {
 public:
  ScriptCommands(const Call& call, std::span<const std::string> keys, bool read_only, bool locks_keys)
      : call_(call), context_(call.context()), keys_(keys), read_only_(read_only), locks_keys_(locks_keys) {
    in_script_before_ = std::exchange(context_.in_script, true);
    read_only_before_ = std::exchange(context_.read_only_script, read_only);
    protocol_before_ = context_.caller.protocol;
  }
  ~ScriptCommands() {
    context_.in_script = in_script_before_;
    context_.read_only_script = read_only_before_;
    context_.caller.protocol = protocol_before_;
  }
  ScriptCommands(const ScriptCommands&) = delete;
  ScriptCommands& operator=(const ScriptCommands&) = delete;

  Result<Reply> execute(const Command& command, int protocol) {
    Resolved resolved = resolve(command, context_.caller);
    if (resolved.spec == nullptr) return refuse(command, std::move(resolved.refusal));
    const CommandSpec& spec = *resolved.spec;
    if (spec.has(no_script)) return Reply::error("ERR This Redis command is not allowed from script");
    if (read_only_ && is_write(spec)) return refused_write(context_.caller.door);
    if (locks_keys_) {
      if (auto refusal = refuse_unlocked(spec, resolved.arguments)) return std::move(*refusal);
    }
    context_.caller.protocol = protocol;
    return call_.run_nested(command);
  }

  std::optional<bool> permits(const Command& command) const {
    Resolved resolved = resolve(command, context_.caller);
    if (resolved.spec != nullptr || !is_unknown(command)) return !resolved.refusal.text.starts_with("NOPERM");
    return std::nullopt;
  }

 private:
  // Whether there is no such command; the name of a sub-command counts.
  static bool is_unknown(const Command& command) {
    if (command.empty() || command[0].find('|') != std::string::npos) return true;
    const CommandSpec* spec = find_command(command[0]);
    if (spec == nullptr) return true;
    if (!spec->has(has_subcommands) || command.size() < 2) return false;
    return find_command(fmt::format("{}|{}", spec->name, command[1])) == nullptr;
  }

  static Reply refuse(const Command& command, Reply refusal) {
    if (!refusal.is_error()) return refusal;  // the help of a container
    if (is_unknown(command)) return unknown_command();
    if (!refusal.text.starts_with("ERR wrong number of arguments")) return refusal;
    return Reply::error("ERR Wrong number of args calling Redis command from script");
  }

  std::optional<Reply> refuse_unlocked(const CommandSpec& spec, std::span<const std::string> arguments) const {
    if (spec.name == "flushdb" || spec.name == "flushall") {
      return Reply::error(
          fmt::format("ERR {} is not allowed in Lua scripts when 'allow-key-locking' flag is set", spec.name));
    }
    for (const std::size_t position : key_positions(spec, arguments)) {
      const std::string& key = arguments[position];
      if (std::ranges::find(keys_, key) != keys_.end()) continue;
      return Reply::error(fmt::format(
          "ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: {}", key));
    }
    return std::nullopt;
  }

  const Call& call_;
  Context& context_;
  std::span<const std::string> keys_;
  bool read_only_;
  bool locks_keys_;
  bool in_script_before_ = false;
  bool read_only_before_ = false;
  int protocol_before_ = 2;
};

Reply busy(const SlowScript& slow) {
  return Reply::error(fmt::format("BUSY Redis is busy running a script. You can only call {} KILL or SHUTDOWN NOSAVE.",
                                  slow.is_function ? "FUNCTION" : "SCRIPT"));
}

// Lets others have a turn in a script that takes long.
class Turns {
 public:
  Turns(const Call& call, const ScriptTarget& target)
      : scripts_(LoadedScripts::of(call.live())), unit_(call.keys.unit()), at_first_(unit_.mark()) {
    slow_.database = call.keys.database();
    slow_.is_function = target.function != nullptr;
    slow_.name = slow_.is_function ? target.function->name : target.script->digest;
    slow_.command.emplace_back(call.spec.name);
    slow_.command.insert(slow_.command.end(), call.arguments.begin(), call.arguments.end());
    slow_.began = std::chrono::steady_clock::now();
  }
  ~Turns() {
    if (noted_) scripts_.remove_slow(slow_);
  }
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;

  Result<void> take() {
    constexpr std::size_t slow_max = 4;  // at a time: each stands on the stack of the one before
    if (!noted_ && scripts_.slow_count() >= slow_max) return {};
    if (!noted_) scripts_.add_slow(slow_);
    noted_ = true;
    slow_.has_written = unit_.mark() != at_first_;
    scripts_.turn()();
    if (!slow_.killed) return {};
    return Error{ErrorCode::invalid, "ERR Script killed by user with SCRIPT KILL."};
  }

 private:
  LoadedScripts& scripts_;
  Unit& unit_;
  Unit::Mark at_first_;
  SlowScript slow_{};
  bool noted_ = false;
};

}  // namespace

std::optional<Reply> refuse_while_busy(const LiveState& live, DatabaseId database, const CommandSpec& spec) {
  constexpr std::string_view allowed[] = {"auth", "discard", "function|kill", "function|stats", "hello", "multi",
                                          "quit", "reset",   "script|kill",   "unwatch",        "watch"};
  if (!LoadedScripts::any_slow(live) || std::ranges::find(allowed, spec.name) != std::end(allowed)) return std::nullopt;
  const SlowScript* slow = static_cast<const LoadedScripts&>(*live.scripting).slow(database);
  return slow == nullptr ? std::nullopt : std::optional(busy(*slow));
}

bool promises_no_writes(LiveState& live, DatabaseId database, const Command& command, const CommandSpec& spec) {
  if (spec.name.ends_with("_ro")) return true;
  if (command.size() < 2) return false;
  if (spec.name == "eval") {
    const auto header = read_script_header(command[1]);
    return header && (header->flags & no_writes) != 0;
  }
  DatabaseScripts& scripts = LoadedScripts::of(live).scripts(database);
  if (spec.name == "evalsha") {
    const Script* script = scripts.interpreter().find(command[1]);
    return script != nullptr && (script->flags & no_writes) != 0;
  }
  const auto* function = spec.name == "fcall" ? scripts.find(command[1]).function : nullptr;
  return function != nullptr && (function->flags & no_writes) != 0;
}

Result<Reply> kill_running(const Call& call, bool functions) {
  SlowScript* slow = LoadedScripts::of(call.live()).slow(call.keys.database());
  if (slow == nullptr) return Error{ErrorCode::invalid, "NOTBUSY No scripts in execution right now."};
  if (slow->is_function != functions) return busy(*slow);
  if (slow->has_written) {
    return Error{ErrorCode::invalid,
                 "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait "
                 "the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."};
  }
  slow->killed = true;
  return Reply::ok();
}

DatabaseScripts& scripts_of(const Call& call) {
  return LoadedScripts::of(call.live()).scripts(call.keys.database());
}

Result<std::size_t> take_key_count(std::span<const std::string> arguments, std::string_view text) {
  const auto count = to_integer(arguments[0]);
  if (!count) return Error{ErrorCode::invalid, std::string(text)};
  if (*count > static_cast<std::int64_t>(arguments.size()) - 1) {
    return Error{ErrorCode::invalid, "ERR Number of keys can't be greater than number of args"};
  }
  if (*count < 0) return Error{ErrorCode::invalid, "ERR Number of keys can't be negative"};
  return static_cast<std::size_t>(*count);
}

Result<Reply> run_target(const Call& call, const ScriptTarget& target, std::span<const std::string> arguments,
                         std::size_t keys) {
  const Context& context = call.context();
  const std::uint8_t flags = target.script != nullptr ? target.script->flags : target.function->flags;
  const bool only_reads = (flags & no_writes) != 0;
  if (target.promises && target.by_reading && !only_reads && context.caller.door == Door::redis) {
    return Error{ErrorCode::invalid, "ERR Can not execute a script with write flag using *_ro command."};
  }
  if (target.promises && !target.by_reading && !only_reads) {
    if (auto refused = refuse_without_replicas(call.live(), call.keys.database())) return std::move(*refused);
  }
  const bool locks_keys = (flags & allow_key_locking) != 0 && !context.in_transaction;
  ScriptCommands commands(call, arguments.first(keys), target.by_reading || only_reads, locks_keys);
  ScriptCall run{
      .keys = arguments.first(keys),
      .arguments = arguments.subspan(keys),
      .form = context.caller.door == Door::rest ? ErrorForm::rest : ErrorForm::redis,
      .execute = [&](Command command, int protocol) { return commands.execute(command, protocol); },
      .permits = [&](const Command& command) { return commands.permits(command); },
  };
  Turns turns(call, target);
  const auto slow_after = integer_setting(call.live(), call.keys.database(), "busy-reply-threshold");
  if (slow_after > 0 && LoadedScripts::of(call.live()).turn()) {
    run.slow_after = std::chrono::milliseconds(slow_after);
    run.while_slow = [&turns] { return turns.take(); };
  }
  Interpreter& interpreter = scripts_of(call).interpreter();
  auto* const reads = call.live().tracked.reads();
  const std::size_t reads_before = reads != nullptr ? reads->size() : 0;
  auto reply = target.script != nullptr ? interpreter.run(*target.script, run) : interpreter.run(*target.function, run);
  if (reads != nullptr && reads->size() > reads_before) {  // its result depends on what it was given as well
    reads->insert(reads->end(), run.keys.begin(), run.keys.end());
  }
  return reply;
}

}  // namespace millrace::store
