// Publishing: from requests to messages in one transaction.

#include <algorithm>
#include <fmt/format.h>

#include "base/crypto.h"
#include "delivery/destination.h"
#include "delivery/engine.h"
#include "delivery/retry_delay.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t headers_bytes_max = 64 << 10;  // what servers of all kinds take as a head
constexpr std::size_t batch_max = 10'000;            // messages of one transaction: some milliseconds of the reactor
constexpr int callback_depth_max = 8;

// One message to be.
struct Target {
  std::size_t request = 0;
  std::string url{};
  std::string group{};
  std::string endpoint{};
  std::string duplicate{};  // the key that tells of a duplicate; empty: none is looked for
};

Error over(std::string text) {
  return {ErrorCode::over_limit, std::move(text)};
}

void hash_in(std::string& text, std::string_view part) {
  text += fmt::format("{}:", part.size());
  text.append(part);
}

std::string digest_of(const std::string& text) {
  return to_hex(sha256(text)).substr(0, 40);
}

std::string duplicate_digest(const PublishRequest& request, const Target& target) {
  std::string text;
  if (!request.deduplication_id.empty()) {
    hash_in(text, "id");
    hash_in(text, request.deduplication_id);
    if (!target.group.empty()) hash_in(text, target.url);
    return digest_of(text);
  }
  if (!request.deduplicate_content) return {};
  hash_in(text, "content");
  hash_in(text, target.url);
  hash_in(text, request.content.body);
  for (const auto& [name, value] : request.content.headers) {
    hash_in(text, name);
    hash_in(text, value);
  }
  return digest_of(text);
}

Result<void> check_callback(const Callback* callback, const DeliveryOptions& options, int depth) {
  if (callback == nullptr) return {};
  if (depth == 0) return Error{ErrorCode::invalid, "callbacks of callbacks are nested too deeply"};
  if (auto good = check_url(callback->url); !good) return good;
  if (options.admit) {
    if (auto admitted = options.admit(callback->url); !admitted) return admitted;
  }
  if (callback->retries && *callback->retries > options.limits.retries_max) return over("quota maxRetries exceeded");
  if (auto good = check_callback(callback->callback.get(), options, depth - 1); !good) return good;
  return check_callback(callback->failure_callback.get(), options, depth - 1);
}

Result<void> check_flow(const std::optional<FlowControl>& flow) {
  constexpr auto period_max = std::chrono::hours(24 * 7);
  if (!flow) return {};
  bool good = !flow->key.empty() && flow->key.size() <= 1024 && (flow->parallelism || flow->rate) &&
              flow->parallelism.value_or(1) > 0 && flow->rate.value_or(1) > 0 && flow->period.count() > 0 &&
              flow->period <= period_max;
  if (good) return {};
  return Error{ErrorCode::invalid,
               "invalid flow control: give a key and parallelism or rate, each above 0, and a "
               "period of up to a week"};
}

std::size_t bytes_of(const Headers& headers) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) bytes += name.size() + value.size();
  return bytes;
}

Result<void> check_delay(std::chrono::milliseconds delay, const Limits& limits) {
  if (delay <= limits.delay_max) return {};
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits.delay_max).count();
  return over(fmt::format("quota maxDelay exceeded, current limit: {}", seconds));
}

}  // namespace

Result<void> check_content(const Content& content, const DeliveryOptions& options) {
  if (content.body.size() > options.limits.body_bytes_max) return over("quota maxMessageSize exceeded");
  if (content.retries > options.limits.retries_max) return over("quota maxRetries exceeded");
  if (content.retries < 0) return Error{ErrorCode::invalid, "invalid retries: write a number of 0 or more"};
  if (bytes_of(content.headers) > headers_bytes_max) return over("quota maxHeaderSize exceeded");
  if (!content.retry_delay.empty()) {
    if (auto parsed = RetryDelayExpression::parse(content.retry_delay); !parsed) return parsed.error();
  }
  if (auto good = check_flow(content.flow_control); !good) return good;
  if (auto good = check_callback(content.callback.get(), options, callback_depth_max); !good) return good;
  return check_callback(content.failure_callback.get(), options, callback_depth_max);
}

