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

// Names and values in turn.
class Facts {
 public:
  Facts& add(const char* name, Reply value) {
    elements_.push_back(Reply::bulk(name));
    elements_.push_back(std::move(value));
    return *this;
  }
  Facts& add(const char* name, std::uint64_t count) { return add(name, Reply::of(static_cast<std::int64_t>(count))); }
  Facts& add(const char* name, const StreamId& id) { return add(name, id_reply(id)); }
  Reply take() { return Reply::map(std::move(elements_)); }

 private:
  std::vector<Reply> elements_{};
};

Reply number_or_nil(std::optional<std::int64_t> number) {
  return number ? Reply::of(*number) : Reply::nil();
}

Reply entries_read(const GroupRow& group) {
  return group.entries_read ? Reply::of(static_cast<std::int64_t>(*group.entries_read)) : Reply::nil();
}

Result<Stream> open_stream(Call& call) {
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (stream && !stream->exists()) return invalid("ERR no such key");
  return stream;
}

Result<Reply> xinfo_consumers(Call& call) {
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto group = StreamGroup::find(*stream, call.arguments[1]);
  if (!group) return group.error();
  if (!*group && call.context().caller.door == Door::rest) return Reply::array({});
  if (!*group) {
    return invalid(
        fmt::format("NOGROUP No such consumer group '{}' for key name '{}'", call.arguments[1], call.arguments[0]));
  }
  std::vector<Reply> consumers;
  auto done = (*group)->each_consumer([&](std::string_view name, const ConsumerRow& row) {
    consumers.push_back(Facts()
                            .add("name", Reply::bulk(name))
                            .add("pending", row.pending)
                            .add("idle", Reply::of(std::max<std::int64_t>(call.now() - row.seen_at, 0)))
                            .add("inactive", Reply::of(row.active_at == 0 ? -1 : call.now() - row.active_at))
                            .take());
  });
  if (!done) return done.error();
  return Reply::array(std::move(consumers));
}

Result<Reply> xinfo_groups(Call& call) {
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto groups = StreamGroup::all(*stream);
  if (!groups) return groups.error();
  std::vector<Reply> replies;
  for (const StreamGroup& group : *groups) {
    replies.push_back(Facts()
                          .add("name", Reply::bulk(group.name()))
                          .add("consumers", group.row().consumers)
                          .add("pending", group.row().pending)
                          .add("last-delivered-id", group.row().last)
                          .add("entries-read", entries_read(group.row()))
                          .add("lag", number_or_nil(lag(stream->row(), group.row())))
                          .take());
  }
  return Reply::array(std::move(replies));
}

// How many entries of each list to show; nothing for the short form, 0 for all.
Result<std::optional<std::uint64_t>> parse_full(std::span<const std::string> options) {
  constexpr std::int64_t count_default = 10;
  if (options.empty()) return std::optional<std::uint64_t>{};
  bool counted = options.size() == 3;
  bool known = equals_ignoring_case(options[0], "FULL") && (!counted || equals_ignoring_case(options[1], "COUNT"));
  if (!known || options.size() == 2 || options.size() > 3) {
    return invalid("ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.");
  }
  auto count = counted ? to_count(options[2]) : Result<std::int64_t>(count_default);
  if (!count) return count.error();
  return std::optional(static_cast<std::uint64_t>(*count < 0 ? count_default : *count));
}

// The counts of the tree in which Redis keeps entries, by nodes of a hundred.
Facts facts_of(const StreamRow& row) {
  constexpr std::uint64_t node_size = 100;
  std::uint64_t nodes = (row.length + node_size - 1) / node_size;
  Facts facts;
  facts.add("length", row.length)
      .add("radix-tree-keys", nodes)
      .add("radix-tree-nodes", nodes + 1)
      .add("last-generated-id", row.last)
      .add("max-deleted-entry-id", row.deleted_most)
      .add("entries-added", row.entries_added)
      .add("recorded-first-entry-id", row.first);
  return facts;
}

Result<std::vector<Reply>> entries_from(Stream& stream, Direction direction, std::uint64_t count_max) {
  std::vector<Reply> entries;
  auto visit = [&](const StreamId& id, std::string_view fields) {
    entries.push_back(entry_reply(id, fields));
    return entries.size() == count_max ? Visit::stop : Visit::more;
  };
  auto done = stream.each(stream_id_least, stream_id_most, direction, visit);
  if (!done) return done.error();
  return entries;
}

Result<Reply> describe_briefly(Stream& stream) {
  Facts facts = facts_of(stream.row());
  facts.add("groups", stream.row().groups);
  auto first = entries_from(stream, Direction::ascending, 1);
  if (!first) return first.error();
  facts.add("first-entry", first->empty() ? Reply::nil() : std::move(first->front()));
  auto last = entries_from(stream, Direction::descending, 1);
  if (!last) return last.error();
  facts.add("last-entry", last->empty() ? Reply::nil() : std::move(last->front()));
  return facts.take();
}

