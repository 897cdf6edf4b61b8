#include "store/commands/command_table.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <optional>
#include <unordered_map>

#include "store/commands/groups.h"
#include "store/commands/settings.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

std::vector<CommandSpec> collect() {
  std::vector<CommandSpec> all;
  for (auto rows : {acl_commands(),
                    administration_commands(),
                    bitmap_commands(),
                    bitfield_commands(),
                    collection_scan_commands(),
                    config_commands(),
                    connection_commands(),
                    door_commands(),
                    expiry_commands(),
                    function_commands(),
                    geo_commands(),
                    geo_search_commands(),
                    hash_commands(),
                    hash_expiry_commands(),
                    hyperloglog_commands(),
                    info_commands(),
                    introspection_commands(),
                    json_commands(),
                    json_array_commands(),
                    json_part_commands(),
                    key_commands(),
                    key_move_commands(),
                    list_commands(),
                    list_blocking_commands(),
                    monitoring_commands(),
                    object_commands(),
                    pubsub_commands(),
                    scan_commands(),
                    scripting_commands(),
                    serialization_commands(),
                    server_commands(),
                    set_commands(),
                    sort_commands(),
                    sorted_set_commands(),
                    sorted_set_combining_commands(),
                    sorted_set_pop_commands(),
                    sorted_set_range_commands(),
                    stream_commands(),
                    stream_claim_commands(),
                    stream_deletion_commands(),
                    stream_group_commands(),
                    stream_info_commands(),
                    stream_reading_commands(),
                    string_commands(),
                    string_comparing_commands(),
                    string_number_commands(),
                    string_range_commands(),
                    transaction_commands()}) {
    all.insert(all.end(), rows.begin(), rows.end());
  }
  std::ranges::sort(all, {}, &CommandSpec::name);
  CommandSpec* container = nullptr;
  for (CommandSpec& row : all) {
    auto bar = row.name.find('|');
    if (bar == row.name.npos) {
      container = &row;
    } else if (container != nullptr && container->name == row.name.substr(0, bar)) {
      container->flags |= has_subcommands;
    }
  }
  return all;
}

const std::vector<CommandSpec>& table() {
  static const std::vector<CommandSpec> all = collect();
  return all;
}

using Index = std::unordered_map<std::string_view, const CommandSpec*>;

const Index& index() {
  static const Index made = [] {
    Index by_name;
    for (const CommandSpec& row : table()) by_name.emplace(row.name, &row);
    return by_name;
  }();
  return made;
}

constexpr std::size_t name_size_max = 64;  // far beyond the longest

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view cut(std::string_view text, std::size_t size_max) {
  return text.substr(0, size_max);
}

// As Redis tells it: the name and the first arguments, each cut off after 128 bytes in all.
Reply unknown(const Command& command, const Caller& caller) {
  constexpr std::size_t shown_max = 128;
  std::string_view name = command.empty() ? std::string_view() : cut(command[0], shown_max);
  if (caller.door == Door::rest) {
    return Reply::error(fmt::format("ERR Command is not available: '{}'", upper_case(name)));
  }
  std::string arguments;
  for (std::size_t i = 1; i < command.size() && arguments.size() < shown_max; ++i) {
    arguments += fmt::format("'{}' ", cut(command[i], shown_max - arguments.size()));
  }
  return Reply::error(fmt::format("ERR unknown command '{}', with args beginning with: {}", name, arguments));
}

Reply unknown_subcommand(const CommandSpec& container, const std::string& name, const Caller& caller) {
  if (caller.door == Door::rest) {
    return Reply::error(
        fmt::format("ERR Command is not available: '{} {}'", upper_case(container.name), upper_case(cut(name, 128))));
  }
  return Reply::error(
      fmt::format("ERR unknown subcommand '{}'. Try {} HELP.", cut(name, 128), upper_case(container.name)));
}

// The second secret of a database reads, but neither walks the whole keyspace, nor runs scripts, nor administrates.
bool may_run(const CommandSpec& spec, const Caller& caller) {
  if (!caller.read_only) return true;
  if (spec.has(no_auth)) return true;
  bool walks = spec.has(whole_keyspace) || spec.name == "scan";
  bool powerful = walks || spec.has(dangerous) || spec.has(admin) || spec.has(may_write);
  return spec.access != Access::write && !powerful && spec.group != Group::scripting;
}

