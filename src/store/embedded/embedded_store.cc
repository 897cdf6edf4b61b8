#include "store/embedded/embedded_store.h"

#include <fmt/format.h>

#include "store/commands/command_table.h"
#include "store/commands/script_run.h"
#include "store/embedded/keyspace.h"
#include "store/embedded/rows.h"

namespace millrace::store {
namespace {

std::optional<Reply> refuse_large(const Command& command, std::uint64_t bytes_max) {
  if (bytes_max == 0) return std::nullopt;
  std::size_t bytes = 0;
  for (const std::string& word : command) bytes += word.size();
  if (bytes <= bytes_max) return std::nullopt;
  return Reply::error(
      fmt::format("ERR max request size exceeded. Limit: {} bytes, Actual: {} bytes", bytes_max, bytes));
}

std::optional<Reply> refuse_while_busy(Keyspace& keys, const Command& command) {
  if (!LoadedScripts::any_slow(keys.context().live)) return std::nullopt;
  const CommandSpec* spec = resolve(command, keys.context().caller).spec;
  return spec == nullptr ? std::nullopt : refuse_while_busy(keys.context().live, keys.database(), *spec);
}

Result<Reply> run(Keyspace& keys, const Command& command) {
  Context& context = keys.context();
  if (auto refused = refuse_while_busy(keys, command)) return std::move(*refused);
  if (auto refused = refuse_large(command, context.limits.request_bytes_max)) return std::move(*refused);
  ++context.live.counts.commands;
  if (std::uint64_t rate = context.limits.commands_per_second_max; rate != 0) {
    context.delay = context.live.throttle.take(keys.database(), rate, context.now);
  }
  if (!context.live.monitors.empty()) context.live.monitors.saw(keys.database(), context.caller, command);
  auto reply = apply(keys, command);
  if (reply && reply->is_error()) {
    ++context.live.counts.errors;
    context.live.statistics.answered_error(reply->text);
  }
  return reply;
}

}  // namespace

Async<Result<std::vector<Reply>>> EmbeddedStore::execute(DatabaseId database, std::vector<Command> commands) {
  co_return co_await run_command<std::vector<Reply>>(home_,
                                                     [&](Unit& unit) { return stage(unit, database, commands); });
}

Async<Result<std::vector<Reply>>> EmbeddedStore::execute(DatabaseId database, std::vector<Command> commands,
                                                         Caller caller) {
  co_return co_await run_command<std::vector<Reply>>(home_, [&](Unit& unit) {
    Context context(live_, caller);
    return stage(unit, context, database, commands);
  });
}

Result<std::vector<Reply>> EmbeddedStore::stage(Unit& unit, const Place& place, std::span<const Command> commands) {
  Context context(live_, {});
  return stage(unit, context, place, commands);
}

Result<Reply> EmbeddedStore::stage(Unit& unit, const Place& place, const Command& command) {
  Context context(live_, {});
  return stage(unit, context, place, command);
}

Result<std::vector<Reply>> EmbeddedStore::stage(Unit& unit, Context& context, const Place& place,
                                                std::span<const Command> commands) {
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  context.in_transaction = commands.size() > 1;
  Unit::Mark before = unit.mark();
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  for (const Command& command : commands) {
    auto reply = run(*keys, command);
    if (!reply) {
      unit.rollback(before);
      return reply.error();
    }
    replies.push_back(std::move(*reply));
  }
  if (auto settled = keys->settle(); !settled) return settled.error();
  return replies;
}

Result<Reply> EmbeddedStore::stage(Unit& unit, Context& context, const Place& place, const Command& command) {
  auto keys = open(unit, context, place);
  if (!keys) return keys.error();
  Unit::Mark before = unit.mark();
  auto reply = run(*keys, command);
  if (!reply) unit.rollback(before);
  if (auto settled = keys->settle(); !settled) return settled.error();
  return reply;
}

}  // namespace millrace::store