Result<Reply> describe_consumer(StreamGroup& group, const std::string& name, const ConsumerRow& row,
                                std::uint64_t count_max) {
  auto pending = group.pending_between(stream_id_least, stream_id_most, count_max, name);
  if (!pending) return pending.error();
  std::vector<Reply> entries;
  for (const StreamGroup::Pending& entry : *pending) {
    entries.push_back(Reply::array({id_reply(entry.id), Reply::of(entry.row.delivered_at),
                                    Reply::of(static_cast<std::int64_t>(entry.row.deliveries))}));
  }
  return Facts()
      .add("name", Reply::bulk(name))
      .add("seen-time", Reply::of(row.seen_at))
      .add("active-time", Reply::of(row.active_at == 0 ? -1 : row.active_at))
      .add("pel-count", row.pending)
      .add("pending", Reply::array(std::move(entries)))
      .take();
}

Result<Reply> describe_group(const Stream& stream, StreamGroup& group, std::uint64_t count_max) {
  auto pending = group.pending_between(stream_id_least, stream_id_most, count_max);
  if (!pending) return pending.error();
  std::vector<Reply> entries;
  for (const StreamGroup::Pending& entry : *pending) {
    entries.push_back(
        Reply::array({id_reply(entry.id), Reply::bulk(entry.row.consumer), Reply::of(entry.row.delivered_at),
                      Reply::of(static_cast<std::int64_t>(entry.row.deliveries))}));
  }
  std::vector<std::pair<std::string, ConsumerRow>> rows;
  auto done = group.each_consumer([&](std::string_view name, const ConsumerRow& row) { rows.emplace_back(name, row); });
  if (!done) return done.error();
  std::vector<Reply> consumers;
  for (const auto& [name, row] : rows) {
    auto consumer = describe_consumer(group, name, row, count_max);
    if (!consumer) return consumer.error();
    consumers.push_back(std::move(*consumer));
  }
  return Facts()
      .add("name", Reply::bulk(group.name()))
      .add("last-delivered-id", group.row().last)
      .add("entries-read", entries_read(group.row()))
      .add("lag", number_or_nil(lag(stream.row(), group.row())))
      .add("pel-count", group.row().pending)
      .add("pending", Reply::array(std::move(entries)))
      .add("consumers", Reply::array(std::move(consumers)))
      .take();
}

Result<Reply> describe_fully(Stream& stream, std::uint64_t count_max) {
  Facts facts = facts_of(stream.row());
  auto entries = entries_from(stream, Direction::ascending, count_max);
  if (!entries) return entries.error();
  facts.add("entries", Reply::array(std::move(*entries)));
  auto groups = StreamGroup::all(stream);
  if (!groups) return groups.error();
  std::vector<Reply> replies;
  for (StreamGroup& group : *groups) {
    auto reply = describe_group(stream, group, count_max);
    if (!reply) return reply.error();
    replies.push_back(std::move(*reply));
  }
  return facts.add("groups", Reply::array(std::move(replies))).take();
}

Result<Reply> xinfo_stream(Call& call) {
  auto stream = open_stream(call);
  if (!stream) return stream.error();
  auto count = parse_full(call.arguments.subspan(1));
  if (!count) return count.error();
  if (!*count) return describe_briefly(*stream);
  return describe_fully(*stream, **count == 0 ? UINT64_MAX : **count);
}

Result<Reply> xinfo_help(Call&) {
  std::vector<Reply> lines;
  for (const char* line : {"XINFO <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                           "CONSUMERS <key> <groupname>", "    Show consumers of <groupname>.", "GROUPS <key>",
                           "    Show the stream consumer groups.", "STREAM <key> [FULL [COUNT <count>]",
                           "    Show information about the stream.", "HELP", "    Print this help."}) {
    lines.push_back(Reply::simple(line));
  }
  return Reply::array(std::move(lines));
}

constexpr CommandSpec table[] = {
    {
        .name = "xinfo",
        .arity = at_least(1),
        .group = Group::stream,
        .since = "5.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for commands that describe streams.",
    },
    {
        .name = "xinfo|consumers",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::stream,
        .run = xinfo_consumers,
        .since = "5.0.0",
        .complexity = "O(N) in the number of consumers",
        .summary = "Returns the consumers of a group.",
    },
    {
        .name = "xinfo|groups",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::stream,
        .run = xinfo_groups,
        .since = "5.0.0",
        .complexity = "O(N) in the number of groups",
        .summary = "Returns the groups of a stream.",
    },
    {
        .name = "xinfo|help",
        .arity = exactly(0),
        .group = Group::stream,
        .run = xinfo_help,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Tells what there is.",
    },
    {
        .name = "xinfo|stream",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::stream,
        .run = xinfo_stream,
        .since = "5.0.0",
        .complexity = "O(1), and O(N) in the number of entries shown in full",
        .summary = "Describes a stream.",
    },
};

}  // namespace

std::span<const CommandSpec> stream_info_commands() {
  return table;
}

}  // namespace millrace::store
