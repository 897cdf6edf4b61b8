#include <algorithm>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/json_key.h"
#include "store/commands/text.h"
#include "store/json/text.h"

namespace millrace::store {
namespace {

using json::Path;
using json::Value;

enum class Condition { none, if_missing, if_exists };

// A value to write, and how many bytes each copy of it takes.
struct NewValue {
  Value value{};
  std::size_t bytes = 0;
};

Result<NewValue> parse_new(const std::string& text) {
  auto value = parse_json(text);
  if (!value) return value.error();
  return NewValue{std::move(*value), text.size()};
}

// Gives the object that `path` would stand in a new member. False where something else stands there.
Result<bool> add_member(Value& root, const Path& path, Value value) {
  if (!path.is_static()) return Error{ErrorCode::invalid, "ERR wrong static path"};
  const std::string* name = path.last_name();
  if (!name) return Error{ErrorCode::invalid, "ERR array index out of range"};
  auto parents = find_all(path.parent(), root);
  if (!parents) return parents.error();
  if (parents->empty()) return missing_path(path);
  auto* members = (*parents)[0].value->object();
  if (!members) return false;
  json::put(*members, *name, std::move(value));
  return true;
}

Result<void> replace_all(Value& root, const std::vector<json::Match>& matches, NewValue given) {
  auto places = json::outermost(root, matches);
  if (places.size() > json_bytes_max / std::max<std::size_t>(given.bytes, 1)) return json_too_large();
  for (std::size_t i = 1; i < places.size(); ++i) *places[i] = given.value;
  *places[0] = std::move(given.value);
  return {};
}

// Whether the condition let it be.
Result<bool> assign_inside(Value& root, const Path& path, NewValue given, Condition condition) {
  auto matches = find_all(path, root);
  if (!matches) return matches.error();
  if (matches->empty() || condition == Condition::if_missing) {
    if (condition == Condition::if_exists || (!matches->empty() && path.is_static())) return false;
    return add_member(root, path, std::move(given.value));
  }
  if (auto done = replace_all(root, *matches, std::move(given)); !done) return done.error();
  return true;
}

Result<bool> assign(JsonKey& document, const Path& path, NewValue given, Condition condition) {
  if (!document.exists()) {
    if (condition == Condition::if_exists) return false;
    if (!path.is_root()) return created_elsewhere();
  }
  if (path.is_root()) {
    if (document.exists() && condition == Condition::if_missing) return false;
    document.replace(std::move(given.value));
    return true;
  }
  auto root = document.root();
  if (!root) return root.error();
  return assign_inside(**root, path, std::move(given), condition);
}

Result<void> check_format(std::string_view format) {
  if (format == "STRING" || format == "JSON" || format == "BSON") return {};
  return Error{ErrorCode::invalid, "ERR wrong format"};
}

Result<Condition> parse_set_options(std::span<const std::string> words) {
  Condition condition = Condition::none;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (equals_ignoring_case(words[i], "NX") && condition == Condition::none) {
      condition = Condition::if_missing;
    } else if (equals_ignoring_case(words[i], "XX") && condition == Condition::none) {
      condition = Condition::if_exists;
    } else if (equals_ignoring_case(words[i], "FORMAT") && i + 1 < words.size()) {
      if (auto known = check_format(words[++i]); !known) return known.error();
    } else {
      return syntax_error();
    }
  }
  return condition;
}

Result<Reply> json_set(Call& call) {
  auto condition = parse_set_options(call.arguments.subspan(3));
  if (!condition) return condition.error();
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  auto document = JsonKey::open(call, call.arguments[0]);
  if (!document) return document.error();
  auto given = parse_new(call.arguments[2]);
  if (!given) return given.error();
  auto assigned = assign(*document, *path, std::move(*given), *condition);
  if (!assigned) return assigned.error();
  if (!*assigned) return Reply::nil();
  if (auto saved = document->save("json.set"); !saved) return saved.error();
  return Reply::ok();
}

Result<Reply> json_mset(Call& call) {
  if (call.arguments.size() % 3 != 0) return wrong_arity("json.mset");
  bool all = true;
  for (std::size_t i = 0; i < call.arguments.size(); i += 3) {
    auto path = parse_path(call.arguments[i + 1]);
    if (!path) return path.error();
    auto document = JsonKey::open(call, call.arguments[i]);
    if (!document) return document.error();
    auto given = parse_new(call.arguments[i + 2]);
    if (!given) return given.error();
    auto assigned = assign(*document, *path, std::move(*given), Condition::none);
    if (!assigned) return assigned.error();
    all = all && *assigned;
    if (!*assigned) continue;
    if (auto saved = document->save("json.mset"); !saved) return saved.error();
  }
  return all ? Reply::ok() : Reply::nil();
}

Result<bool> merge_inside(Value& root, const Path& path, NewValue patch) {
  auto matches = find_all(path, root);
  if (!matches) return matches.error();
  if (matches->empty()) return add_member(root, path, std::move(patch.value));
  if (matches->size() > json_bytes_max / std::max<std::size_t>(patch.bytes, 1)) return json_too_large();
  for (std::size_t position : json::innermost_first(*matches)) json::merge(*(*matches)[position].value, patch.value);
  return true;
}

Result<bool> merge_into(JsonKey& document, const Path& path, NewValue patch) {
  if (!document.exists()) {
    if (!path.is_root()) return created_elsewhere();
    document.replace(std::move(patch.value));
    return true;
  }
  auto root = document.root();
  if (!root) return root.error();
  return merge_inside(**root, path, std::move(patch));
}

Result<Reply> json_merge(Call& call) {
  if (call.arguments.size() == 5 && equals_ignoring_case(call.arguments[3], "FORMAT")) {
    if (auto known = check_format(call.arguments[4]); !known) return known.error();
  } else if (call.arguments.size() != 3) {
    return syntax_error();
  }
  auto path = parse_path(call.arguments[1]);
  if (!path) return path.error();
  auto document = JsonKey::open(call, call.arguments[0]);
  if (!document) return document.error();
  auto patch = parse_new(call.arguments[2]);
  if (!patch) return patch.error();
  auto merged = merge_into(*document, *path, std::move(*patch));
  if (!merged) return merged.error();
  if (!*merged) return Reply::nil();
  if (auto saved = document->save("json.merge"); !saved) return saved.error();
  return Reply::ok();
}

struct GetOptions {
  json::Layout layout{};
  std::vector<Path> paths{};
};

// The word that an option sets, or null.
std::string_view* layout_option(json::Layout& layout, const std::string& name) {
  if (equals_ignoring_case(name, "INDENT")) return &layout.indent;
  if (equals_ignoring_case(name, "NEWLINE")) return &layout.newline;
  if (equals_ignoring_case(name, "SPACE")) return &layout.space;
  return nullptr;
}

Result<GetOptions> parse_get_options(std::span<const std::string> words) {
  GetOptions options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool format = equals_ignoring_case(words[i], "FORMAT");
    auto* option = layout_option(options.layout, words[i]);
    if ((option || format) && i + 1 == words.size()) return wrong_arity("json.get");
    if (option) {
      *option = words[++i];
    } else if (format) {
      if (words[++i] != "STRING") return Error{ErrorCode::invalid, "ERR wrong reply format"};
    } else if (!equals_ignoring_case(words[i], "NOESCAPE")) {  // which never changed anything
      auto path = parse_path(words[i]);
      if (!path) return path.error();
      options.paths.push_back(std::move(*path));
    }
  }
  if (options.paths.empty()) options.paths.push_back(Path::root(true));
  return options;
}

