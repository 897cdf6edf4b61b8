#include <algorithm>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/script_run.h"
#include "store/commands/text.h"
#include "store/embedded/keyspace.h"
#include "store/embedded/libraries.h"
#include "store/scripting/library_dump.h"
#include "store/scripting/script_header.h"

namespace millrace::store {
namespace {

Error invalid(std::string message) {
  return {ErrorCode::invalid, "ERR " + std::move(message)};
}

Error wrong_subcommand(std::string_view name) {
  return invalid(fmt::format("unknown subcommand or wrong number of arguments for '{}'. Try FUNCTION HELP.", name));
}

// The database's libraries, as the unit has them.
Result<DatabaseScripts*> synced_scripts(const Call& call) {
  DatabaseScripts& scripts = scripts_of(call);
  auto synced = scripts.sync(call.keys.unit(), call.keys.database());
  if (!synced) return synced.error();
  return &scripts;
}

Result<Reply> call_function(Call& call, bool by_reading) {
  auto scripts = synced_scripts(call);
  if (!scripts) return scripts.error();
  const auto [library, function] = (*scripts)->find(call.arguments[0]);
  if (function == nullptr) return invalid("Function not found");
  auto keys = take_key_count(call.arguments.subspan(1), "ERR Bad number of keys provided");
  if (!keys) return keys.error();
  return run_target(call, {.function = function, .by_reading = by_reading}, call.arguments.subspan(2), *keys);
}

Result<Reply> fcall(Call& call) {
  return call_function(call, false);
}

Result<Reply> fcall_ro(Call& call) {
  return call_function(call, true);
}

Result<Reply> function_load(Call& call) {
  bool replaces = false;
  for (const std::string& word : call.arguments.first(call.arguments.size() - 1)) {
    if (!equals_ignoring_case(word, "REPLACE")) return invalid(fmt::format("Unknown option given: {}", word));
    replaces = true;
  }
  const std::string& code = call.arguments.back();
  auto header = read_library_header(code);
  if (!header) return header.error();
  auto scripts = synced_scripts(call);
  if (!scripts) return scripts.error();
  if (!replaces && (*scripts)->libraries().contains(header->name)) {
    return invalid(fmt::format("Library '{}' already exists", header->name));
  }
  auto library = (*scripts)->interpreter().load_library(code);
  if (!library) return library.error();
  auto added = (*scripts)->add(call.keys.unit(), call.keys.database(), std::move(*library), code);
  if (!added) return added.error();
  return Reply::bulk(header->name);
}

Result<Reply> function_delete(Call& call) {
  auto erased = erase_library(call.keys.unit(), call.keys.database(), call.arguments[0]);
  if (!erased) return erased.error();
  if (!*erased) return invalid("Library not found");
  return Reply::ok();
}

Result<Reply> function_flush(Call& call) {
  if (call.arguments.size() > 1) return wrong_subcommand("flush");
  if (!call.arguments.empty() && !equals_ignoring_case(call.arguments[0], "SYNC") &&
      !equals_ignoring_case(call.arguments[0], "ASYNC")) {
    return invalid("FUNCTION FLUSH only supports SYNC|ASYNC option");
  }
  auto erased = erase_libraries(call.keys.unit(), call.keys.database());
  if (!erased) return erased.error();
  return Reply::ok();
}

// --- FUNCTION LIST

struct ListOptions {
  std::optional<std::string> pattern{};  // in lower case
  bool with_code = false;
};

Result<ListOptions> parse_list_options(std::span<const std::string> words) {
  ListOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!options.with_code && equals_ignoring_case(words[i], "WITHCODE")) {
      options.with_code = true;
    } else if (!options.pattern && equals_ignoring_case(words[i], "LIBRARYNAME")) {
      if (i + 1 == words.size()) return invalid("library name argument was not given");
      options.pattern = lower_case(words[++i]);
    } else {
      return invalid(fmt::format("Unknown argument {}", words[i]));
    }
  }
  return options;
}

