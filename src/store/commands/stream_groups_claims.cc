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

Result<StreamGroup> open_group(Call& call, Stream& stream) {
  auto group = StreamGroup::find(stream, call.arguments[1]);
  if (!group) return group.error();
  if (!*group) {
    return invalid(
        fmt::format("NOGROUP No such key '{}' or consumer group '{}'", call.arguments[0], call.arguments[1]));
  }
  return std::move(**group);
}

Result<std::int64_t> parse_number(std::string_view text, std::string_view what) {
  auto number = to_integer(text);
  if (!number) return invalid(fmt::format("ERR Invalid {}", what));
  return *number;
}

// Who claims, and what it claims on which terms.
struct Claim {
  std::string_view consumer{};
  std::int64_t idle_least = 0;
  std::vector<StreamId> ids{};
  std::optional<std::int64_t> delivered_at{};
  std::optional<std::int64_t> deliveries{};
  StreamId last{};
  bool force = false;
  bool only_ids = false;
};

Result<void> parse_claim_options(const Call& call, std::size_t at, Claim& claim) {
  auto arguments = call.arguments;
  for (; at < arguments.size(); ++at) {
    const std::string& word = arguments[at];
    bool more = at + 1 < arguments.size();
    if (equals_ignoring_case(word, "FORCE")) {
      claim.force = true;
    } else if (equals_ignoring_case(word, "JUSTID")) {
      claim.only_ids = true;
    } else if (more && equals_ignoring_case(word, "IDLE")) {
      auto idle = parse_number(arguments[++at], "IDLE option argument for XCLAIM");
      if (!idle) return idle.error();
      claim.delivered_at = *idle < 0 ? call.now() : call.now() - *idle;
    } else if (more && equals_ignoring_case(word, "TIME")) {
      auto time = parse_number(arguments[++at], "TIME option argument for XCLAIM");
      if (!time) return time.error();
      claim.delivered_at = *time;
    } else if (more && equals_ignoring_case(word, "RETRYCOUNT")) {
      auto count = parse_number(arguments[++at], "RETRYCOUNT option argument for XCLAIM");
      if (!count) return count.error();
      claim.deliveries = *count < 0 ? std::nullopt : std::optional(*count);
    } else if (more && equals_ignoring_case(word, "LASTID")) {
      auto id = to_stream_id(arguments[++at]);
      if (!id) return id.error();
      claim.last = *id;
    } else {
      return invalid(fmt::format("ERR Unrecognized XCLAIM option '{}'", word));
    }
  }
  return {};
}

// What can be read as an id is one; options follow.
Result<Claim> parse_claim(const Call& call) {
  Claim claim{.consumer = call.arguments[2]};
  auto idle = parse_number(call.arguments[3], "min-idle-time argument for XCLAIM");
  if (!idle) return idle.error();
  claim.idle_least = *idle;
  std::size_t at = 4;
  for (; at < call.arguments.size(); ++at) {
    auto id = parse_stream_id(call.arguments[at]);
    if (!id) break;
    claim.ids.push_back(*id);
  }
  if (auto done = parse_claim_options(call, at, claim); !done) return done.error();
  bool in_doubt = claim.delivered_at && (*claim.delivered_at < 0 || *claim.delivered_at > call.now());
  if (in_doubt) claim.delivered_at.reset();
  return claim;
}

// The consumer who claims, which there is from then on.
Result<ConsumerRow*> meet_consumer(const Call& call, StreamGroup& group, std::string_view name) {
  auto consumer = group.consumer(name);
  if (!consumer) return consumer.error();
  if (*consumer == nullptr) {
    call.notify('t', "xgroup-createconsumer", call.arguments[0]);
    return &group.create_consumer(name);
  }
  (*consumer)->seen_at = call.now();
  return *consumer;
}

bool idle_enough(const Call& call, const PendingRow& pending, std::int64_t idle_least) {
  return idle_least <= 0 || call.now() - pending.delivered_at >= idle_least;
}

Result<void> hand_over(const Call& call, StreamGroup& group, const StreamId& id,
                       const std::optional<PendingRow>& before, const Claim& claim) {
  PendingRow after = before.value_or(PendingRow{.consumer{}, .deliveries = 1});
  after.consumer = claim.consumer;
  after.delivered_at = claim.delivered_at.value_or(call.now());
  if (claim.deliveries) {
    after.deliveries = static_cast<std::uint64_t>(*claim.deliveries);
  } else if (!claim.only_ids) {
    ++after.deliveries;
  }
  return group.put_pending(id, before, after);
}

// Nothing when the entry cannot be claimed. One that is no longer in the stream ceases to be pending.
Result<std::optional<Reply>> claim_entry(const Call& call, Stream& stream, StreamGroup& group, const StreamId& id,
                                         const Claim& claim) {
  std::optional<Reply> reply;
  auto pending = group.pending(id);
  if (!pending) return pending.error();
  auto fields = stream.find(id);
  if (!fields) return fields.error();
  if (!*fields && *pending) {
    if (auto done = group.erase_pending(id, **pending); !done) return done.error();
  }
  bool there = *fields && (*pending || claim.force);
  if (!there || (*pending && !idle_enough(call, **pending, claim.idle_least))) return reply;
  reply = claim.only_ids ? id_reply(id) : entry_reply(id, **fields);
  if (auto done = hand_over(call, group, id, *pending, claim); !done) return done.error();
  return reply;
}