namespace {

Result<void> check_request(const PublishRequest& request, const DeliveryOptions& options, Timestamp now) {
  auto delay = request.not_before ? *request.not_before - now : request.delay;
  if (auto good = check_delay(delay, options.limits); !good) return good;
  if (request.deduplication_id.find(':') != std::string::npos) {
    return Error{ErrorCode::invalid, "DeduplicationId cannot contain ':'"};
  }
  if (!request.queue.empty()) {
    if (auto good = check_name("queue name", request.queue); !good) return good;
  }
  if (request.destination.group.empty()) {
    if (auto good = check_url(request.destination.url); !good) return good;
    if (options.admit) {
      if (auto admitted = options.admit(request.destination.url); !admitted) return admitted;
    }
  }
  return check_content(request.content, options);
}

// `content` is that of the request, whose other parts stay.
Message message_of(const PublishRequest& request, Content content, const Target& target, Timestamp now) {
  Message message{.url = target.url, .content = std::move(content), .group = target.group, .endpoint = target.endpoint};
  message.queue = request.queue;
  message.schedule = request.schedule;
  message.created_at = now;
  message.not_before = std::max(now, request.not_before.value_or(now + request.delay));
  return message;
}

std::vector<std::string> flow_keys(const PublishRequest& request) {
  if (!request.content.flow_control) return {};
  return {request.content.flow_control->key};
}

}  // namespace

void Delivery::Impl::log(Transaction& transaction, std::string_view id, std::uint64_t first, std::uint64_t count) {
  transaction.add("xadd", std::string(log_key), "*", "e", encode(LogRow{std::string(id), first, count}));
}

Async<Result<LanePointer>> Delivery::Impl::load_flow(std::string key) {
  std::string name = "f" + key;
  if (auto found = lane(name, false)) co_return found;
  Transaction rows;
  rows.add("hget", std::string(flows_key), key);
  rows.add("hget", std::string(flow_counts_key), key);
  auto replies = co_await database.run(std::move(rows));
  if (!replies) co_return replies.error();
  if (auto found = lane(name, false)) co_return found;  // somebody else was quicker
  auto limits = text_of((*replies)[0]);
  auto counted = text_of((*replies)[1]);
  auto row = limits ? decode_flow(*limits) : std::nullopt;
  auto count = counted ? decode_flow_count(*counted) : std::nullopt;
  co_return make_lane(std::move(name), row.value_or(FlowRow()), count.value_or(FlowCountRow()), row.has_value());
}

Async<Result<std::vector<LanePointer>>> Delivery::Impl::load_flows(std::vector<std::string> keys) {
  std::vector<LanePointer> held;
  for (std::string& key : keys) {
    auto loaded = co_await load_flow(std::move(key));
    if (!loaded) co_return loaded.error();
    held.push_back(std::move(*loaded));
  }
  co_return held;
}

// --- One message ---

void Delivery::Impl::stage(Transaction& transaction, Message given, Staged& staged) {
  auto message = std::make_shared<Message>(std::move(given));
  const std::string& id = message->id;
  transaction.add("set", message_key(id), encode(*message));
  if (message->content.body.size() > body_in_row_max) {
    transaction.add("set", body_key(id), message->content.body);
  }
  log(transaction, id, 0, 1);
  LanePointer flow;
  if (message->content.flow_control) {
    flow = lane("f" + message->content.flow_control->key, false);
    if (flow->say(*message->content.flow_control)) {
      transaction.add("hset", std::string(flows_key), flow->key(), encode(flow->limits()));
      staged.said.push_back(flow);
    }
  }
  const std::int64_t at = count_of(message->not_before);
  const bool later = message->not_before > now();
  if (!message->queue.empty() && !later) {
    QueueState& queue = queue_state(message->queue, transaction, staged);
    StatusRow status = status_of({}, *message);
    status.joined = true;
    transaction.add("set", status_key(id), encode(status));
    transaction.add("zadd", order_key(message->queue), score(next_place(queue)), id);
    staged.queues.push_back(message->queue);
    return;
  }
  if (later || backlog || stopping || capacity() == 0) {
    transaction.add("zadd", std::string(due_key), score(at), "m" + id);
    staged.due = std::min(staged.due, at);
    return;
  }
  LanePointer host = host_lane(message->url);
  if (auto blocked = blocked_by(flow, host, nullptr)) {
    transaction.add("zadd", waiting_key(blocked->name()), score(at), id);
    if (!recorded_lanes.contains(blocked->name())) transaction.add("sadd", std::string(lanes_key), blocked->name());
    staged.lanes.emplace_back(blocked, at);
    return;
  }
  transaction.add("zadd", std::string(due_key), score(at), "m" + id);
  auto entry = claim(id, std::string(due_key), at);
  entry->body_bytes = message->content.body.size();
  entry->status = status_of({}, *message);
  entry->logged = entry->status.events.size();
  entry->message = std::move(message);
  take_turns(*entry, flow, host);
  staged.ready.push_back(std::move(entry));
}

