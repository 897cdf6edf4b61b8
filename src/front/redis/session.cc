#include "front/redis/session.h"

#include <fmt/format.h>
#include <unordered_map>

#include "store/commands/script_run.h"
#include "store/commands/text.h"

namespace millrace::front {
namespace {

using store::CommandSpec;
using store::Reply;

constexpr std::size_t held_max = 1024 * 1024;  // replies that wait for the disk; then the next commands do
constexpr std::size_t copied_max = 16 * 1024;  // larger values are not copied into the output
constexpr std::string_view no_auth_text = "NOAUTH Authentication required.";

// What a browser that was lured here would send as its first line.
bool is_http(const std::string& word) {
  return store::equals_ignoring_case(word, "POST") || store::equals_ignoring_case(word, "HOST:");
}

bool runs_in_transaction(const CommandSpec& spec) {
  return spec.name == "exec" || spec.name == "discard" || spec.name == "multi" || spec.name == "watch" ||
         spec.name == "quit" || spec.name == "reset";
}

bool allowed_while_subscribed(const CommandSpec& spec) {
  return (spec.has(store::of_connection) && spec.has(store::pubsub)) || spec.name == "ping" || spec.name == "quit" ||
         spec.name == "reset";
}

std::string error_text(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::over_limit:
    case ErrorCode::corrupt: return "ERR " + error.message;
    case ErrorCode::not_found: return "ERR the database is there no more";
    case ErrorCode::unavailable: return "MISCONF Errors writing to the disk: " + error.message;
  }
  return {};
}

std::size_t bytes_of(const std::vector<std::string>& words) {
  std::size_t bytes = fmt::formatted_size("*{}\r\n", words.size());
  for (const auto& word : words) bytes += fmt::formatted_size("${}\r\n\r\n", word.size()) + word.size();
  return bytes;
}

}  // namespace

Session::Session(net::RespPeer& peer, std::shared_ptr<RedisCore> core)
    : peer_(peer),
      core_(std::move(core)),
      live_(core_->store.live()),
      tracked_(live_.tracked),
      home_(core_->store.home()),
      outbox_(peer),
      context_(live_, {.door = store::Door::redis, .client = peer.number(), .address = peer.address()}) {
  core_->sessions.emplace(number(), this);
  ++live_.counts.connections;
  ++live_.counts.clients;
}

Session::~Session() = default;

void Session::closed() {
  closed_ = true;
  delay_.cancel();
  leave_blocked();
  if (paused_) live_.blocked.leave(*database_, {}, *this);
  paused_.reset();
  leave_all_subscriptions();
  stop_tracking();
  if (monitoring_) live_.monitors.remove(*this);
  watch_.reset();
  core_->sessions.erase(number());
  --live_.counts.clients;
}

Session::Owed Session::owed() const {
  if (outbox_.holding() || cold_) return Owed::replies;
  return blocked_ || paused_ || monitoring_ || subscriptions() > 0 ? Owed::events : Owed::nothing;
}

void Session::fault(const std::string& text) {
  if (text.empty()) return peer_.close();
  write_error(text);
}

// --- Commands ---

Session::Handler Session::handler_of(const CommandSpec& spec) {
  using store::Subscription;
  static const std::unordered_map<std::string_view, Handler> handlers = {
      {"auth", &Session::auth},
      {"client|caching", &Session::client_caching},
      {"client|getname", &Session::client_getname},
      {"client|getredir", &Session::client_getredir},
      {"client|id", &Session::client_id},
      {"client|info", &Session::client_info},
      {"client|kill", &Session::client_kill},
      {"client|list", &Session::client_list},
      {"client|no-evict", &Session::client_no_evict},
      {"client|no-touch", &Session::client_no_touch},
      {"client|pause", &Session::client_pause},
      {"client|reply", &Session::client_reply},
      {"client|setinfo", &Session::client_setinfo},
      {"client|setname", &Session::client_setname},
      {"client|tracking", &Session::client_tracking},
      {"client|trackinginfo", &Session::client_trackinginfo},
      {"client|unblock", &Session::client_unblock},
      {"client|unpause", &Session::client_unpause},
      {"discard", &Session::discard},
      {"hello", &Session::hello},
      {"monitor", &Session::monitor},
      {"multi", &Session::multi},
      {"psubscribe", &Session::subscribe<Subscription::pattern>},
      {"punsubscribe", &Session::unsubscribe<Subscription::pattern>},
      {"quit", &Session::quit},
      {"reset", &Session::reset},
      {"select", &Session::select},
      {"ssubscribe", &Session::subscribe<Subscription::shard>},
      {"subscribe", &Session::subscribe<Subscription::channel>},
      {"sunsubscribe", &Session::unsubscribe<Subscription::shard>},
      {"unsubscribe", &Session::unsubscribe<Subscription::channel>},
      {"unwatch", &Session::unwatch},
      {"watch", &Session::watch},
  };
  const auto found = handlers.find(spec.name);
  return found == handlers.end() ? nullptr : found->second;
}