// Appends what `path` leads to: a list, or for a legacy path the first match.
Result<void> print_matches(std::string& out, const Path& path, bool listed, Value& root, const json::Layout& layout,
                           int depth) {
  auto matches = find_all(path, root);
  if (!matches) return matches.error();
  if (!listed) {
    if (matches->empty()) return missing_path(path);
    json::print(out, *(*matches)[0].value, layout, depth);
    return {};
  }
  if (auto small = check_copies(*matches); !small) return small.error();
  std::vector<const Value*> values;
  for (const json::Match& match : *matches) values.push_back(match.value);
  json::print_array(out, values, layout, depth);
  return {};
}

// One object, with a member for each path.
Result<Reply> print_paths(const GetOptions& options, Value& root) {
  bool listed = std::ranges::any_of(options.paths, [](const Path& path) { return !path.is_legacy(); });
  std::string out = "{";
  for (auto path = options.paths.begin(); path != options.paths.end(); ++path) {
    bool repeated =
        std::any_of(options.paths.begin(), path, [&](const Path& earlier) { return earlier.text() == path->text(); });
    if (repeated) continue;
    if (path != options.paths.begin()) out += ',';
    json::print_line(out, options.layout, 1);
    append_json_string(out, path->text());
    out.append(":").append(options.layout.space);
    auto done = print_matches(out, *path, listed, root, options.layout, 1);
    if (!done) return done.error();
    if (out.size() > json_bytes_max) return json_too_large();
  }
  json::print_line(out, options.layout, 0);
  out += '}';
  return Reply::bulk(std::move(out));
}

