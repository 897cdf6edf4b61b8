#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/streams_arguments.h"
#include "store/commands/streams_references.h"
#include "store/commands/text.h"
#include "store/embedded/stream.h"

namespace millrace::store {
namespace {

Error not_behind_the_last() {
  return {ErrorCode::invalid, "ERR The ID specified in XADD is equal or smaller than the target stream top item"};
}

// The id of a new entry; as a clock may go back, the time in it does not.
Result<StreamId> new_id(const AddOptions& options, const StreamId& last, std::int64_t now) {
  if (last == stream_id_most) {
    return Error{ErrorCode::invalid, "ERR The stream has exhausted the last possible ID, unable to add more items"};
  }
  if (!options.id) {
    auto time = static_cast<std::uint64_t>(now);
    return time > last.milliseconds ? StreamId{time, 0} : *next(last);
  }
  StreamId id = *options.id;
  if (!options.sequence_given && id.milliseconds == last.milliseconds) {
    if (last.sequence == UINT64_MAX) return not_behind_the_last();
    id.sequence = last.sequence + 1;
  }
  if (id <= last) return not_behind_the_last();
  return id;
}

Result<Reply> xadd(Call& call) {
  const std::string& key = call.arguments[0];
  auto options = parse_add(call.arguments);
  if (!options) return options.error();
  std::size_t fields_at = std::min(options->id_at + 1, call.arguments.size());
  auto fields = call.arguments.subspan(fields_at);
  if (fields.empty() || fields.size() % 2 != 0) return wrong_arity("xadd");
  if (options->id == stream_id_least && options->sequence_given) {
    return Error{ErrorCode::invalid, "ERR The ID specified in XADD must be greater than 0-0"};
  }
  auto stream = Stream::open(call.keys, key);
  if (!stream) return stream.error();
  if (!stream->exists()) {
    if (!options->create) return Reply::nil();
    if (auto done = stream->create(); !done) return done.error();
  }
  auto id = new_id(*options, stream->row().last, call.now());
  if (!id) return id.error();
  stream->append(*id, fields);
  call.notify('t', "xadd", key);
  if (options->trimming.given()) {
    auto trimmed = trim(call, *stream, options->trimming);
    if (!trimmed) return trimmed.error();
    if (*trimmed != 0) call.notify('t', "xtrim", key);
  }
  if (auto done = stream->save(); !done) return done.error();
  return id_reply(*id);
}

Result<Reply> xdel(Call& call) {
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  if (!stream->exists()) return Reply::of(0);
  std::vector<StreamId> ids;
  for (const std::string& text : call.arguments.subspan(1)) {
    auto id = to_stream_id(text);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  std::int64_t deleted = 0;
  for (const StreamId& id : ids) {
    auto found = stream->has(id);
    if (!found) return found.error();
    if (!*found) continue;
    stream->erase(id, Stream::Removal::deleted);
    ++deleted;
  }
  if (deleted != 0) call.notify('t', "xdel", call.arguments[0]);
  if (auto done = stream->save(); !done) return done.error();
  return Reply::of(deleted);
}

Result<Reply> xlen(Call& call) {
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  return Reply::of(static_cast<std::int64_t>(stream->row().length));
}

Result<std::optional<std::int64_t>> parse_range_count(std::span<const std::string> options) {
  std::optional<std::int64_t> count;
  for (std::size_t at = 0; at < options.size(); at += 2) {
    if (!equals_ignoring_case(options[at], "COUNT") || at + 1 == options.size()) return syntax_error();
    auto given = to_count(options[at + 1]);
    if (!given) return given.error();
    count = std::max<std::int64_t>(*given, 0);
  }
  return count;
}

Result<Reply> entries_between(Call& call, std::size_t start_at, std::size_t end_at, Direction direction) {
  auto from = to_range_start(call.arguments[start_at]);
  if (!from) return from.error();
  auto to = to_range_end(call.arguments[end_at]);
  if (!to) return to.error();
  auto count = parse_range_count(call.arguments.subspan(3));
  if (!count) return count.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  if (!stream->exists()) return Reply::array({});
  if (*count == 0) return Reply::nil_array();
  std::vector<Reply> entries;
  auto count_max = static_cast<std::size_t>(count->value_or(INT64_MAX));
  auto done = stream->each(*from, *to, direction, [&](const StreamId& id, std::string_view fields) {
    entries.push_back(entry_reply(id, fields));
    return entries.size() == count_max ? Visit::stop : Visit::more;
  });
  if (!done) return done.error();
  return Reply::array(std::move(entries));
}

Result<Reply> xrange(Call& call) {
  return entries_between(call, 1, 2, Direction::ascending);
}

Result<Reply> xrevrange(Call& call) {
  return entries_between(call, 2, 1, Direction::descending);
}

struct SetIdOptions {
  StreamId id{};
  std::optional<std::uint64_t> entries_added{};
  StreamId deleted_most{};
};

Result<SetIdOptions> parse_set_id(std::span<const std::string> arguments) {
  SetIdOptions options;
  auto id = to_stream_id(arguments[1]);
  if (!id) return id.error();
  options.id = *id;
  for (std::size_t at = 2; at < arguments.size(); at += 2) {
    bool more = at + 1 < arguments.size();
    if (more && equals_ignoring_case(arguments[at], "ENTRIESADDED")) {
      auto count = to_count(arguments[at + 1]);
      if (!count) return count.error();
      if (*count < 0) return Error{ErrorCode::invalid, "ERR entries_added must be positive"};
      options.entries_added = static_cast<std::uint64_t>(*count);
    } else if (more && equals_ignoring_case(arguments[at], "MAXDELETEDID")) {
      auto deleted = to_stream_id(arguments[at + 1]);
      if (!deleted) return deleted.error();
      options.deleted_most = *deleted;
      if (options.id < *deleted) {
        return Error{ErrorCode::invalid,
                     "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"};
      }
    } else {
      return syntax_error();
    }
  }
  return options;
}

Result<Reply> xsetid(Call& call) {
  auto options = parse_set_id(call.arguments);
  if (!options) return options.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  if (!stream->exists()) return Error{ErrorCode::invalid, "ERR no such key"};
  if (options->id < stream->row().deleted_most) {
    return Error{ErrorCode::invalid, "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"};
  }
  if (stream->row().length != 0) {
    auto last = stream->last_id();
    if (!last) return last.error();
    if (*last && options->id < **last) {
      return Error{ErrorCode::invalid, "ERR The ID specified in XSETID is smaller than the target stream top item"};
    }
    if (options->entries_added && stream->row().length > *options->entries_added) {
      return Error{ErrorCode::invalid,
                   "ERR The entries_added specified in XSETID is smaller than the target stream length"};
    }
  }
  stream->set_last(options->id);
  if (options->entries_added) stream->set_entries_added(*options->entries_added);
  if (options->deleted_most != stream_id_least) stream->set_deleted_most(options->deleted_most);
  if (auto done = stream->save(); !done) return done.error();
  call.notify('t', "xsetid", call.arguments[0]);
  return Reply::ok();
}

Result<Reply> xtrim(Call& call) {
  auto trimming = parse_trim(call.arguments);
  if (!trimming) return trimming.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  if (!stream->exists()) return Reply::of(0);
  auto trimmed = trim(call, *stream, *trimming);
  if (!trimmed) return trimmed.error();
  if (*trimmed != 0) call.notify('t', "xtrim", call.arguments[0]);
  if (auto done = stream->save(); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(*trimmed));
}

constexpr CommandSpec table[] = {
    {
        .name = "xadd",
        .arity = at_least(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::stream,
        .run = xadd,
        .since = "5.0.0",
        .complexity = "O(1), and O(N) in the number of entries trimmed",
        .summary = "Adds an entry to a stream. Creates the stream if it doesn't exist.",
    },
    {
        .name = "xdel",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::stream,
        .run = xdel,
        .since = "5.0.0",
        .complexity = "O(1) for each entry",
        .summary = "Deletes entries of a stream and returns how many were there.",
    },
    {
        .name = "xlen",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::stream,
        .run = xlen,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of entries of a stream.",
    },
    {
        .name = "xrange",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::stream,
        .run = xrange,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries returned",
        .summary = "Returns the entries of a stream within a range of ids.",
    },
    {
        .name = "xrevrange",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::stream,
        .run = xrevrange,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries returned",
        .summary = "Returns the entries of a stream within a range of ids, the last first.",
    },
    {
        .name = "xsetid",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::stream,
        .run = xsetid,
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Sets the last id of a stream, and its counters.",
    },
    {
        .name = "xtrim",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::stream,
        .run = xtrim,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries trimmed",
        .summary = "Deletes the first entries of a stream, down to a length or an id.",
    },
};

}  // namespace

std::span<const CommandSpec> stream_commands() {
  return table;
}

}  // namespace millrace::store
