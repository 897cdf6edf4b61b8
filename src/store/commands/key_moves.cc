// Keys that get another name, or a second one.

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"
#include "store/embedded/whole_keys.h"

namespace millrace::store {
namespace {

Error no_such_key() {
  return {ErrorCode::invalid, "ERR no such key"};
}

Error same_object() {
  return {ErrorCode::invalid, "ERR source and destination objects are the same"};
}

// There is one database, of index 0.
Result<void> check_index(std::string_view text) {
  auto index = to_integer(text);
  if (!index) return not_an_integer();
  if (*index != 0) return Error{ErrorCode::invalid, "ERR DB index is out of range"};
  return {};
}

struct CopyOptions {
  bool replace = false;
};

Result<CopyOptions> parse_copy_options(std::span<const std::string> words) {
  CopyOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (equals_ignoring_case(words[i], "REPLACE")) {
      options.replace = true;
    } else if (equals_ignoring_case(words[i], "DB") && i + 1 < words.size()) {
      if (auto known = check_index(words[++i]); !known) return known.error();
    } else {
      return syntax_error();
    }
  }
  return options;
}

Result<Reply> copy(Call& call) {
  const std::string& from = call.arguments[0];
  const std::string& to = call.arguments[1];
  auto options = parse_copy_options(call.arguments.subspan(2));
  if (!options) return options.error();
  if (from == to && call.context().caller.door == Door::rest) return Reply::of(0);
  if (from == to) return same_object();
  auto before = call.keys.find(to);
  if (!before) return before.error();
  std::optional<KeyRow> replaced = *before;
  auto source = call.keys.find(from);
  if (!source) return source.error();
  if (!*source || (replaced && !options->replace)) return Reply::of(0);
  if (auto done = copy_key(call.keys, **source, to, replaced); !done) return done.error();
  call.notify('g', "copy_to", to);
  return Reply::of(1);
}

Result<Reply> move(Call& call) {
  if (auto known = check_index(call.arguments[1]); !known) return known.error();
  return same_object();
}

Result<bool> rename_key(Call& call, bool replace) {
  const std::string& from = call.arguments[0];
  const std::string& to = call.arguments[1];
  auto before = call.keys.find(to);
  if (!before) return before.error();
  std::optional<KeyRow> replaced = *before;
  auto source = call.keys.find(from);
  if (!source) return source.error();
  if (!*source) return no_such_key();
  if (from == to) return replace;
  if (replaced && !replace) return false;
  if (auto done = move_key(call.keys, from, **source, to, replaced); !done) return done.error();
  call.notify('g', "rename_from", from);
  call.notify('g', "rename_to", to);
  return true;
}

Result<Reply> rename(Call& call) {
  auto renamed = rename_key(call, true);
  if (!renamed) return renamed.error();
  return Reply::ok();
}

Result<Reply> renamenx(Call& call) {
  auto renamed = rename_key(call, false);
  if (!renamed) return renamed.error();
  return Reply::of(*renamed ? 1 : 0);
}

Result<Reply> swapdb(Call& call) {
  if (!to_integer(call.arguments[0])) return Error{ErrorCode::invalid, "ERR invalid first DB index"};
  if (!to_integer(call.arguments[1])) return Error{ErrorCode::invalid, "ERR invalid second DB index"};
  for (const std::string& index : call.arguments) {
    if (auto known = check_index(index); !known) return known.error();
  }
  return Reply::ok();
}

constexpr CommandSpec table[] = {
    {
        .name = "copy",
        .arity = at_least(2),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::generic,
        .run = copy,
        .since = "6.2.0",
        .complexity = "O(N) in the number of elements",
        .summary = "Copies the value of a key to another one.",
    },
    {
        .name = "move",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = move,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Moves a key to another database, of which there is none.",
    },
    {
        .name = "rename",
        .arity = exactly(2),
        .keys = first_two,
        .access = Access::write,
        .flags = 0,
        .group = Group::generic,
        .run = rename,
        .since = "1.0.0",
        .complexity = "O(1), O(N) in the number of fields of a hash",
        .summary = "Gives a key another name, which may be that of another key.",
    },
    {
        .name = "renamenx",
        .arity = exactly(2),
        .keys = first_two,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = renamenx,
        .since = "1.0.0",
        .complexity = "O(1), O(N) in the number of fields of a hash",
        .summary = "Gives a key another name unless a key has it.",
    },
    {
        .name = "swapdb",
        .arity = exactly(2),
        .keys = no_keys,
        .access = Access::write,
        .flags = fast | dangerous,
        .group = Group::server,
        .run = swapdb,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Swaps two databases, of which there is one.",
    },
};

}  // namespace

std::span<const CommandSpec> key_move_commands() {
  return table;
}

}  // namespace millrace::store