Result<Reply> json_get(Call& call) {
  auto document = JsonKey::open(call, call.arguments[0]);
  if (!document) return document.error();
  if (!document->exists()) return Reply::nil();
  auto options = parse_get_options(call.arguments.subspan(1));
  if (!options) return options.error();
  const Path& first = options->paths[0];
  if (options->paths.size() == 1 && first.is_root() && options->layout.is_compact()) {
    return first.is_legacy() ? Reply::bulk(document->text()) : Reply::bulk(fmt::format("[{}]", document->text()));
  }
  auto root = document->root();
  if (!root) return root.error();
  if (options->paths.size() > 1) return print_paths(*options, **root);
  std::string out;
  auto done = print_matches(out, first, !first.is_legacy(), **root, options->layout, 0);
  if (!done) return done.error();
  return Reply::bulk(std::move(out));
}

// Nil where there is no document, or a legacy path leads nowhere.
Result<Reply> get_one(Call& call, const std::string& key, const Path& path) {
  auto document = JsonKey::open(call, key);
  if (!document) return document.error().code == ErrorCode::invalid ? Result<Reply>(Reply::nil()) : document.error();
  if (!document->exists()) return Reply::nil();
  auto root = document->root();
  if (!root) return root.error();
  auto matches = find_all(path, **root);
  if (!matches) return matches.error();
  if (path.is_legacy() && matches->empty()) return Reply::nil();
  std::string out;
  auto done = print_matches(out, path, !path.is_legacy(), **root, {}, 0);
  if (!done) return done.error();
  return Reply::bulk(std::move(out));
}

Result<Reply> json_mget(Call& call) {
  auto path = parse_path(call.arguments.back());
  if (!path) return path.error();
  std::vector<Reply> replies;
  std::size_t bytes = 0;
  for (const std::string& key : call.arguments.first(call.arguments.size() - 1)) {
    auto reply = get_one(call, key, *path);
    if (!reply) return reply.error();
    bytes += reply->text.size();
    if (bytes > json_bytes_max) return json_too_large();
    replies.push_back(std::move(*reply));
  }
  return Reply::array(std::move(replies));
}

Result<Reply> json_del(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) return Reply::of(0);
  if (found->path.is_root()) {
    if (auto erased = found->document.erase("json.del"); !erased) return erased.error();
    return Reply::of(1);
  }
  auto root = found->document.root();
  if (!root) return root.error();
  std::size_t removed = json::remove(**root, found->matches);
  if (removed > 0) {
    if (auto saved = found->document.save("json.del"); !saved) return saved.error();
  }
  return Reply::of(static_cast<std::int64_t>(removed));
}

// Whether there was anything to clear.
bool clear(Value& value) {
  if (value.is_array() && value.size() > 0) {
    value = Value(json::Array{});
  } else if (value.is_object() && value.size() > 0) {
    value = Value(json::Object{});
  } else if (value.is_number() && value.number() != 0) {
    value = Value(std::int64_t{0});
  } else {
    return false;
  }
  return true;
}

Result<Reply> json_clear(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) return missing_document();
  std::int64_t cleared = 0;
  for (std::size_t position : json::innermost_first(found->matches)) {
    cleared += clear(*found->matches[position].value) ? 1 : 0;
  }
  if (cleared > 0) {
    if (auto saved = found->document.save("json.clear"); !saved) return saved.error();
  }
  return Reply::of(cleared);
}

Result<Reply> json_type(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  Result<Reply> types = Reply::nil();
  if (found->document.exists()) {
    types = reply_parts(
        *found, [](const Value& value) { return Reply::bulk(json::to_string(value.type())); },
        [](const Value*) { return Reply::nil(); });
  }
  if (!types || call.context().caller.protocol == 2) return types;
  return Reply::array({std::move(*types)});  // as RedisJSON has it in version 3
}