Reply no_permission(const CommandSpec& spec, const Caller& caller) {
  if (caller.door == Door::rest) {
    return Reply::error(fmt::format("NOPERM this user has no permissions to run the '{}' command or its subcommand",
                                    spec.name.substr(0, spec.name.find('|'))));
  }
  return Reply::error(
      fmt::format("NOPERM User {} has no permissions to run the '{}' command", caller.user(), spec.name));
}

bool allowed_over_rest(const CommandSpec& spec) {
  if (spec.has(blocking) && !spec.has(also_over_rest)) return false;
  return !spec.has(of_connection) && !spec.has(not_over_rest);
}

Reply help(std::string_view container) {
  std::vector<Reply> lines;
  lines.push_back(
      Reply::simple(fmt::format("{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", upper_case(container))));
  for (const CommandSpec& row : subcommands_of(container)) {
    lines.push_back(Reply::simple(upper_case(row.name.substr(container.size() + 1))));
    lines.push_back(Reply::simple(fmt::format("    {}", row.summary)));
  }
  lines.push_back(Reply::simple("HELP"));
  lines.push_back(Reply::simple("    Print this help."));
  return Reply::array(std::move(lines));
}

const CommandSpec* find_subcommand(const CommandSpec& container, std::string_view name) {
  return find_command(fmt::format("{}|{}", container.name, cut(name, name_size_max)));
}

// What a database at its limit answers to a command that may make it grow, scripts among them.
std::optional<Result<Reply>> refuse_when_full(Keyspace& keys, const CommandSpec& spec) {
  std::uint64_t bytes_max = keys.context().limits.bytes_max;
  if (bytes_max == 0 || !(spec.has(may_grow) || spec.has(may_write))) return std::nullopt;
  auto bytes = keys.bytes();
  if (!bytes) return bytes.error();
  if (bytes->value_or(0) <= bytes_max) return std::nullopt;
  return Reply::error(fmt::format("ERR DB capacity quota exceeded. Threshold: {} bytes, Usage: {} bytes", bytes_max,
                                  bytes->value_or(0)));
}

std::size_t row_of(const CommandSpec& spec) {
  return static_cast<std::size_t>(&spec - table().data());
}

Result<Reply> run_counted(Call& call, const Command& command) {
  if (!call.context().counted) return call.spec.run(call);
  auto began = std::chrono::steady_clock::now();
  auto reply = call.spec.run(call);
  auto time = std::chrono::steady_clock::now() - began;
  bool failed = reply ? reply->is_error() : reply.error().code == ErrorCode::invalid;
  const Context& context = call.context();
  if (context.blocking) return reply;  // it has not run to its end
  context.live.statistics.ran(row_of(call.spec), time, failed);
  if (!context.in_script) {
    context.live.slow_log.took(call.keys.database(), command, context.caller, context.now, time);
  }
  return reply;
}

Resolved refused(Reply reply) {
  return {nullptr, {}, std::move(reply)};
}

}  // namespace

std::span<const CommandSpec> command_table() {
  return table();
}

const CommandSpec* find_command(std::string_view name) {
  if (name.size() > name_size_max) return nullptr;
  std::array<char, name_size_max> buffer;
  std::ranges::transform(name, buffer.begin(), lower);
  auto found = index().find(std::string_view(buffer.data(), name.size()));
  return found == index().end() ? nullptr : found->second;
}

std::span<const CommandSpec> subcommands_of(std::string_view container) {
  std::string prefix = fmt::format("{}|", container);
  auto first = std::ranges::find_if(table(), [&](const CommandSpec& row) { return row.name.starts_with(prefix); });
  auto last = std::find_if(first, table().end(), [&](const CommandSpec& row) { return !row.name.starts_with(prefix); });
  return {first, last};
}