Session::Next Session::command(std::vector<std::string>& words) {
  if (replies_ == Replies::on) return dispatch(words);
  replies_ = replies_ == Replies::skip_next  ? Replies::skipping
             : replies_ == Replies::skipping ? Replies::on
                                             : replies_;
  outbox_.mute(replies_ != Replies::on);
  return dispatch(words);
}

Session::Next Session::dispatch(std::vector<std::string>& words) {
  const auto resolved = store::resolve(words, context_.caller);
  const CommandSpec* spec = resolved.spec;
  if (spec == nullptr) return refuse(words, nullptr, resolved.refusal);
  last_command_ = spec;
  if (!database_ && !spec->has(store::no_auth)) return refuse(words, spec, Reply::error(std::string(no_auth_text)));
  if (store::LoadedScripts::any_slow(live_) && database_) {
    if (auto refusal = store::refuse_while_busy(live_, *database_, *spec)) return refuse(words, spec, *refusal);
  }
  const bool plain = !spec->has(store::of_connection) && !transaction_ && !restricted() && core_->pauses.empty();
  return plain ? run(words) : dispatch_specially(words, resolved);
}

Session::Next Session::dispatch_specially(std::vector<std::string>& words, const store::Resolved& resolved) {
  const CommandSpec& spec = *resolved.spec;
  if (transaction_ && spec.has(store::no_transaction)) {
    return refuse(words, &spec, Reply::error("ERR Command not allowed inside a transaction"));
  }
  if (restricted() && !allowed_while_subscribed(spec)) {
    return refuse(words, &spec,
                  Reply::error(fmt::format("ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                                           "QUIT / RESET are allowed in this context",
                                           spec.name)));
  }
  if (paused(words, spec)) {
    paused_ = std::move(words);
    live_.blocked.wait(*database_, {}, *this);
    return Next::wait;
  }
  if (transaction_ && !runs_in_transaction(spec)) return queue(words, spec);
  if (spec.name == "exec") return execute_transaction();
  if (spec.has(store::of_connection)) return run_here(words, resolved);
  if (spec.name == "ping" && restricted()) {
    answer_restricted_ping(resolved.arguments);
    return Next::more;
  }
  return run(words);
}

Session::Next Session::refuse(const std::vector<std::string>& words, const CommandSpec* spec, const Reply& refusal) {
  ++live_.counts.errors;
  if (spec == nullptr && !words.empty() && is_http(words[0])) {
    peer_.close();
    return Next::more;
  }
  if (transaction_ && refusal.is_error()) transaction_->refused = true;
  if (transaction_ && !words.empty() && store::equals_ignoring_case(words[0], "EXEC")) {
    abort_transaction(refusal.text, outbox_.begin());
    outbox_.end();
  } else {
    write(refusal);
  }
  return Next::more;
}

// A command about the connection itself.
Session::Next Session::run_here(std::vector<std::string>& words, const store::Resolved& resolved) {
  last_command_bytes_ = bytes_of(words);
  show_to_monitors(words, *resolved.spec);
  ++live_.counts.commands;
  const Handler handler = handler_of(*resolved.spec);
  std::optional<Outbox::Aloud> aloud;
  if (resolved.spec->has(store::pubsub)) aloud.emplace(outbox_);
  auto& out = outbox_.begin();
  if (handler == nullptr) {
    append_error(out, fmt::format("ERR unknown command '{}'", resolved.spec->name));
  } else {
    (this->*handler)(resolved.arguments, out);
  }
  outbox_.end();
  return Next::more;
}