Reply as_resp(const Value& value);

Reply members_as_resp(const json::Object& members) {
  std::vector<Reply> parts;
  parts.reserve(1 + 2 * members.size());
  parts.push_back(Reply::simple("{"));
  for (const json::Member& member : members) {
    parts.push_back(Reply::bulk(member.name));
    parts.push_back(as_resp(member.value));
  }
  return Reply::array(std::move(parts));
}

Reply items_as_resp(const json::Array& items) {
  std::vector<Reply> parts;
  parts.reserve(1 + items.size());
  parts.push_back(Reply::simple("["));
  for (const Value& item : items) parts.push_back(as_resp(item));
  return Reply::array(std::move(parts));
}

Reply as_resp(const Value& value) {
  switch (value.type()) {
    case json::Type::null: return Reply::nil();
    case json::Type::boolean: return Reply::simple(*value.boolean() ? "true" : "false");
    case json::Type::integer: return value.integer() ? Reply::of(*value.integer()) : Reply::of_real(value.number());
    case json::Type::number: return Reply::of_real(value.number());
    case json::Type::string: return Reply::bulk(*value.string());
    case json::Type::array: return items_as_resp(*value.array());
    case json::Type::object: return members_as_resp(*value.object());
  }
  return {};
}

Result<Reply> json_resp(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) return Reply::nil();
  if (auto small = check_copies(found->matches); !small) return small.error();
  return reply_parts(*found, as_resp, [&](const Value*) { return missing_path(found->path); });
}

Result<Reply> json_debug_memory(Call& call) {
  auto found = find_parts(call, path_or_root(call, 1));
  if (!found) return found.error();
  if (!found->document.exists()) return found->path.is_legacy() ? Reply::of(0) : Reply::array({});
  return reply_parts(
      *found, [](const Value& value) { return Reply::of(static_cast<std::int64_t>(json::memory(value))); },
      [&](const Value*) { return missing_path(found->path); });
}

constexpr CommandSpec table[] = {
    {
        .name = "json.clear",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::write,
        .group = Group::json,
        .run = json_clear,
        .since = "2.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Empties arrays and objects and sets numbers to 0.",
    },
    {
        .name = "json.debug",
        .arity = at_least(1),
        .group = Group::json,
        .since = "1.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for debugging commands of JSON documents.",
    },
    {
        .name = "json.debug|memory",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_debug_memory,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns how many bytes values of a JSON document take in memory.",
    },
    {
        .name = "json.del",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::write,
        .group = Group::json,
        .run = json_del,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Deletes values of a JSON document, and the key with its root.",
    },
    {
        .name = "json.forget",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::write,
        .group = Group::json,
        .run = json_del,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Deletes values of a JSON document, and the key with its root.",
    },
    {
        .name = "json.get",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_get,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns values of a JSON document as text.",
    },
    {
        .name = "json.merge",
        .arity = between(3, 5),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_merge,
        .since = "2.6.0",
        .complexity = "O(N + M) in the sizes of the document and the value",
        .summary = "Merges a value into those of a JSON document.",
    },
    {
        .name = "json.mget",
        .arity = at_least(2),
        .keys = all_but_last,
        .access = Access::read,
        .group = Group::json,
        .run = json_mget,
        .since = "1.0.0",
        .complexity = "O(N) in the sizes of the documents",
        .summary = "Returns values of several JSON documents as text.",
    },
    {
        .name = "json.mset",
        .arity = at_least(3),
        .keys = {1, -1, 3},
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_mset,
        .since = "2.6.0",
        .complexity = "O(N + M) in the sizes of the documents and the values",
        .summary = "Sets values in several JSON documents, all at once.",
    },
    {
        .name = "json.resp",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_resp,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns values of a JSON document in the shapes of the Redis protocol.",
    },
    {
        .name = "json.set",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::json,
        .run = json_set,
        .since = "1.0.0",
        .complexity = "O(N + M) in the sizes of the document and the value",
        .summary = "Sets values in a JSON document. Creates the document at its root.",
    },
    {
        .name = "json.type",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::read,
        .group = Group::json,
        .run = json_type,
        .since = "1.0.0",
        .complexity = "O(N) in the size of the document",
        .summary = "Returns the types of values of a JSON document.",
    },
};

}  // namespace

std::span<const CommandSpec> json_commands() {
  return table;
}

}  // namespace millrace::store