Reply describe(const LibraryFunction& function) {
  std::vector<Reply> flags;
  for (const ScriptFlagName& each : script_flag_names()) {
    if ((function.flags & each.flag) != 0) flags.push_back(Reply::simple(std::string(each.name)));
  }
  return Reply::map({Reply::bulk("name"), Reply::bulk(function.name), Reply::bulk("description"),
                     function.description ? Reply::bulk(*function.description) : Reply::nil(), Reply::bulk("flags"),
                     Reply::set(std::move(flags))});
}

Reply describe(const Library& library) {
  std::vector<Reply> functions;
  for (const LibraryFunction& each : library.functions()) functions.push_back(describe(each));
  return Reply::map({Reply::bulk("library_name"), Reply::bulk(library.name()), Reply::bulk("engine"),
                     Reply::bulk("LUA"), Reply::bulk("functions"), Reply::array(std::move(functions))});
}

Result<Reply> function_list(Call& call) {
  auto options = parse_list_options(call.arguments);
  if (!options) return options.error();
  auto scripts = synced_scripts(call);
  if (!scripts) return scripts.error();
  std::vector<Reply> libraries;
  for (const auto& [name, library] : (*scripts)->libraries()) {
    if (options->pattern && !matches(*options->pattern, lower_case(name))) continue;
    Reply described = describe(*library);
    if (options->with_code) {
      auto code = read_library(call.keys.unit(), call.keys.database(), name);
      if (!code) return code.error();
      described.elements.push_back(Reply::bulk("library_code"));
      described.elements.push_back(Reply::bulk(std::move(*code)));
    }
    libraries.push_back(std::move(described));
  }
  return Reply::array(std::move(libraries));
}

Reply running_script(const SlowScript* slow) {
  if (slow == nullptr) return Reply::nil();
  std::vector<Reply> command;
  for (const std::string& word : slow->command) command.push_back(Reply::bulk(word));
  const auto time = std::chrono::steady_clock::now() - slow->began;
  return Reply::map({Reply::bulk("name"), Reply::bulk(slow->name), Reply::bulk("command"),
                     Reply::array(std::move(command)), Reply::bulk("duration_ms"),
                     Reply::of(std::chrono::duration_cast<std::chrono::milliseconds>(time).count())});
}

Result<Reply> function_stats(Call& call) {
  const SlowScript* slow = LoadedScripts::of(call.live()).slow(call.keys.database());
  Result<DatabaseScripts*> scripts = &scripts_of(call);
  if (slow == nullptr) scripts = synced_scripts(call);  // one that runs has been synced
  if (!scripts) return scripts.error();
  const auto count = [](std::size_t number) { return Reply::of(static_cast<std::int64_t>(number)); };
  Reply counts = Reply::map({Reply::bulk("libraries_count"), count((*scripts)->libraries().size()),
                             Reply::bulk("functions_count"), count((*scripts)->function_count())});
  return Reply::map({Reply::bulk("running_script"), running_script(slow), Reply::bulk("engines"),
                     Reply::map({Reply::bulk("LUA"), std::move(counts)})});
}

Result<Reply> function_kill(Call& call) {
  return kill_running(call, true);
}

// --- FUNCTION DUMP and RESTORE

Result<Reply> function_dump(Call& call) {
  auto entries = read_libraries(call.keys.unit(), call.keys.database());
  if (!entries) return entries.error();
  std::vector<std::string> codes;
  for (const LibraryEntry& each : *entries) {
    auto code = read_library(call.keys.unit(), call.keys.database(), each.name);
    if (!code) return code.error();
    codes.push_back(std::move(*code));
  }
  return Reply::bulk(dump_libraries(codes));
}

enum class RestorePolicy { append, replace, flush };