// A command of the store.
Session::Next Session::run(std::vector<std::string>& words) {
  auto unit = home_.open();
  prepare_context();
  const store::TrackedKeys::Reads reads(tracked_, reads_wanted());
  auto reply = core_->store.stage(*unit, context_, *database_, words);
  if (home_.missed(*unit)) {
    Job job;
    job.commands.push_back(std::move(words));
    return run_cold(std::move(unit), std::move(job));
  }
  if (!reply) {
    write_error(error_text(reply.error()));
    return Next::more;
  }
  if (context_.blocking) return block(std::move(unit), std::move(words), std::move(*reply));
  return answer(std::move(unit), std::move(*reply));
}

void Session::prepare_context() {
  context_.now = store::Context::now_of(live_);
  context_.in_transaction = false;
  context_.in_script = false;
  context_.trying_again = false;
  context_.read_only_script = false;
  context_.writing = false;
  context_.delay = 0;
  context_.blocking.reset();
  reads_.clear();
}

// Commits, and says `reply` once that is durable.
Session::Next Session::answer(std::unique_ptr<Unit> unit, Reply reply) {
  const auto next = commit_and_write(std::move(unit), std::move(reply));
  if (!transaction_) tracking_.next.reset();
  see_to_others();
  return next;
}

Session::Next Session::commit_and_write(std::unique_ptr<Unit> unit, Reply reply) {
  auto receipt = home_.commit_now(std::move(unit));
  if (closed_) return Next::wait;
  if (!receipt) {
    write_error(error_text(receipt.error()));
    return Next::more;
  }
  const auto flight = core_->flight_of(*receipt, *this);
  const bool large = reply.kind == Reply::Kind::bulk && reply.text.size() > copied_max;
  if (large && flight == Outbox::none && !outbox_.holding() && !outbox_.muted()) {
    append_bulk_head(peer_.out(), reply.text.size());
    peer_.send(std::move(reply.text));
    peer_.out().append("\r\n");
    return Next::more;
  }
  append_reply(outbox_.begin(flight), reply, version_);
  outbox_.end();
  return pace();
}

// Whether the next command may follow at once.
Session::Next Session::pace() {
  release_awaited_ = outbox_.held_bytes() > held_max;
  if (context_.delay == 0) return release_awaited_ ? Next::wait : Next::more;
  delay_ = core_->reactor.after(std::chrono::milliseconds(context_.delay), [this] {
    if (!release_awaited_) peer_.go_on();
  });
  return Next::wait;
}

void Session::write(const Reply& reply) {
  append_reply(outbox_.begin(), reply, version_);
  outbox_.end();
}

void Session::write_error(std::string_view text) {
  append_error(outbox_.begin(), text);
  outbox_.end();
}

void Session::land(Outbox::Flight flight, const Result<void>& outcome) {
  if (closed_) return;
  outbox_.land(flight, outcome.has_value(), outcome ? std::string() : error_text(outcome.error()));
  if (release_awaited_ && outbox_.held_bytes() <= held_max / 2) {
    release_awaited_ = false;
    if (!delay_.pending()) peer_.go_on();
  }
}

// Secrets are not shown.
void Session::show_to_monitors(const std::vector<std::string>& words, const CommandSpec& spec) {
  if (!database_ || live_.monitors.empty() || spec.has(store::unmonitored) || spec.has(store::admin)) return;
  constexpr std::string_view redacted = "(redacted)";
  auto shown = words;
  for (std::size_t at = 1; at < shown.size(); ++at) {
    const bool secret = spec.name == "auth" || (at >= 3 && store::equals_ignoring_case(words[at - 1], "AUTH")) ||
                        (at >= 4 && store::equals_ignoring_case(words[at - 2], "AUTH"));
    if (secret && (spec.name == "auth" || spec.name == "hello")) shown[at] = redacted;
  }
  live_.monitors.saw(*database_, context_.caller, shown);
}

}  // namespace millrace::front
