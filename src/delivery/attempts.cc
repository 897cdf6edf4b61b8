// Attempts: what is sent, and what its outcome means.

#include <algorithm>
#include <fmt/format.h>

#include "delivery/callbacks.h"
#include "delivery/engine.h"
#include "delivery/retry_delay.h"
#include "delivery/signature.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t body_kept_max = 16 << 10;         // of the latest response: an error page
constexpr std::size_t body_kept_of_earlier_max = 1024;  // of those before: retries must not pile up pages
constexpr std::size_t headers_kept_max = 8 << 10;
constexpr std::size_t body_for_callback_max = 1 << 20;  // thousands of attempts must not hold thousands of bodies
constexpr std::size_t signed_here_max = 256 << 10;      // beyond it hashing takes a millisecond
constexpr std::chrono::milliseconds long_attempt{250};  // told to the log before its end
constexpr std::size_t logged_at_once_max = 200;
constexpr int not_retryable_status = 489;

bool same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(),
                                                   [](char one, char other) { return (one | 0x20) == (other | 0x20); });
}

// What the receiver is told by us, or by the connection.
bool is_ours(std::string_view name) {
  static constexpr std::string_view names[] = {"host",
                                               "connection",
                                               "transfer-encoding",
                                               "content-length",
                                               "expect",
                                               "upstash-retried",
                                               "upstash-message-id",
                                               "upstash-signature",
                                               "upstash-caller-ip",
                                               "upstash-topic-name",
                                               "upstash-region",
                                               "upstash-schedule-id",
                                               "webhook-id",
                                               "webhook-timestamp",
                                               "webhook-signature"};
  return std::any_of(std::begin(names), std::end(names), [&](std::string_view each) { return same_name(name, each); });
}

net::HeaderList headers_for(const Message& message, int retried, const DeliveryOptions& options) {
  net::HeaderList headers;
  bool agent = false;
  for (const auto& [name, value] : message.content.headers) {
    if (is_ours(name)) continue;
    agent = agent || same_name(name, "user-agent");
    headers.emplace_back(name, value);
  }
  if (!agent) headers.emplace_back("User-Agent", "Upstash-QStash");
  headers.emplace_back("Upstash-Message-Id", message.id_for_receiver());
  headers.emplace_back("Upstash-Retried", std::to_string(retried));
  if (!message.content.caller_address.empty())
    headers.emplace_back("Upstash-Caller-Ip", message.content.caller_address);
  if (!message.group.empty()) headers.emplace_back("Upstash-Topic-Name", message.group);
  if (!message.schedule.empty()) headers.emplace_back("Upstash-Schedule-Id", message.schedule);
  headers.emplace_back("Upstash-Region", options.region);
  return headers;
}

struct Signing {
  std::string url{};
  std::string id{};
  std::shared_ptr<const std::string> body{};
  SigningKeys keys{};
  bool webhooks = false;
  Timestamp now{};
};

void append_signatures(net::HeaderList& headers, const Signing& of) {
  std::string token_id = random_id("jwt_");
  headers.emplace_back("Upstash-Signature",
                       sign_message(claims_now(of.url, token_id, of.now), *of.body, of.keys.current));
  if (!of.webhooks) return;
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(of.now.time_since_epoch());
  headers.emplace_back("Webhook-Id", of.id);
  headers.emplace_back("Webhook-Timestamp", std::to_string(seconds.count()));
  headers.emplace_back("Webhook-Signature", webhook_signature(of.id, seconds, *of.body, of.keys));
}

Response kept(const net::OutboundResponse& response) {
  Response part{.status = response.status, .body = response.body.substr(0, body_kept_max)};
  std::size_t bytes = 0;
  for (const auto& [name, value] : response.headers) {
    bytes += name.size() + value.size();
    if (bytes > headers_kept_max) break;
    part.headers.emplace_back(name, value);
  }
  return part;
}

bool not_retryable(const net::OutboundResponse& response) {
  if (response.status != not_retryable_status) return false;
  return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return same_name(header.first, "upstash-nonretryable-error") && same_name(header.second, "true");
  });
}

