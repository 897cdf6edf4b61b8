#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

// Those that listen now are counted; the message goes out once all that the transaction wrote is durable.
Result<Reply> publish(Call& call) {
  std::int64_t receivers = call.live().pubsub.receivers(call.keys.database(), call.arguments[0]);
  call.keys.publish(call.arguments[0], call.arguments[1]);
  return Reply::of(receivers);
}

Result<Reply> spublish(Call& call) {
  LiveState& live = call.live();
  DatabaseId database = call.keys.database();
  std::int64_t receivers = live.pubsub.subscribers(database, Subscription::shard, call.arguments[0]);
  call.keys.unit().after_sync([&live, database, channel = call.arguments[0], payload = call.arguments[1]] {
    live.pubsub.publish_to_shard(database, channel, payload);
  });
  return Reply::of(receivers);
}

Reply names(Call& call, Subscription kind) {
  std::vector<Reply> replies;
  for (std::string& name : call.live().pubsub.names(call.keys.database(), kind)) {
    if (call.arguments.empty() || matches(call.arguments[0], name)) replies.push_back(Reply::bulk(std::move(name)));
  }
  return Reply::array(std::move(replies));
}

Reply numbers(Call& call, Subscription kind) {
  std::vector<Reply> replies;
  for (const std::string& name : call.arguments) {
    replies.push_back(Reply::bulk(name));
    replies.push_back(Reply::of(call.live().pubsub.subscribers(call.keys.database(), kind, name)));
  }
  return Reply::array(std::move(replies));
}

Result<Reply> channels(Call& call) {
  return names(call, Subscription::channel);
}

Result<Reply> shard_channels(Call& call) {
  return names(call, Subscription::shard);
}

Result<Reply> numsub(Call& call) {
  return numbers(call, Subscription::channel);
}

Result<Reply> shard_numsub(Call& call) {
  return numbers(call, Subscription::shard);
}

Result<Reply> numpat(Call& call) {
  return Reply::of(
      static_cast<std::int64_t>(call.live().pubsub.names(call.keys.database(), Subscription::pattern).size()));
}

constexpr CommandSpec table[] = {
    {
        .name = "publish",
        .arity = exactly(2),
        .keys = no_keys,
        .access = Access::none,
        .flags = fast | pubsub,
        .group = Group::pubsub,
        .run = publish,
        .since = "2.0.0",
        .complexity = "O(N) in the number of those who listen",
        .summary = "Sends a message to those who listen to a channel.",
    },
    {
        .name = "pubsub",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::pubsub,
        .since = "2.8.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about channels.",
    },
    {
        .name = "pubsub|channels",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = pubsub,
        .group = Group::pubsub,
        .run = channels,
        .since = "2.8.0",
        .complexity = "O(N) in the number of channels",
        .summary = "Returns the channels that somebody listens to.",
    },
    {
        .name = "pubsub|numpat",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = pubsub,
        .group = Group::pubsub,
        .run = numpat,
        .since = "2.8.0",
        .complexity = "O(N) in the number of patterns",
        .summary = "Returns how many patterns somebody listens to.",
    },
    {
        .name = "pubsub|numsub",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = pubsub,
        .group = Group::pubsub,
        .run = numsub,
        .since = "2.8.0",
        .complexity = "O(N) in the number of channels",
        .summary = "Returns how many listen to channels.",
    },
    {
        .name = "pubsub|shardchannels",
        .arity = between(0, 1),
        .keys = no_keys,
        .access = Access::none,
        .flags = pubsub,
        .group = Group::pubsub,
        .run = shard_channels,
        .since = "7.0.0",
        .complexity = "O(N) in the number of channels",
        .summary = "Returns the shard channels that somebody listens to.",
    },
    {
        .name = "pubsub|shardnumsub",
        .arity = at_least(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = pubsub,
        .group = Group::pubsub,
        .run = shard_numsub,
        .since = "7.0.0",
        .complexity = "O(N) in the number of channels",
        .summary = "Returns how many listen to shard channels.",
    },
    {
        .name = "spublish",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::none,
        .flags = fast | pubsub,
        .group = Group::pubsub,
        .run = spublish,
        .since = "7.0.0",
        .complexity = "O(N) in the number of those who listen",
        .summary = "Sends a message to those who listen to a shard channel.",
    },
};

}  // namespace

std::span<const CommandSpec> pubsub_commands() {
  return table;
}

}  // namespace millrace::store
