// COMMAND: what the server says of its own commands.

#include <algorithm>
#include <fmt/format.h>

#include "store/commands/command_categories.h"
#include "store/commands/command_facts.h"
#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

Reply words(std::string_view text, char separator) {
  std::vector<Reply> replies;
  while (!text.empty()) {
    auto end = std::min(text.find(separator), text.size());
    replies.push_back(Reply::bulk(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return Reply::array(std::move(replies));
}

bool is_subcommand(const CommandSpec& spec) {
  return spec.name.find('|') != spec.name.npos;
}

// How Redis counts: with the name, and negative when more may follow.
std::int64_t arity_of(const CommandSpec& spec) {
  auto least = static_cast<std::int64_t>(spec.arity.least) + (is_subcommand(spec) ? 2 : 1);
  return spec.arity.least == spec.arity.most ? least : -least;
}

bool has_movable_keys(const CommandSpec& spec) {
  return spec.keys.count_at != 0 || spec.keys.find != nullptr;
}

Reply flags_of(const CommandSpec& spec) {
  std::vector<Reply> flags;
  auto add = [&](bool is, std::string_view name) {
    if (is) flags.push_back(Reply::simple(std::string(name)));
  };
  add(spec.access == Access::write, "write");
  add(spec.access == Access::read, "readonly");
  add(spec.has(may_grow), "denyoom");
  add(spec.has(admin), "admin");
  add(spec.has(pubsub), "pubsub");
  add(spec.has(no_script), "noscript");
  add(spec.has(blocking), "blocking");
  add(spec.has(unmonitored), "skip_monitor");
  add(spec.has(fast), "fast");
  add(spec.has(no_auth), "no_auth");
  add(spec.has(may_write), "may_replicate");
  add(has_movable_keys(spec), "movablekeys");
  add(spec.has(no_transaction), "no_multi");
  return Reply::set(std::move(flags));
}

Reply categories_reply(const CommandSpec& spec) {
  std::vector<Reply> replies;
  for (std::string_view category : categories_of(spec)) replies.push_back(Reply::simple(fmt::format("@{}", category)));
  return Reply::set(std::move(replies));
}

// The flags of the key that comes so manieth.
std::string_view key_flags(const CommandSpec& spec, std::size_t which) {
  std::string_view flags = facts_of(spec.name).key_flags;
  for (; which > 0 && flags.find(';') != flags.npos; --which) flags.remove_prefix(flags.find(';') + 1);
  flags = flags.substr(0, flags.find(';'));
  if (flags.empty()) return spec.access == Access::write ? "RW access update" : "RO access";
  return flags;
}

// The same for a command with its arguments: SET and BITFIELD read or write as these say, and SORT's later keys are
// what it stores into.
std::string_view key_flags(const CommandSpec& spec, std::span<const std::string> arguments, std::size_t which) {
  auto has = [&](std::string_view word) {
    return std::ranges::any_of(arguments.subspan(1), [&](auto& one) { return equals_ignoring_case(one, word); });
  };
  if (spec.name == "set") return has("GET") ? "RW access update" : "OW update";
  if (spec.name == "bitfield") return has("SET") || has("INCRBY") ? "RW access update" : "RO access";
  if (spec.name == "sort" && which > 0) return "OW update";
  return key_flags(spec, which);
}

Reply key_spec(const CommandSpec& spec, std::size_t which, Reply begin_search, Reply find_keys) {
  return Reply::map({Reply::bulk("flags"), words(key_flags(spec, which), ' '), Reply::bulk("begin_search"),
                     std::move(begin_search), Reply::bulk("find_keys"), std::move(find_keys)});
}

Reply search_by(std::string_view type, std::vector<Reply> spec) {
  return Reply::map({Reply::bulk("type"), Reply::bulk(type), Reply::bulk("spec"), Reply::map(std::move(spec))});
}

Reply search_at(int index) {
  return search_by("index", {Reply::bulk("index"), Reply::of(index)});
}

Reply key_specs(const CommandSpec& spec) {
  const KeyPositions& keys = spec.keys;
  int offset = is_subcommand(spec) ? 1 : 0;
  std::vector<Reply> specs;
  if (keys.first != 0) {
    int last = keys.last < 0 ? keys.last : keys.last - keys.first;
    specs.push_back(key_spec(spec, 0, search_at(keys.first + offset),
                             search_by("range", {Reply::bulk("lastkey"), Reply::of(last), Reply::bulk("keystep"),
                                                 Reply::of(keys.step), Reply::bulk("limit"), Reply::of(0)})));
  }
  if (keys.count_at != 0) {
    specs.push_back(key_spec(spec, specs.size(), search_at(keys.count_at + offset),
                             search_by("keynum", {Reply::bulk("keynumidx"), Reply::of(0), Reply::bulk("firstkey"),
                                                  Reply::of(1), Reply::bulk("keystep"), Reply::of(1)})));
  }
  if (keys.find != nullptr) specs.push_back(key_spec(spec, 0, search_by("unknown", {}), search_by("unknown", {})));
  return Reply::array(std::move(specs));
}

Reply info_of(const CommandSpec& spec) {
  int offset = is_subcommand(spec) && spec.keys.first != 0 ? 1 : 0;
  int last = spec.keys.last > 0 ? spec.keys.last + offset : spec.keys.last;
  std::vector<Reply> parts;
  if (!is_subcommand(spec)) {
    for (const CommandSpec& part : subcommands_of(spec.name)) parts.push_back(info_of(part));
  }
  return Reply::array({Reply::bulk(spec.name), Reply::of(arity_of(spec)), flags_of(spec),
                       Reply::of(spec.keys.first + offset), Reply::of(last), Reply::of(spec.keys.step),
                       categories_reply(spec), words(facts_of(spec.name).tips, ';'), key_specs(spec),
                       Reply::array(std::move(parts))});
}

// The commands that are no part of another one.
template <class Visit>
void each_command(const Visit& visit) {
  for (const CommandSpec& spec : command_table()) {
    if (!is_subcommand(spec)) visit(spec);
  }
}

Reply all_infos() {
  std::vector<Reply> replies;
  each_command([&](const CommandSpec& spec) { replies.push_back(info_of(spec)); });
  return Reply::array(std::move(replies));
}

Result<Reply> command(Call&) {
  return all_infos();
}

Result<Reply> command_count(Call&) {
  std::int64_t count = 0;
  each_command([&](const CommandSpec&) { ++count; });
  return Reply::of(count);
}

Result<Reply> command_info(Call& call) {
  if (call.arguments.empty()) return all_infos();
  std::vector<Reply> replies;
  for (const std::string& name : call.arguments) {
    const CommandSpec* spec = find_command(name);
    replies.push_back(spec == nullptr ? Reply::nil_array() : info_of(*spec));
  }
  return Reply::array(std::move(replies));
}

Reply docs_of(const CommandSpec& spec) {
  std::vector<Reply> pairs{Reply::bulk("summary"),    Reply::bulk(spec.summary),   Reply::bulk("since"),
                           Reply::bulk(spec.since),   Reply::bulk("group"),        Reply::bulk(name_of(spec.group)),
                           Reply::bulk("complexity"), Reply::bulk(spec.complexity)};
  std::vector<Reply> parts;
  if (!is_subcommand(spec)) {
    for (const CommandSpec& part : subcommands_of(spec.name)) {
      parts.push_back(Reply::bulk(part.name));
      parts.push_back(docs_of(part));
    }
  }
  if (!parts.empty()) {
    pairs.push_back(Reply::bulk("subcommands"));
    pairs.push_back(Reply::map(std::move(parts)));
  }
  return Reply::map(std::move(pairs));
}

Result<Reply> command_docs(Call& call) {
  std::vector<Reply> pairs;
  auto add = [&](const CommandSpec& spec) {
    pairs.push_back(Reply::bulk(spec.name));
    pairs.push_back(docs_of(spec));
  };
  if (call.arguments.empty()) each_command(add);
  for (const std::string& name : call.arguments) {
    if (const CommandSpec* spec = find_command(name)) add(*spec);
  }
  return Reply::map(std::move(pairs));
}

// HELP, which every container has, is no row of the table.
template <class Visit>
void each_name(const Visit& visit) {
  for (const CommandSpec& spec : command_table()) {
    visit(std::string(spec.name), spec);
    if (spec.has(has_subcommands)) visit(fmt::format("{}|help", spec.name), spec);
  }
}

bool is_in(const CommandSpec& spec, std::string_view category) {
  auto all = categories_of(spec);
  return std::ranges::find(all, category) != all.end();
}

Result<Reply> command_list(Call& call) {
  enum class Filter { none, module, category, pattern };
  auto filter = Filter::none;
  if (!call.arguments.empty()) {
    if (call.arguments.size() != 3 || !equals_ignoring_case(call.arguments[0], "FILTERBY")) return syntax_error();
    const std::string& kind = call.arguments[1];
    if (equals_ignoring_case(kind, "MODULE")) {
      filter = Filter::module;
    } else if (equals_ignoring_case(kind, "ACLCAT")) {
      filter = Filter::category;
    } else if (equals_ignoring_case(kind, "PATTERN")) {
      filter = Filter::pattern;
    } else {
      return syntax_error();
    }
  }
  std::string wanted = filter == Filter::none ? std::string() : lower_case(call.arguments[2]);
  std::vector<Reply> names;
  each_name([&](std::string name, const CommandSpec& spec) {
    bool listed = filter == Filter::none || (filter == Filter::category && is_in(spec, wanted)) ||
                  (filter == Filter::pattern && matches(wanted, name));
    if (listed) names.push_back(Reply::bulk(std::move(name)));
  });
  return Reply::array(std::move(names));
}

struct KeysOfCommand {
  std::vector<Reply> keys{};
  std::vector<Reply> flags{};
};

Result<KeysOfCommand> keys_of(Call& call) {
  Command wanted(call.arguments.begin(), call.arguments.end());
  const CommandSpec* named = find_command(wanted[0]);
  if (named == nullptr || is_subcommand(*named)) return Error{ErrorCode::invalid, "ERR Invalid command specified"};
  Resolved resolved = resolve(wanted, {});
  if (resolved.spec == nullptr) {
    bool unknown = resolved.refusal.text.starts_with("ERR unknown");
    return Error{ErrorCode::invalid,
                 unknown ? "ERR Invalid command specified" : "ERR Invalid number of arguments specified for command"};
  }
  const KeyPositions& positions = resolved.spec->keys;
  bool has_keys = positions.first != 0 || has_movable_keys(*resolved.spec);
  if (!has_keys) return Error{ErrorCode::invalid, "ERR The command has no key arguments"};
  KeysOfCommand found;
  for (std::size_t at : key_positions(*resolved.spec, resolved.arguments)) {
    found.flags.push_back(words(key_flags(*resolved.spec, resolved.arguments, found.keys.size()), ' '));
    found.keys.push_back(Reply::bulk(resolved.arguments[at]));
  }
  bool may_have_none = resolved.spec->group == Group::scripting;
  if (found.keys.empty() && !may_have_none) {
    return Error{ErrorCode::invalid, "ERR Invalid arguments specified for command"};
  }
  return found;
}

Result<Reply> command_getkeys(Call& call) {
  auto found = keys_of(call);
  if (!found) return found.error();
  return Reply::array(std::move(found->keys));
}

Result<Reply> command_getkeysandflags(Call& call) {
  auto found = keys_of(call);
  if (!found) return found.error();
  std::vector<Reply> pairs;
  for (std::size_t i = 0; i < found->keys.size(); ++i) {
    pairs.push_back(Reply::array({std::move(found->keys[i]), std::move(found->flags[i])}));
  }
  return Reply::array(std::move(pairs));
}

constexpr CommandSpec table[] = {
    {
        .name = "command",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command,
        .since = "2.8.13",
        .complexity = "O(N) in the number of commands",
        .summary = "Returns what there is to know of all commands.",
    },
    {
        .name = "command|count",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command_count,
        .since = "2.8.13",
        .complexity = "O(N) in the number of commands",
        .summary = "Returns how many commands there are.",
    },
    {
        .name = "command|docs",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command_docs,
        .since = "7.0.0",
        .complexity = "O(N) in the number of commands",
        .summary = "Returns what commands are for.",
    },
    {
        .name = "command|getkeys",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command_getkeys,
        .since = "2.8.13",
        .complexity = "O(N) in the number of arguments",
        .summary = "Returns the keys among the words of a command.",
    },
    {
        .name = "command|getkeysandflags",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command_getkeysandflags,
        .since = "7.0.0",
        .complexity = "O(N) in the number of arguments",
        .summary = "Returns the keys among the words of a command, and what it does to them.",
    },
    {
        .name = "command|info",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command_info,
        .since = "2.8.13",
        .complexity = "O(N) in the number of commands",
        .summary = "Returns what there is to know of commands.",
    },
    {
        .name = "command|list",
        .arity = between(0, 3),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = command_list,
        .since = "7.0.0",
        .complexity = "O(N) in the number of commands",
        .summary = "Returns the names of commands.",
    },
};

}  // namespace

std::span<const CommandSpec> introspection_commands() {
  return table;
}

}  // namespace millrace::store
