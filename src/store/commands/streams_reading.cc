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

// XREAD and XREADGROUP as they were asked.
struct ReadRequest {
  std::optional<std::int64_t> block_until{};  // 0: for ever
  std::size_t count_max = SIZE_MAX;
  bool counted = false;
  std::string_view group{};  // only of XREADGROUP
  std::string_view consumer{};
  bool acknowledges = false;  // NOACK
  std::size_t keys_at = 0;    // in the arguments; as many ids follow
  std::vector<std::string> keys{};
  std::span<const std::string> ids{};
};

bool of_group(const Call& call) {
  return call.spec.name == "xreadgroup";
}

Result<std::int64_t> parse_block(const Call& call, std::string_view text) {
  if (call.context().in_script) {
    return invalid(fmt::format("ERR {} command is not allowed with BLOCK option from scripts", call.spec.name));
  }
  if (call.context().caller.door == Door::rest) {
    return invalid(fmt::format("ERR Command \"{}\" is not allowed in REST or it has a special context path",
                               of_group(call) ? "XREADGROUP" : "XREAD"));
  }
  auto timeout = to_integer(text);
  if (!timeout) return invalid("ERR timeout is not an integer or out of range");
  if (*timeout < 0) return invalid("ERR timeout is negative");
  if (*timeout > INT64_MAX - call.now()) return invalid("ERR timeout is out of range");
  return *timeout == 0 ? 0 : call.now() + *timeout;
}

Result<void> take_streams(const Call& call, std::size_t at, ReadRequest& request) {
  std::size_t count = call.arguments.size() - at;
  if (count % 2 != 0) {
    return invalid(
        fmt::format("ERR Unbalanced '{}' list of streams: for each stream key an ID or '{}' must be specified.",
                    call.spec.name, of_group(call) ? '>' : '$'));
  }
  request.keys_at = at;
  auto keys = call.arguments.subspan(at, count / 2);
  request.keys.assign(keys.begin(), keys.end());
  request.ids = call.arguments.subspan(at + count / 2);
  return {};
}

Error only_of_groups(std::string_view option) {
  return invalid(fmt::format("ERR The {} option is only supported by XREADGROUP. You called XREAD instead.", option));
}

Result<ReadRequest> parse_read(const Call& call) {
  ReadRequest request;
  auto arguments = call.arguments;
  bool grouped = false;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    std::size_t more = arguments.size() - at - 1;
    if (more >= 1 && equals_ignoring_case(word, "BLOCK")) {
      auto until = parse_block(call, arguments[++at]);
      if (!until) return until.error();
      request.block_until = *until;
    } else if (more >= 1 && equals_ignoring_case(word, "COUNT")) {
      auto count = to_count(arguments[++at]);
      if (!count) return count.error();
      request.counted = *count > 0;
      request.count_max = *count > 0 ? static_cast<std::size_t>(*count) : SIZE_MAX;
    } else if (more >= 1 && equals_ignoring_case(word, "STREAMS")) {
      if (auto done = take_streams(call, at + 1, request); !done) return done.error();
      break;
    } else if (more >= 2 && equals_ignoring_case(word, "GROUP")) {
      if (!of_group(call)) return only_of_groups("GROUP");
      grouped = true;
      request.group = arguments[++at];
      request.consumer = arguments[++at];
    } else if (equals_ignoring_case(word, "NOACK")) {
      if (!of_group(call)) return only_of_groups("NOACK");
      request.acknowledges = true;
    } else {
      return syntax_error();
    }
  }
  if (request.keys_at == 0) return syntax_error();
  if (of_group(call) && !grouped) return invalid("ERR Missing GROUP option for XREADGROUP");
  return request;
}

std::vector<std::size_t> find_stream_keys(std::span<const std::string> arguments) {
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    if (equals_ignoring_case(word, "BLOCK") || equals_ignoring_case(word, "COUNT")) {
      ++at;
    } else if (equals_ignoring_case(word, "GROUP")) {
      at += 2;
    } else if (equals_ignoring_case(word, "STREAMS")) {
      std::size_t count = (arguments.size() - at - 1) / 2;
      for (std::size_t i = 0; i < count; ++i) found.push_back(at + 1 + i);
      break;
    }
  }
  return found;
}

// What was found in the streams, each under its key.
class Findings {
 public:
  explicit Findings(const Call& call) : as_map_(call.context().caller.protocol == 3) {}

  bool empty() const { return elements_.empty(); }

  void add(const std::string& key, std::vector<Reply> entries) {
    std::vector<Reply> pair;
    pair.push_back(Reply::bulk(key));
    pair.push_back(Reply::array(std::move(entries)));
    if (!as_map_) {
      elements_.push_back(Reply::array(std::move(pair)));
    } else {
      for (Reply& part : pair) elements_.push_back(std::move(part));
    }
  }

  Reply take() { return as_map_ ? Reply::map(std::move(elements_)) : Reply::array(std::move(elements_)); }

 private:
  bool as_map_;
  std::vector<Reply> elements_{};
};