std::vector<std::size_t> key_positions(const CommandSpec& spec, std::span<const std::string> arguments) {
  const KeyPositions& keys = spec.keys;
  if (keys.find != nullptr) return keys.find(arguments);
  std::vector<std::size_t> found;
  auto size = static_cast<int>(arguments.size());
  if (keys.first != 0) {
    int last = keys.last < 0 ? size + 1 + keys.last : keys.last;
    for (int at = keys.first; at <= last && at <= size; at += keys.step) {
      found.push_back(static_cast<std::size_t>(at - 1));
    }
  }
  if (keys.count_at != 0 && keys.count_at <= size) {
    auto count = to_integer(arguments[static_cast<std::size_t>(keys.count_at) - 1]).value_or(0);
    for (std::int64_t i = 0; i < count && keys.count_at + i < size; ++i) {
      found.push_back(static_cast<std::size_t>(keys.count_at + i));
    }
  }
  return found;
}

Resolved resolve(const Command& command, const Caller& caller) {
  const CommandSpec* spec = command.empty() ? nullptr : find_command(command[0]);
  if (spec == nullptr || spec->name.find('|') != spec->name.npos) return refused(unknown(command, caller));
  std::span<const std::string> arguments = std::span(command).subspan(1);
  if (spec->has(has_subcommands) && (spec->run == nullptr || !arguments.empty())) {
    if (arguments.empty()) {
      return refused(Reply::error(fmt::format("ERR wrong number of arguments for '{}' command", spec->name)));
    }
    const CommandSpec* part = find_subcommand(*spec, arguments[0]);
    if (part == nullptr && equals_ignoring_case(arguments[0], "HELP")) return refused(help(spec->name));
    if (part == nullptr) return refused(unknown_subcommand(*spec, arguments[0], caller));
    spec = part;
    arguments = arguments.subspan(1);
  }
  if (caller.door == Door::rest && !allowed_over_rest(*spec)) {
    return refused(
        Reply::error(fmt::format("ERR Command \"{}\" is not allowed in REST or it has a special context path",
                                 upper_case(spec->name.substr(0, spec->name.find('|'))))));
  }
  if (arguments.size() < spec->arity.least || arguments.size() > spec->arity.most) {
    return refused(Reply::error(fmt::format("ERR wrong number of arguments for '{}' command", spec->name)));
  }
  if (!may_run(*spec, caller)) return refused(no_permission(*spec, caller));
  return {spec, arguments, {}};
}

Result<Reply> apply(Keyspace& keys, const Command& command) {
  Context& context = keys.context();
  Resolved resolved = resolve(command, context.caller);
  if (resolved.spec == nullptr) return std::move(resolved.refusal);
  const CommandSpec& spec = *resolved.spec;
  if (context.in_script && spec.has(no_script)) {
    return Reply::error("ERR This Redis command is not allowed from script");
  }
  if (context.read_only_script && spec.access == Access::write) {
    return Reply::error("ERR Write commands are not allowed from read-only scripts.");
  }
  if (spec.run == nullptr) return Reply::error(fmt::format("ERR '{}' needs a connection", spec.name));
  if (auto full = refuse_when_full(keys, spec)) return std::move(*full);
  if (spec.access == Access::write) {
    if (auto refused = refuse_without_replicas(context.live, keys.database())) return std::move(*refused);
  }
  bool writing_before = std::exchange(context.writing, spec.access == Access::write);
  bool touching_before = std::exchange(context.touching, !spec.has(no_touch));
  Unit::Mark before = keys.unit().mark();
  Call call{keys, resolved.arguments, spec};
  auto reply = run_counted(call, command);
  auto* reads = context.live.tracked.reads();
  if (reads != nullptr && spec.access == Access::read) {
    for (std::size_t at : key_positions(spec, resolved.arguments)) reads->push_back(resolved.arguments[at]);
  }
  context.writing = writing_before;
  context.touching = touching_before;
  if (reply || reply.error().code != ErrorCode::invalid) return reply;
  keys.unit().rollback(before);
  return Reply::error(reply.error().message);
}

Result<Reply> Call::run_nested(const Command& command) const {
  Context& context = keys.context();
  bool by_script = spec.group == Group::scripting;
  if (by_script && !context.live.monitors.empty()) {
    Caller script = context.caller;
    script.address = "lua";
    context.live.monitors.saw(keys.database(), script, command);
  }
  bool counted_before = std::exchange(context.counted, by_script);
  auto reply = apply(keys, command);
  context.counted = counted_before;
  return reply;
}

}  // namespace millrace::store
