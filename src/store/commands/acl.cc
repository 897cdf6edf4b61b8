// ACL: a database has two users, `default` with its secret and `default_ro` with the one that may only read. They are
// what they are; nobody makes others.

#include <algorithm>
#include <fmt/format.h>

#include "base/crypto.h"
#include "store/commands/command_categories.h"
#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

struct User {
  std::string_view name{};
  bool read_only = false;
  std::string_view commands{};
};

constexpr User users[] = {{"default", false, "+@all"},
                          {"default_ro", true, "-@all +@read +@connection -@dangerous -@scripting -keys -scan"}};

const User* find_user(std::string_view name) {
  auto found = std::ranges::find(users, name, &User::name);
  return found == std::end(users) ? nullptr : found;
}

Result<Reply> acl_cat(Call& call) {
  std::vector<Reply> names;
  if (call.arguments.empty()) {
    for (std::string_view category : categories()) names.push_back(Reply::bulk(category));
    return Reply::array(std::move(names));
  }
  std::string wanted = lower_case(call.arguments[0]);
  if (std::ranges::find(categories(), wanted) == categories().end()) {
    return Error{ErrorCode::invalid, fmt::format("ERR Unknown category '{}'", call.arguments[0])};
  }
  for (const CommandSpec& spec : command_table()) {
    auto all = categories_of(spec);
    if (std::ranges::find(all, wanted) != all.end()) names.push_back(Reply::bulk(spec.name));
  }
  return Reply::array(std::move(names));
}

Result<Reply> acl_deluser(Call& call) {
  for (const std::string& name : call.arguments) {
    if (find_user(name) != nullptr) {
      return Error{ErrorCode::invalid, fmt::format("ERR The '{}' user cannot be removed", name)};
    }
  }
  return Reply::of(0);
}

Result<Reply> acl_dryrun(Call& call) {
  const User* user = find_user(call.arguments[0]);
  if (user == nullptr) return Error{ErrorCode::invalid, fmt::format("ERR User '{}' not found", call.arguments[0])};
  if (find_command(call.arguments[1]) == nullptr) {
    return Error{ErrorCode::invalid, fmt::format("ERR Command '{}' not found", call.arguments[1])};
  }
  Command command(call.arguments.begin() + 1, call.arguments.end());
  Resolved resolved = resolve(command, {.door = Door::redis, .read_only = user->read_only});
  if (resolved.spec != nullptr) return Reply::ok();
  constexpr std::string_view denied = "NOPERM ";
  if (!resolved.refusal.text.starts_with(denied)) return std::move(resolved.refusal);
  return Reply::bulk(resolved.refusal.text.substr(denied.size()));
}

Result<Reply> acl_genpass(Call& call) {
  std::int64_t bits = 256;
  if (!call.arguments.empty()) {
    auto number = to_integer(call.arguments[0]);
    if (!number) return not_an_integer();
    if (*number < 1 || *number > 4096) {
      return Error{ErrorCode::invalid,
                   "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up "
                   "to 4096"};
    }
    bits = *number;
  }
  auto digits = static_cast<std::size_t>((bits + 3) / 4);
  std::vector<std::uint8_t> random((digits + 1) / 2);
  random_bytes(random);
  std::string password;
  for (std::uint8_t byte : random) password += fmt::format("{:02x}", byte);
  password.resize(digits);
  return Reply::bulk(std::move(password));
}

Result<Reply> acl_getuser(Call& call) {
  const User* user = find_user(call.arguments[0]);
  if (user == nullptr) return Reply::nil();
  std::vector<Reply> pairs{Reply::bulk("flags"),     Reply::set({Reply::simple("on")}),
                           Reply::bulk("passwords"), Reply::array({}),
                           Reply::bulk("commands"),  Reply::bulk(user->commands),
                           Reply::bulk("keys"),      Reply::bulk("~*"),
                           Reply::bulk("channels"),  Reply::bulk("&*")};
  if (call.context().caller.door != Door::rest) {
    pairs.push_back(Reply::bulk("selectors"));
    pairs.push_back(Reply::array({}));
  }
  return Reply::map(std::move(pairs));
}

Result<Reply> acl_list(Call&) {
  std::vector<Reply> lines;
  for (const User& user : users) {
    lines.push_back(Reply::bulk(fmt::format("user {} on sanitize-payload ~* &* {}", user.name, user.commands)));
  }
  return Reply::array(std::move(lines));
}

Result<Reply> acl_log(Call& call) {
  if (call.arguments.empty()) return Reply::array({});
  if (equals_ignoring_case(call.arguments[0], "RESET")) return Reply::ok();
  if (!to_integer(call.arguments[0])) return not_an_integer();
  return Reply::array({});
}

// Over REST it is as if the users were read from where they are, and written there.
Result<Reply> acl_file(Call& call) {
  if (call.context().caller.door == Door::rest) return Reply::ok();
  return Error{ErrorCode::invalid,
               "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the "
               "ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) "
               "in order to store users in the Redis configuration."};
}

Result<Reply> acl_setuser(Call&) {
  return Error{ErrorCode::invalid,
               "ERR ACL SETUSER is not supported: a database has the users default and default_ro, and no others"};
}

Result<Reply> acl_users(Call&) {
  std::vector<Reply> names;
  for (const User& user : users) names.push_back(Reply::bulk(user.name));
  return Reply::array(std::move(names));
}

Result<Reply> acl_whoami(Call& call) {
  return Reply::bulk(call.context().caller.user());
}

constexpr CommandSpec table[] = {
    {
        .name = "acl",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "6.0.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about users.",
    },
    {
        .name = "acl|cat",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = no_script,
        .group = Group::server,
        .run = acl_cat,
        .since = "6.0.0",
        .complexity = "O(N) in the number of commands",
        .summary = "Returns the categories of commands, or the commands of one.",
    },
    {
        .name = "acl|deluser",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_deluser,
        .since = "6.0.0",
        .complexity = "O(N) in the number of users",
        .summary = "Is refused for the two users that there are.",
    },
    {
        .name = "acl|dryrun",
        .arity = at_least(2),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_dryrun,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Says whether a user may run a command.",
    },
    {
        .name = "acl|genpass",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = no_script,
        .group = Group::server,
        .run = acl_genpass,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Makes up a password.",
    },
    {
        .name = "acl|getuser",
        .arity = exactly(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_getuser,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns what a user may do.",
    },
    {
        .name = "acl|list",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_list,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns the users as rules.",
    },
    {
        .name = "acl|load",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_file,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: users are in no file.",
    },
    {
        .name = "acl|log",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_log,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns who was refused, of which nothing is kept.",
    },
    {
        .name = "acl|save",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_file,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: users are in no file.",
    },
    {
        .name = "acl|setuser",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_setuser,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Is refused: a database has two users.",
    },
    {
        .name = "acl|users",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = admin | no_script | dangerous,
        .group = Group::server,
        .run = acl_users,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns the names of the users.",
    },
    {
        .name = "acl|whoami",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = no_script,
        .group = Group::server,
        .run = acl_whoami,
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Returns the name of the user who asks.",
    },
};

}  // namespace

std::span<const CommandSpec> acl_commands() {
  return table;
}

}  // namespace millrace::store