bool wants_response(const Content& content) {
  return content.callback || content.failure_callback;
}

}  // namespace

StatusRow status_of(const store::Reply& reply, const Message& message) {
  if (auto text = text_of(reply)) {
    if (auto row = decode_status(*text)) return std::move(*row);
  }
  StatusRow fresh;
  fresh.events.push_back({.time = message.created_at});
  return fresh;
}

// --- Sending ---

// What cannot have its memory now waits for others to give theirs back.
void Delivery::Impl::launch(const EntryPointer& entry) {
  std::size_t memory = entry->body_bytes + (wants_response(entry->message->content) ? body_for_callback_max : 0);
  if (bytes_in_flight > 0 && bytes_in_flight + memory > options.limits.in_flight_bytes_max) {
    if (entry->body_bytes > body_in_row_max) {
      std::string().swap(entry->message->content.body);
      entry->body_missing = true;
    }
    short_of_memory.push_back(entry);
    return;
  }
  entry->memory = memory;
  bytes_in_flight += memory;
  if (entry->body_missing || entry->body_bytes > signed_here_max) {
    spawn(prepare(entry));
  } else {
    send(entry);
  }
}

void Delivery::Impl::free_memory(Entry& entry) {
  bytes_in_flight -= std::exchange(entry.memory, 0);
  while (!short_of_memory.empty() && !stopping) {
    std::size_t before = short_of_memory.size();
    EntryPointer next = std::move(short_of_memory.front());
    short_of_memory.pop_front();
    if (next->canceled) {
      give_turns(*next);
      drop(next);
      continue;
    }
    launch(next);
    if (short_of_memory.size() < before) continue;
    // There is not enough yet: back to the head of those that wait.
    EntryPointer last = std::move(short_of_memory.back());
    short_of_memory.pop_back();
    short_of_memory.push_front(std::move(last));
    return;
  }
}

// A large body is read and hashed beside the reactor.
Async<void> Delivery::Impl::prepare(EntryPointer entry) {
  if (entry->body_missing) {
    Transaction get;
    get.add("get", body_key(entry->id));
    auto replies = co_await database.run(std::move(get));
    auto text = replies ? text_of(replies->front()) : std::nullopt;
    if (text) {
      entry->message->content.body = *text;
      entry->body_missing = false;
    } else if (replies && !entry->canceled) {
      net::OutboundResponse lost{.error = "the body of the message is lost"};
      entry->phase = Entry::Phase::sending;
      entry->sent_at = now();
      co_await finish(entry, std::move(lost));
      co_return;
    }
  }
  if (entry->body_missing || entry->canceled) {
    LanePointer own = entry->flow && waiting_key(entry->flow->name()) == entry->place ? entry->flow : entry->host;
    if (entry->place == due_key) own = nullptr;
    give_turns(*entry);
    free_memory(*entry);
    give_back(entry, own);
    if (own) pause_lane(own);
    arm(after_fault());
    co_return;
  }
  if (entry->message->content.body.size() <= signed_here_max) {
    send(entry);
    co_return;
  }
  const Message& message = *entry->message;
  Signing signing{.url = message.url, .id = message.id_for_receiver(), .keys = keys, .now = now()};
  signing.webhooks = options.standard_webhooks;
  signing.body = std::shared_ptr<const std::string>(entry->message, &message.content.body);
  auto work = [signing = std::move(signing)] {
    net::HeaderList signatures;
    append_signatures(signatures, signing);
    return signatures;
  };
  net::HeaderList signatures = co_await reactor.on_background(std::move(work));
  net::OutboundRequest request;
  request.headers = headers_for(message, entry->status.retried, options);
  for (auto& header : signatures) request.headers.push_back(std::move(header));
  hand_over(entry, std::move(request));
}

void Delivery::Impl::send(const EntryPointer& entry) {
  const Message& message = *entry->message;
  net::OutboundRequest request;
  request.headers = headers_for(message, entry->status.retried, options);
  Signing signing{.url = message.url, .id = message.id_for_receiver(), .keys = keys, .now = now()};
  signing.webhooks = options.standard_webhooks;
  signing.body = std::shared_ptr<const std::string>(entry->message, &message.content.body);
  append_signatures(request.headers, signing);
  hand_over(entry, std::move(request));
}