Result<RestorePolicy> parse_policy(std::span<const std::string> words) {
  if (words.empty() || equals_ignoring_case(words[0], "APPEND")) return RestorePolicy::append;
  if (equals_ignoring_case(words[0], "REPLACE")) return RestorePolicy::replace;
  if (equals_ignoring_case(words[0], "FLUSH")) return RestorePolicy::flush;
  return invalid("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
}

// Takes the libraries away that those of `codes` replace.
Result<void> make_room(const Call& call, std::span<const std::string> codes, RestorePolicy policy) {
  Unit& unit = call.keys.unit();
  if (policy == RestorePolicy::flush) return erase_libraries(unit, call.keys.database());
  for (const std::string& code : codes) {
    auto header = read_library_header(code);
    if (!header) return header.error();
    auto erased = erase_library(unit, call.keys.database(), header->name);
    if (!erased) return erased.error();
    if (*erased && policy == RestorePolicy::append) {
      return invalid(fmt::format("Library {} already exists", header->name));
    }
  }
  return {};
}

Result<Reply> function_restore(Call& call) {
  if (call.arguments.size() > 2) return wrong_subcommand("restore");
  auto policy = parse_policy(call.arguments.subspan(1));
  if (!policy) return policy.error();
  auto codes = read_library_dump(call.arguments[0]);
  if (!codes) return codes.error();
  if (auto room = make_room(call, *codes, *policy); !room) return room.error();
  auto scripts = synced_scripts(call);
  if (!scripts) return scripts.error();
  for (const std::string& code : *codes) {
    auto library = (*scripts)->interpreter().load_library(code);
    if (!library) return library.error();
    auto added = (*scripts)->add(call.keys.unit(), call.keys.database(), std::move(*library), code);
    if (!added) return added.error();
  }
  return Reply::ok();
}

constexpr CommandSpec table[] = {
    {
        .name = "fcall",
        .arity = at_least(2),
        .keys = counted_at(2),
        .flags = no_script | may_write,
        .group = Group::scripting,
        .run = fcall,
        .since = "7.0.0",
        .complexity = "depends on the function",
        .summary = "Calls a function.",
    },
    {
        .name = "fcall_ro",
        .arity = at_least(2),
        .keys = counted_at(2),
        .flags = no_script | may_write,
        .group = Group::scripting,
        .run = fcall_ro,
        .since = "7.0.0",
        .complexity = "depends on the function",
        .summary = "Calls a function that only reads.",
    },
    {
        .name = "function",
        .arity = at_least(1),
        .group = Group::scripting,
        .since = "7.0.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about libraries of functions.",
    },
    {
        .name = "function|delete",
        .arity = exactly(1),
        .access = Access::write,
        .flags = no_script,
        .group = Group::scripting,
        .run = function_delete,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Deletes a library and its functions.",
    },
    {
        .name = "function|dump",
        .arity = exactly(0),
        .flags = no_script,
        .group = Group::scripting,
        .run = function_dump,
        .since = "7.0.0",
        .complexity = "O(N), N being the size of all libraries",
        .summary = "Returns all libraries as bytes for RESTORE.",
    },
    {
        .name = "function|flush",
        .arity = at_least(0),
        .access = Access::write,
        .flags = no_script,
        .group = Group::scripting,
        .run = function_flush,
        .since = "7.0.0",
        .complexity = "O(N), N being the number of libraries",
        .summary = "Deletes all libraries.",
    },
    {
        .name = "function|kill",
        .arity = exactly(0),
        .flags = no_script,
        .group = Group::scripting,
        .run = function_kill,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Ends the function that runs, if it takes longer than busy-reply-threshold and has written nothing.",
    },
    {
        .name = "function|list",
        .arity = at_least(0),
        .flags = no_script,
        .group = Group::scripting,
        .run = function_list,
        .since = "7.0.0",
        .complexity = "O(N), N being the number of functions",
        .summary = "Describes the libraries, or those whose name matches a pattern.",
    },
    {
        .name = "function|load",
        .arity = at_least(1),
        .access = Access::write,
        .flags = no_script | may_grow,
        .group = Group::scripting,
        .run = function_load,
        .since = "7.0.0",
        .complexity = "O(N), N being the size of the library",
        .summary = "Creates a library from its code, or replaces it.",
    },
    {
        .name = "function|restore",
        .arity = at_least(1),
        .access = Access::write,
        .flags = no_script | may_grow,
        .group = Group::scripting,
        .run = function_restore,
        .since = "7.0.0",
        .complexity = "O(N), N being the size of the payload",
        .summary = "Creates the libraries that DUMP returned.",
    },
    {
        .name = "function|stats",
        .arity = exactly(0),
        .flags = no_script,
        .group = Group::scripting,
        .run = function_stats,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Counts the libraries and functions.",
    },
};

}  // namespace

std::span<const CommandSpec> function_commands() {
  return table;
}

}  // namespace millrace::store