void Delivery::Impl::abandon(Staged& staged) {
  for (const EntryPointer& entry : staged.ready) {
    give_turns(*entry);
    drop(entry);
  }
  for (const LanePointer& said : staged.said) said->forget_row();
  for (const std::string& made : staged.queues_made) queues.erase(made);
}

void Delivery::Impl::settle(Staged& staged) {
  for (const auto& [lane, at] : staged.lanes) {
    recorded_lanes.insert(lane->name());
    lane_inserted(lane, at);
  }
  for (const EntryPointer& entry : staged.ready) launch(entry);
  std::sort(staged.queues.begin(), staged.queues.end());
  staged.queues.erase(std::unique(staged.queues.begin(), staged.queues.end()), staged.queues.end());
  for (const std::string& queue : staged.queues) spawn(refill_later(queue));
  if (staged.due != INT64_MAX) due_inserted(staged.due);
}

// --- Requests ---

Async<Result<Delivery::Impl::Answers>> Delivery::Impl::publish_all(std::vector<PublishRequest> requests, Also also) {
  if (stopping) co_return Error{ErrorCode::unavailable, "the server is shutting down"};
  Answers answers;
  Transaction groups;
  for (const PublishRequest& request : requests) {
    auto good = check_request(request, options, now());
    answers.push_back(good ? Result<std::vector<Published>>(std::vector<Published>()) : good.error());
    if (!request.destination.group.empty()) groups.add("hget", std::string(groups_key), request.destination.group);
  }
  std::vector<store::Reply> group_rows;
  if (!groups.empty()) {
    auto replies = co_await database.run(std::move(groups));
    if (!replies) co_return replies.error();
    group_rows = std::move(*replies);
  }

  std::vector<Target> targets;
  std::size_t group_at = 0;
  for (std::size_t at = 0; at < requests.size(); ++at) {
    const PublishRequest& request = requests[at];
    const std::string& group = request.destination.group;
    const store::Reply* row = group.empty() ? nullptr : &group_rows[group_at++];
    if (!answers[at]) continue;
    if (row == nullptr) {
      targets.push_back({.request = at, .url = request.destination.url, .group = request.from_group});
      targets.back().endpoint = request.from_endpoint;
      continue;
    }
    auto text = text_of(*row);
    auto found = text ? decode_group(group, *text) : std::nullopt;
    if (!found || found->endpoints.empty()) {
      answers[at] = found ? Error{ErrorCode::invalid, "url group has no endpoints: " + group}
                          : Error{ErrorCode::not_found, "url group not found: " + group};
      continue;
    }
    for (const Endpoint& endpoint : found->endpoints) targets.push_back({at, endpoint.url, group, endpoint.name, {}});
  }
  if (targets.size() > batch_max)
    co_return over(fmt::format("quota maxBatchMessages exceeded, current limit: {}", batch_max));

  // Who publishes with the same key at the same time waits here for the first.
  std::vector<std::string> digests;
  for (Target& target : targets) {
    target.duplicate = duplicate_digest(requests[target.request], target);
    if (!target.duplicate.empty()) digests.push_back(target.duplicate);
  }
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
  std::vector<KeyLocks::Held> held;
  std::unordered_map<std::string, std::string> known;
  Transaction duplicates;
  for (const std::string& digest : digests) {
    std::string name = "duplicate " + digest;
    auto waiting = locks.hold(std::move(name));
    held.push_back(co_await waiting);
    duplicates.add("get", duplicate_key(digest));
  }
  if (!digests.empty()) {
    auto replies = co_await database.run(std::move(duplicates));
    if (!replies) co_return replies.error();
    for (std::size_t at = 0; at < digests.size(); ++at) {
      if (auto id = text_of((*replies)[at])) known[digests[at]] = *id;
    }
  }
  std::vector<std::string> flows;
  for (std::size_t at = 0; at < requests.size(); ++at) {
    if (!answers[at]) continue;
    for (std::string& key : flow_keys(requests[at])) flows.push_back(std::move(key));
  }
  auto lanes_held = co_await load_flows(std::move(flows));
  if (!lanes_held) co_return lanes_held.error();

  Transaction extra;
  Staged staged;
  Timestamp time = now();
  std::vector<std::string> parents(requests.size());
  std::vector<std::string> children(requests.size());
  for (const Target& target : targets) {
    PublishRequest& request = requests[target.request];
    auto& published = *answers[target.request];
    if (auto found = known.find(target.duplicate); !target.duplicate.empty() && found != known.end()) {
      published.push_back({found->second, target.url, true});
      continue;
    }
    const bool last = &target == &targets.back() || (&target)[1].request != target.request;
    Content content = last ? std::move(request.content) : request.content;
    Message message = message_of(request, std::move(content), target, time);
    message.id = ids.next("msg_", time);
    std::string told = message.id;
    if (request.one_id && !request.destination.group.empty()) {
      std::string& parent = parents[target.request];
      if (parent.empty()) parent = ids.next("msg_", time);
      message.parent = parent;
      children[target.request] += (children[target.request].empty() ? "" : " ") + message.id;
      told = parent;
    }
    if (!target.duplicate.empty()) {
      known[target.duplicate] = told;
      extra.add("set", duplicate_key(target.duplicate), told, "px", score(options.limits.deduplication_window.count()));
    }
    published.push_back({told, target.url, false});
    stage(extra, std::move(message), staged);
  }
  for (std::size_t at = 0; at < requests.size(); ++at) {
    if (parents[at].empty()) continue;
    extra.add("set", children_key(parents[at]), children[at], "px", score(options.limits.events_kept.count()));
  }
  if (also) also(answers, extra);
  auto done = co_await database.run(std::move(extra));
  if (!done) {
    abandon(staged);
    co_return done.error();
  }
  settle(staged);
  co_return answers;
}