// What is answered when there is nothing: where the caller can wait, it does.
Reply nothing_yet(const Call& call, ReadRequest&& request, std::optional<Command> again) {
  if (request.block_until && call.context().may_block()) {
    call.context().blocking = Blocking{std::move(request.keys), *request.block_until, std::move(again), of_group(call)};
  }
  return Reply::nil_array();
}

struct Entries {
  std::vector<StreamId> ids{};
  std::vector<Reply> replies{};
};

Result<Entries> entries_behind(Stream& stream, const StreamId& behind, std::size_t count_max) {
  Entries found;
  auto from = next(behind);
  if (!from) return found;
  auto done =
      stream.each(*from, stream_id_most, Direction::ascending, [&](const StreamId& id, std::string_view fields) {
        found.ids.push_back(id);
        found.replies.push_back(entry_reply(id, fields));
        return found.ids.size() == count_max ? Visit::stop : Visit::more;
      });
  if (!done) return done.error();
  return found;
}

// A key of another type is as good as none to who already waits for a stream.
Result<std::optional<Stream>> open_to_read(Call& call, const std::string& key) {
  auto stream = Stream::open(call.keys, key);
  if (stream) return stream->exists() ? std::optional(std::move(*stream)) : std::nullopt;
  bool waits = call.context().trying_again && stream.error().code == ErrorCode::invalid;
  if (waits) return std::optional<Stream>{};
  return stream.error();
}

// The id behind which XREAD reads; nothing for all of them while the stream is not there.
Result<StreamId> read_behind(std::optional<Stream>& stream, const std::string& text) {
  if (text == "$") return stream ? stream->row().last : stream_id_least;
  if (text == ">") {
    return invalid(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
  }
  if (text != "+") return to_stream_id(text);
  if (!stream || stream->row().length == 0) return stream_id_least;
  auto last = stream->last_id();
  if (!last) return last.error();
  return *last ? previous(**last).value_or(stream_id_least) : stream_id_least;
}

Result<Reply> xread(Call& call) {
  auto request = parse_read(call);
  if (!request) return request.error();
  std::vector<std::optional<Stream>> streams;
  std::vector<StreamId> behind;
  for (std::size_t i = 0; i < request->keys.size(); ++i) {
    auto stream = open_to_read(call, request->keys[i]);
    if (!stream) return stream.error();
    auto id = read_behind(*stream, request->ids[i]);
    if (!id) return id.error();
    streams.push_back(std::move(*stream));
    behind.push_back(*id);
  }
  Findings findings(call);
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (!streams[i]) continue;
    auto entries = entries_behind(*streams[i], behind[i], request->count_max);
    if (!entries) return entries.error();
    if (!entries->ids.empty()) findings.add(request->keys[i], std::move(entries->replies));
  }
  if (!findings.empty()) return findings.take();
  Command again{std::string(call.spec.name)};
  again.insert(again.end(), call.arguments.begin(), call.arguments.end());
  std::size_t ids_at = 1 + request->keys_at + behind.size();
  for (std::size_t i = 0; i < behind.size(); ++i) {
    if (again[ids_at + i] == "$") again[ids_at + i] = to_text(behind[i]);
  }
  return nothing_yet(call, std::move(*request), std::move(again));
}

// What a group reads of one stream.
struct GroupReading {
  Stream stream;
  std::optional<StreamGroup> group{};
  std::optional<StreamId> history_behind{};  // absent: what is new
};

Error meaningless_in_groups(std::string_view id) {
  return invalid(fmt::format(
      "ERR The {0} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
      "specifying a proper ID, or use the > ID to get new messages. The {0} ID would just return an empty result set.",
      id));
}

Result<std::optional<StreamId>> parse_group_id(const std::string& text) {
  if (text == ">") return std::optional<StreamId>{};
  if (text == "$" || text == "+") return meaningless_in_groups(text);
  auto id = to_stream_id(text);
  if (!id) return id.error();
  return std::optional(*id);
}

// The group keeps where its stream stands, so the readings must not move.
Result<std::vector<GroupReading>> open_readings(Call& call, const ReadRequest& request) {
  std::vector<GroupReading> readings;
  readings.reserve(request.keys.size());
  for (std::size_t i = 0; i < request.keys.size(); ++i) {
    auto stream = Stream::open(call.keys, request.keys[i]);
    if (!stream) return stream.error();
    readings.push_back({std::move(*stream), std::nullopt, std::nullopt});
    auto group = StreamGroup::find(readings.back().stream, request.group);
    if (!group) return group.error();
    if (!*group) {
      return invalid(fmt::format("NOGROUP No such key '{}' or consumer group '{}' in XREADGROUP with GROUP option",
                                 request.keys[i], request.group));
    }
    readings.back().group.emplace(std::move(**group));
    auto id = parse_group_id(request.ids[i]);
    if (!id) return id.error();
    readings.back().history_behind = *id;
  }
  return readings;
}