Result<Reply> xclaim(Call& call) {
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  auto group = open_group(call, *stream);
  if (!group) return group.error();
  auto claim = parse_claim(call);
  if (!claim) return claim.error();
  if (claim->last > group->row().last) group->move_last(claim->last);
  auto consumer = meet_consumer(call, *group, claim->consumer);
  if (!consumer) return consumer.error();
  std::vector<Reply> claimed;
  for (const StreamId& id : claim->ids) {
    auto reply = claim_entry(call, *stream, *group, id, *claim);
    if (!reply) return reply.error();
    if (!*reply) continue;
    claimed.push_back(std::move(**reply));
    (*consumer)->active_at = call.now();
  }
  group->save();
  return Reply::array(std::move(claimed));
}

struct AutoClaim {
  Claim claim{};
  StreamId from{};
  std::uint64_t count = 100;
};

Result<AutoClaim> parse_auto_claim(const Call& call) {
  AutoClaim request{.claim = {.consumer = call.arguments[2]}};
  auto idle = parse_number(call.arguments[3], "min-idle-time argument for XAUTOCLAIM");
  if (!idle) return idle.error();
  request.claim.idle_least = *idle;
  auto from = to_range_start(call.arguments[4]);
  if (!from) return from.error();
  request.from = *from;
  for (std::size_t at = 5; at < call.arguments.size(); ++at) {
    if (equals_ignoring_case(call.arguments[at], "COUNT") && at + 1 < call.arguments.size()) {
      constexpr std::int64_t count_most = INT64_MAX / 16;
      auto count = to_integer(call.arguments[++at]);
      if (!count || *count < 1 || *count > count_most) return invalid("ERR COUNT must be > 0");
      request.count = static_cast<std::uint64_t>(*count);
    } else if (equals_ignoring_case(call.arguments[at], "JUSTID")) {
      request.claim.only_ids = true;
    } else {
      return syntax_error();
    }
  }
  return request;
}

// Goes over what is pending, in portions.
class PendingWalk {
 public:
  PendingWalk(StreamGroup& group, const StreamId& from) : group_(group), from_(from) {}

  // Null behind the last.
  Result<const StreamGroup::Pending*> peek() {
    if (at_ == portion_.size() && from_) {
      auto found = group_.pending_between(*from_, stream_id_most, portion_max);
      if (!found) return found.error();
      portion_ = std::move(*found);
      at_ = 0;
      from_ = portion_.size() < portion_max ? std::nullopt : next(portion_.back().id);
    }
    return at_ == portion_.size() ? nullptr : &portion_[at_];
  }
  void step() { ++at_; }

 private:
  static constexpr std::size_t portion_max = 128;

  StreamGroup& group_;
  std::optional<StreamId> from_;
  std::vector<StreamGroup::Pending> portion_{};
  std::size_t at_ = 0;
};

Result<Reply> xautoclaim(Call& call) {
  constexpr std::uint64_t attempts_for_each = 10;
  auto request = parse_auto_claim(call);
  if (!request) return request.error();
  auto stream = Stream::open(call.keys, call.arguments[0]);
  if (!stream) return stream.error();
  auto group = open_group(call, *stream);
  if (!group) return group.error();
  auto consumer = meet_consumer(call, *group, request->claim.consumer);
  if (!consumer) return consumer.error();
  std::vector<Reply> claimed;
  std::vector<Reply> deleted;
  PendingWalk walk(*group, request->from);
  auto at = walk.peek();
  for (std::uint64_t attempts = request->count * attempts_for_each;
       at && *at != nullptr && attempts != 0 && claimed.size() + deleted.size() < request->count; --attempts) {
    StreamId id = (*at)->id;
    auto there = stream->has(id);
    if (!there) return there.error();
    auto reply = claim_entry(call, *stream, *group, id, request->claim);
    if (!reply) return reply.error();
    if (!*there) deleted.push_back(id_reply(id));
    if (*reply) {
      claimed.push_back(std::move(**reply));
      (*consumer)->active_at = call.now();
    }
    walk.step();
    at = walk.peek();
  }
  if (!at) return at.error();
  group->save();
  return Reply::array({id_reply(*at == nullptr ? stream_id_least : (*at)->id), Reply::array(std::move(claimed)),
                       Reply::array(std::move(deleted))});
}

constexpr CommandSpec table[] = {
    {
        .name = "xautoclaim",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::stream,
        .run = xautoclaim,
        .since = "6.2.0",
        .complexity = "O(1) if COUNT is small.",
        .summary = "Gives a consumer the entries that others have had pending for long.",
    },
    {
        .name = "xclaim",
        .arity = at_least(5),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::stream,
        .run = xclaim,
        .since = "5.0.0",
        .complexity = "O(1) for each entry",
        .summary = "Gives a consumer entries that are pending, whoever has them.",
    },
};

}  // namespace

std::span<const CommandSpec> stream_claim_commands() {
  return table;
}

}  // namespace millrace::store