// --- The seam ---

Async<Result<std::vector<Published>>> Delivery::publish(PublishRequest request) {
  std::vector<PublishRequest> requests;
  requests.push_back(std::move(request));
  Impl::Also nothing;
  auto answers = co_await impl_->publish_all(std::move(requests), std::move(nothing));
  if (!answers) co_return answers.error();
  co_return std::move(answers->front());
}

Async<Result<std::vector<Result<std::vector<Published>>>>> Delivery::publish_batch(
    std::vector<PublishRequest> requests) {
  Impl::Also nothing;
  co_return co_await impl_->publish_all(std::move(requests), std::move(nothing));
}

Async<Result<void>> Delivery::publish_from_log(std::string reader, std::uint64_t position,
                                               std::vector<PublishRequest> requests) {
  Impl::Also remember = [reader, position](const Impl::Answers&, Transaction& transaction) {
    transaction.add("set", position_key(reader), std::to_string(position));
  };
  auto answers = co_await impl_->publish_all(std::move(requests), std::move(remember));
  if (!answers) co_return answers.error();
  for (const auto& answer : *answers) {
    if (!answer) impl_->problem(fmt::format("{} at {}: {}", reader, position, answer.error().message));
  }
  co_return Result<void>{};
}

Async<Result<std::optional<std::uint64_t>>> Delivery::position(std::string reader) {
  Transaction get;
  get.add("get", position_key(reader));
  auto replies = co_await impl_->database.run(std::move(get));
  if (!replies) co_return replies.error();
  std::optional<std::uint64_t> position;
  if (auto text = text_of(replies->front())) position = std::strtoull(text->data(), nullptr, 10);
  co_return position;
}

Async<Result<std::vector<std::string>>> Delivery::children(std::string parent) {
  Transaction get;
  get.add("get", children_key(parent));
  auto replies = co_await impl_->database.run(std::move(get));
  if (!replies) co_return replies.error();
  auto text = text_of(replies->front());
  if (!text) co_return Error{ErrorCode::not_found, "message not found: " + parent};
  std::vector<std::string> ids;
  for (std::string_view rest = *text; !rest.empty();) {
    auto space = std::min(rest.find(' '), rest.size());
    ids.emplace_back(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  co_return ids;
}

}  // namespace millrace::delivery
