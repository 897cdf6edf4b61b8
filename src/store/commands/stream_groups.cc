#include <algorithm>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/streams_arguments.h"
#include "store/commands/text.h"
#include "store/embedded/stream_group.h"

namespace millrace::store {
namespace {

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

Error no_stream() {
  return invalid(
      "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM "
      "option to create an empty stream automatically.");
}

Error no_group(std::string_view key, std::string_view group) {
  return invalid(fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", group, key));
}

Error bad_subcommand(const Call& call) {
  std::string name(call.spec.name.substr(call.spec.name.find('|') + 1));
  std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return invalid(fmt::format("ERR unknown subcommand or wrong number of arguments for '{}'. Try XGROUP HELP.", name));
}

Result<Stream> open_stream(Call& call) {
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (stream && !stream->exists()) return no_stream();
  return stream;
}

Result<StreamGroup> open_group(Call& call, Stream& stream) {
  auto group = StreamGroup::find(stream, call.arguments[1]);
  if (!group) return group.error();
  if (!*group) return no_group(call.arguments[0], call.arguments[1]);
  return std::move(**group);
}

struct GroupOptions {
  bool create_stream = false;
  std::optional<std::uint64_t> entries_read{};
};

Result<GroupOptions> parse_group_options(const Call& call, bool creating) {
  GroupOptions options;
  auto arguments = call.arguments;
  for (std::size_t at = 3; at < arguments.size(); ++at) {
    if (creating && equals_ignoring_case(arguments[at], "MKSTREAM")) {
      options.create_stream = true;
    } else if (equals_ignoring_case(arguments[at], "ENTRIESREAD") && at + 1 < arguments.size()) {
      auto count = to_count(arguments[++at]);
      if (!count) return count.error();
      if (*count < -1) return invalid("ERR value for ENTRIESREAD must be positive or -1");
      options.entries_read = *count == -1 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*count));
    } else {
      return bad_subcommand(call);
    }
  }
  return options;
}

Result<Reply> xgroup_create(Call& call) {
  const std::string& key = call.arguments[0];
  const std::string& name = call.arguments[1];
  auto options = parse_group_options(call, true);
  if (!options) return options.error();
  auto stream = Stream::open(call.keys, key);
  if (!stream) return stream.error();
  if (!stream->exists() && !options->create_stream) return no_stream();
  StreamId last = stream->row().last;
  if (call.arguments[2] != "$") {
    auto id = to_stream_id(call.arguments[2]);
    if (!id) return id.error();
    last = *id;
  }
  if (!stream->exists()) {
    if (auto done = stream->create(); !done) return done.error();
  }
  auto taken = StreamGroup::find(*stream, name);
  if (!taken) return taken.error();
  if (*taken) return invalid("BUSYGROUP Consumer Group name already exists");
  StreamGroup::create(*stream, name, last, options->entries_read).save();
  if (auto done = stream->save(); !done) return done.error();
  call.notify('t', "xgroup-create", key);
  return Reply::ok();
}

Result<Reply> xgroup_create_consumer(Call& call) {
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto group = open_group(call, *stream);
  if (!group) return group.error();
  auto consumer = group->consumer(call.arguments[2]);
  if (!consumer) return consumer.error();
  if (*consumer != nullptr) return Reply::of(0);
  group->create_consumer(call.arguments[2]);
  group->save();
  call.notify('t', "xgroup-createconsumer", call.arguments[0]);
  return Reply::of(1);
}

Result<Reply> xgroup_delete_consumer(Call& call) {
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto group = open_group(call, *stream);
  if (!group) return group.error();
  auto consumer = group->consumer(call.arguments[2]);
  if (!consumer) return consumer.error();
  if (*consumer == nullptr) return Reply::of(0);
  auto pending = static_cast<std::int64_t>((*consumer)->pending);
  if (auto done = group->erase_consumer(call.arguments[2]); !done) return done.error();
  group->save();
  call.notify('t', "xgroup-delconsumer", call.arguments[0]);
  return Reply::of(pending);
}

Result<Reply> xgroup_destroy(Call& call) {
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto group = StreamGroup::find(*stream, call.arguments[1]);
  if (!group) return group.error();
  if (!*group) return Reply::of(0);
  if (auto done = (*group)->destroy(); !done) return done.error();
  if (auto done = stream->save(); !done) return done.error();
  call.notify('t', "xgroup-destroy", call.arguments[0]);
  return Reply::of(1);
}

Result<Reply> xgroup_set_id(Call& call) {
  auto options = parse_group_options(call, false);
  if (!options) return options.error();
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto group = open_group(call, *stream);
  if (!group) return group.error();
  StreamId last = stream->row().last;
  if (call.arguments[2] != "$") {
    auto id = to_range_start(call.arguments[2]);
    if (!id || call.arguments[2].starts_with('(')) return bad_stream_id();
    last = *id;
  }
  group->set_last(last, options->entries_read);
  group->save();
  call.notify('t', "xgroup-setid", call.arguments[0]);
  return Reply::ok();
}

Result<Reply> xgroup_help(Call&) {
  std::vector<Reply> lines;
  for (const char* line :
       {"XGROUP <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:", "    * MKSTREAM",
        "      Create the empty stream if it does not exist.", "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).", "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.", "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.", "DESTROY <key> <groupname>", "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.", "HELP", "    Print this help."}) {
    lines.push_back(Reply::simple(line));
  }
  return Reply::array(std::move(lines));
}

Result<Reply> xack(Call& call) {
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  auto group = StreamGroup::find(*stream, call.arguments[1]);
  if (!group) return group.error();
  if (!*group) return Reply::of(0);
  std::vector<StreamId> ids;
  for (const std::string& text : call.arguments.subspan(2)) {
    auto id = to_stream_id(text);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  std::int64_t acknowledged = 0;
  for (const StreamId& id : ids) {
    auto pending = (*group)->pending(id);
    if (!pending) return pending.error();
    if (!*pending) continue;
    if (auto done = (*group)->erase_pending(id, **pending); !done) return done.error();
    ++acknowledged;
  }
  if (acknowledged != 0) (*group)->save();
  return Reply::of(acknowledged);
}

struct PendingRequest {
  StreamId from{};
  StreamId to{};
  std::uint64_t count = 0;
  std::int64_t idle_least = 0;
  std::optional<std::string_view> consumer{};
};

// Nothing when only the summary is asked for.
Result<std::optional<PendingRequest>> parse_pending(std::span<const std::string> arguments) {
  if (arguments.size() == 2) return std::optional<PendingRequest>{};
  if (arguments.size() < 5 || arguments.size() > 8) return syntax_error();
  PendingRequest request;
  std::size_t at = 2;
  if (equals_ignoring_case(arguments[at], "IDLE")) {
    auto idle = to_count(arguments[at + 1]);
    if (!idle) return idle.error();
    if (arguments.size() < 7) return syntax_error();
    request.idle_least = *idle;
    at += 2;
  }
  auto count = to_count(arguments[at + 2]);
  if (!count) return count.error();
  request.count = static_cast<std::uint64_t>(std::max<std::int64_t>(*count, 0));
  auto from = to_range_start(arguments[at]);
  if (!from) return from.error();
  auto to = to_range_end(arguments[at + 1]);
  if (!to) return to.error();
  request.from = *from;
  request.to = *to;
  if (at + 3 < arguments.size()) request.consumer = arguments[at + 3];
  return std::optional(request);
}

Result<Reply> pending_summary(StreamGroup& group) {
  if (group.row().pending == 0) {
    return Reply::array({Reply::of(0), Reply::nil(), Reply::nil(), Reply::nil_array()});
  }
  auto first = group.pending_between(stream_id_least, stream_id_most, 1);
  if (!first) return first.error();
  auto last = group.last_pending();
  if (!last) return last.error();
  std::vector<Reply> consumers;
  auto done = group.each_consumer([&](std::string_view name, const ConsumerRow& row) {
    if (row.pending == 0) return;
    consumers.push_back(Reply::array({Reply::bulk(name), Reply::bulk(std::to_string(row.pending))}));
  });
  if (!done) return done.error();
  return Reply::array({Reply::of(static_cast<std::int64_t>(group.row().pending)),
                       first->empty() ? Reply::nil() : id_reply(first->front().id),
                       *last ? id_reply(**last) : Reply::nil(), Reply::array(std::move(consumers))});
}

// In portions, since those that were delivered lately do not count.
Result<Reply> pending_list(const Call& call, StreamGroup& group, PendingRequest request) {
  constexpr std::uint64_t portion_max = 1000;
  std::vector<Reply> entries;
  std::optional<StreamId> from = request.from;
  while (from && entries.size() < request.count) {
    std::uint64_t portion = std::min(portion_max, request.count);
    auto found = request.consumer ? group.pending_between(*from, request.to, portion, *request.consumer)
                                  : group.pending_between(*from, request.to, portion);
    if (!found) return found.error();
    from = found->size() < portion ? std::nullopt : next(found->back().id);
    for (const StreamGroup::Pending& entry : *found) {
      std::int64_t idle = call.now() - entry.row.delivered_at;
      if (request.idle_least != 0 && idle < request.idle_least) continue;
      if (entries.size() == request.count) break;
      entries.push_back(
          Reply::array({id_reply(entry.id), Reply::bulk(entry.row.consumer), Reply::of(std::max<std::int64_t>(idle, 0)),
                        Reply::of(static_cast<std::int64_t>(entry.row.deliveries))}));
    }
  }
  return Reply::array(std::move(entries));
}

Result<Reply> xpending(Call& call) {
  auto request = parse_pending(call.arguments);
  if (!request) return request.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  auto group = StreamGroup::find(*stream, call.arguments[1]);
  if (!group) return group.error();
  if (!*group) {
    return invalid(
        fmt::format("NOGROUP No such key '{}' or consumer group '{}'", call.arguments[0], call.arguments[1]));
  }
  return *request ? pending_list(call, **group, **request) : pending_summary(**group);
}

constexpr CommandSpec table[] = {
    {
        .name = "xack",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::stream,
        .run = xack,
        .since = "5.0.0",
        .complexity = "O(1) for each entry",
        .summary = "Acknowledges entries that a group has pending, and returns how many these were.",
    },
    {
        .name = "xgroup",
        .arity = at_least(1),
        .group = Group::stream,
        .since = "5.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for commands about the groups of streams.",
    },
    {
        .name = "xgroup|create",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::stream,
        .run = xgroup_create,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Creates a group of consumers.",
    },
    {
        .name = "xgroup|createconsumer",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::stream,
        .run = xgroup_create_consumer,
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Creates a consumer in a group.",
    },
    {
        .name = "xgroup|delconsumer",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::stream,
        .run = xgroup_delete_consumer,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries that the consumer has pending",
        .summary = "Deletes a consumer of a group, and what it has pending.",
    },
    {
        .name = "xgroup|destroy",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::stream,
        .run = xgroup_destroy,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries that the group has pending",
        .summary = "Deletes a group of consumers.",
    },
    {
        .name = "xgroup|help",
        .arity = exactly(0),
        .group = Group::stream,
        .run = xgroup_help,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Tells what there is.",
    },
    {
        .name = "xgroup|setid",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::stream,
        .run = xgroup_set_id,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Sets which entry a group has had last.",
    },
    {
        .name = "xpending",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::stream,
        .run = xpending,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries looked at",
        .summary = "Returns what a group has delivered and its consumers have not acknowledged.",
    },
};

}  // namespace

std::span<const CommandSpec> stream_group_commands() {
  return table;
}

}  // namespace millrace::store