Result<void> check_pending(const Call& call, const ReadRequest& request, const GroupReading& reading,
                           const ConsumerRow& consumer, std::size_t found) {
  std::uint64_t limit = call.context().limits.pending_entries_max;
  std::size_t requested = request.counted ? request.count_max : found;
  if (limit == 0 || consumer.pending + requested <= limit) return {};
  return invalid(fmt::format(
      "ERR XReadGroup is cancelled. Pending Entries List limit per consumer is about to be reached. Limit: {}, "
      "Current PEL size: {}, Requested Read: {}, Key: {}, Group: {}, Consumer: {}.",
      limit, consumer.pending, requested, reading.stream.key(), request.group, request.consumer));
}

Result<std::vector<Reply>> read_new(const Call& call, const ReadRequest& request, GroupReading& reading,
                                    ConsumerRow* consumer) {
  StreamGroup& group = *reading.group;
  auto entries = entries_behind(reading.stream, group.row().last, request.count_max);
  if (!entries) return entries.error();
  if (!request.acknowledges && !entries->ids.empty()) {
    auto checked = check_pending(call, request, reading, *consumer, entries->ids.size());
    if (!checked) return checked.error();
    consumer->active_at = call.now();
  }
  for (const StreamId& id : entries->ids) {
    group.deliver(id);
    if (request.acknowledges) continue;
    auto before = group.pending(id);
    if (!before) return before.error();
    auto done = group.put_pending(id, *before, {std::string(request.consumer), call.now(), 1});
    if (!done) return done.error();
  }
  return std::move(entries->replies);
}

// What the consumer has had and not acknowledged; of an entry that is deleted only the id.
Result<std::vector<Reply>> read_history(const Call& call, const ReadRequest& request, GroupReading& reading) {
  std::vector<Reply> replies;
  StreamGroup& group = *reading.group;
  auto from = next(*reading.history_behind);
  if (!from) return replies;
  auto pending = group.pending_between(*from, stream_id_most, request.count_max, request.consumer);
  if (!pending) return pending.error();
  for (StreamGroup::Pending& entry : *pending) {
    auto fields = reading.stream.find(entry.id);
    if (!fields) return fields.error();
    if (!*fields) {
      replies.push_back(Reply::array({id_reply(entry.id), Reply::nil_array()}));
      continue;
    }
    replies.push_back(entry_reply(entry.id, **fields));
    PendingRow again = entry.row;
    again.delivered_at = call.now();
    ++again.deliveries;
    if (auto done = group.put_pending(entry.id, entry.row, again); !done) return done.error();
  }
  return replies;
}

// Over REST one who acknowledges on the way is no consumer to be remembered.
Result<ConsumerRow*> meet_consumer(const Call& call, const ReadRequest& request, GroupReading& reading) {
  auto consumer = reading.group->consumer(request.consumer);
  if (!consumer) return consumer.error();
  if (*consumer == nullptr) {
    if (request.acknowledges && call.context().caller.door == Door::rest) return nullptr;
    call.notify('t', "xgroup-createconsumer", reading.stream.key());
    return &reading.group->create_consumer(request.consumer);
  }
  (*consumer)->seen_at = call.now();
  return *consumer;
}

Result<Reply> xreadgroup(Call& call) {
  auto request = parse_read(call);
  if (!request) return request.error();
  auto readings = open_readings(call, *request);
  if (!readings) return readings.error();
  Findings findings(call);
  for (GroupReading& reading : *readings) {
    if (readings->size() > 1) {  // the same stream may be there twice
      auto group = StreamGroup::find(reading.stream, request->group);
      if (!group) return group.error();
      reading.group.emplace(std::move(**group));
    }
    auto consumer = meet_consumer(call, *request, reading);
    if (!consumer) return consumer.error();
    auto found =
        reading.history_behind ? read_history(call, *request, reading) : read_new(call, *request, reading, *consumer);
    if (!found) return found.error();
    reading.group->save();
    bool answers = reading.history_behind || !found->empty();
    if (answers) findings.add(std::string(reading.stream.key()), std::move(*found));
  }
  if (!findings.empty()) return findings.take();
  return nothing_yet(call, std::move(*request), std::nullopt);
}

constexpr CommandSpec table[] = {
    {
        .name = "xread",
        .arity = at_least(3),
        .keys = found_by(find_stream_keys),
        .access = Access::read,
        .flags = blocking | also_over_rest,
        .group = Group::stream,
        .run = xread,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries returned",
        .summary = "Returns the entries behind given ids of several streams, and can wait for them.",
    },
    {
        .name = "xreadgroup",
        .arity = at_least(6),
        .keys = found_by(find_stream_keys),
        .access = Access::write,
        .flags = blocking | also_over_rest,
        .group = Group::stream,
        .run = xreadgroup,
        .since = "5.0.0",
        .complexity = "O(N) in the number of entries returned",
        .summary = "Gives a consumer of a group the entries that the group hasn't had, or those it has pending.",
    },
};

}  // namespace

std::span<const CommandSpec> stream_reading_commands() {
  return table;
}

}  // namespace millrace::store