void Delivery::Impl::hand_over(const EntryPointer& entry, net::OutboundRequest request) {
  const Content& content = entry->message->content;
  request.method = content.method;
  request.url = entry->message->url;
  request.body = std::shared_ptr<const std::string>(entry->message, &content.body);
  request.timeout = options.limits.attempt_max;
  if (content.timeout) request.timeout = std::min<std::chrono::milliseconds>(request.timeout, *content.timeout);
  request.body_bytes_max = wants_response(content) ? body_for_callback_max : body_kept_max;
  entry->phase = Entry::Phase::sending;
  entry->sent_at = now();
  outbound.send(std::move(request), [this, entry, watch = std::weak_ptr<int>(alive)](net::OutboundResponse response) {
    if (watch.expired()) return;  // delivery has ended: the message is sent again after the next start
    spawn(finish(entry, std::move(response)));
  });
}

// --- Outcomes ---

std::string Delivery::Impl::next_dead_letter(Timestamp at) {
  std::int64_t time = std::max(count_of(at), dead_letter_at);
  dead_letter_count = time == dead_letter_at ? dead_letter_count + 1 : 0;
  dead_letter_at = time;
  return fmt::format("{}-{}", time, dead_letter_count);
}

// The events of the attempt, and the state behind it.
void Delivery::Impl::decide(Entry& entry, const net::OutboundResponse& response, Timestamp at) {
  StatusRow& status = entry.status;
  const Content& content = entry.message->content;
  for (EventRow& earlier : status.events) {
    if (earlier.response && earlier.response->body.size() > body_kept_of_earlier_max) {
      earlier.response->body.resize(body_kept_of_earlier_max);
    }
  }
  if (!entry.active_logged) status.events.push_back({.time = entry.sent_at, .state = State::active});
  const bool good = response.status >= 200 && response.status < 300;
  EventRow event{.time = at, .state = good ? State::delivered : State::error, .error = response.error};
  event.latency = response.latency;
  if (response.status != 0) event.response = kept(response);
  status.events.push_back(std::move(event));
  status.next_delivery.reset();
  if (good) {
    status.state = State::delivered;
    status.finished_at = at;
  } else if (status.retried >= content.retries || not_retryable(response)) {
    status.state = State::failed;
    status.finished_at = at;
    status.dead_letter = next_dead_letter(at);
    status.events.push_back({.time = at, .state = State::failed});
  } else {
    auto delay = retry_delay(response.headers, content.retry_delay, status.retried, at);
    status.state = State::retry;
    status.next_delivery = at + delay;
    status.events.push_back({.time = at, .state = State::retry, .next_delivery = status.next_delivery});
    ++status.retried;
  }
}

std::vector<Message> Delivery::Impl::callbacks_of(const Entry& entry, const net::OutboundResponse& response,
                                                  Timestamp at) {
  std::vector<Message> made;
  const Content& content = entry.message->content;
  const int retried = entry.status.retried - (entry.status.state == State::retry ? 1 : 0);
  auto make = [&](const Callback& callback, const std::string& dead_letter) {
    std::string body = callback_body(*entry.message, retried, response, dead_letter);
    made.push_back(callback_message(*entry.message, callback, std::move(body), at));
    made.back().id = ids.next("msg_", at);
  };
  if (content.callback) make(*content.callback, "");
  if (content.failure_callback && entry.status.state == State::failed) {
    make(*content.failure_callback, entry.status.dead_letter);
  }
  return made;
}

