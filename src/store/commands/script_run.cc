#include "store/commands/script_run.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

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

}  // namespace

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
  const bool locks_keys = (flags & allow_key_locking) != 0 && !context.in_transaction;
  ScriptCommands commands(call, arguments.first(keys), target.by_reading || only_reads, locks_keys);
  ScriptCall run{
      .keys = arguments.first(keys),
      .arguments = arguments.subspan(keys),
      .form = context.caller.door == Door::rest ? ErrorForm::rest : ErrorForm::redis,
      .execute = [&](Command command, int protocol) { return commands.execute(command, protocol); },
      .permits = [&](const Command& command) { return commands.permits(command); },
  };
  Interpreter& interpreter = scripts_of(call).interpreter();
  return target.script != nullptr ? interpreter.run(*target.script, run) : interpreter.run(*target.function, run);
}

}  // namespace millrace::store