Transaction Delivery::Impl::outcome(Entry& entry, const std::vector<Message>& callbacks, Staged& staged, Timestamp at) {
  Transaction transaction;
  const Message& message = *entry.message;
  const StatusRow& status = entry.status;
  const bool due = entry.place == due_key;
  transaction.add("set", status_key(entry.id), encode(status));
  log(transaction, entry.id, entry.logged, status.events.size() - entry.logged);
  if (!due || terminal(status.state)) transaction.add("zrem", entry.place, due ? "m" + entry.id : entry.id);
  if (status.next_delivery) {
    staged.due = count_of(std::max(*status.next_delivery, at));
    transaction.add("zadd", std::string(due_key), score(staged.due), "m" + entry.id);
  }
  if (!status.dead_letter.empty()) {
    transaction.add("zadd", std::string(dead_letters_key), score(dead_letter_time(status.dead_letter)),
                    status.dead_letter + " " + entry.id);
  }
  if (message.content.flow_control) {
    if (LanePointer flow = lane("f" + message.content.flow_control->key, false); flow && flow->limits().rate) {
      transaction.add("hset", std::string(flow_counts_key), flow->key(), encode(flow->counted(at)));
    }
  }
  for (const Message& callback : callbacks) {
    if (!message.queue.empty()) transaction.add("sadd", holders_key(entry.id), callback.id);
    stage(transaction, callback, staged);
  }
  if (!terminal(status.state)) return transaction;
  const bool held = message.content.callback || (message.content.failure_callback && status.state == State::failed);
  if (!message.queue.empty() && !held) transaction.add("zrem", order_key(message.queue), entry.id);
  if (!message.source_queue.empty()) transaction.add("srem", holders_key(message.source), entry.id);
  return transaction;
}

Async<void> Delivery::Impl::finish(EntryPointer entry, net::OutboundResponse response) {
  std::vector<LanePointer> lanes_held = {entry->flow, entry->host};  // until what they counted is written
  give_turns(*entry);
  EntryChange change{*entry};
  while (entry->logging) co_await change;
  const Timestamp at = now();
  if (!entry->canceled) {
    entry->phase = Entry::Phase::finishing;
    decide(*entry, response, at);
  }
  std::vector<Message> callbacks;
  if (!entry->canceled) callbacks = callbacks_of(*entry, response, at);
  bool written = entry->canceled;
  Staged staged;
  while (!written) {
    std::vector<std::string> flows;
    for (const Message& callback : callbacks) {
      if (callback.content.flow_control) flows.push_back(callback.content.flow_control->key);
    }
    auto loaded = co_await load_flows(std::move(flows));
    staged = {};
    Result<Replies> done = loaded ? Result<Replies>(Replies()) : loaded.error();
    if (loaded) {
      Transaction transaction = outcome(*entry, callbacks, staged, at);
      done = co_await database.run(std::move(transaction));
    }
    written = done.has_value();
    if (written) break;
    abandon(staged);
    staged = {};
    problem(done.error().message);
    if (stopping) break;
    net::WaitEnd end = co_await reactor.sleep(options.limits.pause_after_fault);
    if (end == net::WaitEnd::stopped) break;
  }
  const bool over = terminal(entry->status.state) && !entry->canceled && written;
  free_memory(*entry);
  drop(entry);
  settle(staged);  // now that its next place can be claimed
  if (over && !entry->message->queue.empty()) spawn(refill_later(entry->message->queue));
  if (over && !entry->message->source_queue.empty()) spawn(refill_later(entry->message->source_queue));
}

// Tells the log of attempts that take long, so that somebody who looks sees them.
Async<void> Delivery::Impl::log_attempts() {
  logging = true;
  std::vector<EntryPointer> told;
  Transaction transaction;
  const Timestamp time = now();
  for (const auto& [id, entry] : entries) {
    if (entry->phase != Entry::Phase::sending || entry->active_logged || entry->canceled) continue;
    if (time - entry->sent_at < long_attempt || told.size() == logged_at_once_max) continue;
    entry->status.events.push_back({.time = entry->sent_at, .state = State::active});
    entry->status.state = State::active;
    transaction.add("set", status_key(id), encode(entry->status));
    log(transaction, id, entry->logged, entry->status.events.size() - entry->logged);
    entry->logged = entry->status.events.size();
    entry->active_logged = true;
    entry->logging = true;
    told.push_back(entry);
  }
  if (!told.empty()) {
    auto done = co_await database.run(std::move(transaction));
    if (!done) problem(done.error().message);
  }
  for (const EntryPointer& entry : told) {
    entry->logging = false;
    resume_waiters(*entry);
  }
  logging = false;
}

}  // namespace millrace::delivery
