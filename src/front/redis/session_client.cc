// CLIENT. A client sees and reaches the connections to its own database only.

#include <algorithm>
#include <fmt/format.h>

#include "front/redis/session.h"
#include "store/commands/text.h"

namespace millrace::front {
namespace {

using store::equals_ignoring_case;

constexpr std::string_view syntax_error = "ERR syntax error";

// What may stand in a name: it is shown in a line of words.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

// The type by the word that a client gives; nothing for what is none. There are no replicas here.
std::optional<std::string_view> type_named(std::string_view word) {
  if (equals_ignoring_case(word, "NORMAL")) return "normal";
  if (equals_ignoring_case(word, "PUBSUB")) return "pubsub";
  if (equals_ignoring_case(word, "MASTER")) return "master";
  if (equals_ignoring_case(word, "REPLICA") || equals_ignoring_case(word, "SLAVE")) return "replica";
  return std::nullopt;
}

// Which clients CLIENT KILL means.
struct KillFilter {
  std::optional<std::int64_t> number{};
  std::optional<std::string_view> type{};
  std::optional<std::string_view> address{};
  std::optional<std::string_view> server_address{};
  std::optional<std::string_view> user{};
  bool skip_me = true;

  // The text of an error, or nothing.
  std::optional<std::string> read(Session::Arguments arguments);
  std::optional<std::string> read(std::string_view option, const std::string& value);
  bool matches(const Session& session, const Session& me) const;
};

std::optional<std::string> KillFilter::read(Session::Arguments arguments) {
  if (arguments.size() % 2 != 0) return std::string(syntax_error);
  for (std::size_t at = 0; at < arguments.size(); at += 2) {
    if (auto error = read(arguments[at], arguments[at + 1])) return error;
  }
  return std::nullopt;
}

std::optional<std::string> KillFilter::read(std::string_view option, const std::string& value) {
  if (equals_ignoring_case(option, "ID")) {
    number = store::to_integer(value);
    if (!number || *number < 1) return "ERR client-id should be greater than 0";
  } else if (equals_ignoring_case(option, "TYPE")) {
    type = type_named(value);
    if (!type) return fmt::format("ERR Unknown client type '{}'", value);
  } else if (equals_ignoring_case(option, "ADDR")) {
    address = value;
  } else if (equals_ignoring_case(option, "LADDR")) {
    server_address = value;
  } else if (equals_ignoring_case(option, "USER")) {
    if (value != "default" && value != "default_ro") return fmt::format("ERR No such user '{}'", value);
    user = value;
  } else if (equals_ignoring_case(option, "SKIPME")) {
    skip_me = equals_ignoring_case(value, "YES");
    if (!skip_me && !equals_ignoring_case(value, "NO")) return std::string(syntax_error);
  } else {
    return std::string(syntax_error);
  }
  return std::nullopt;
}

bool KillFilter::matches(const Session& session, const Session& me) const {
  if (number && static_cast<std::uint64_t>(*number) != session.number()) return false;
  if (type && *type != session.type()) return false;
  if (address && *address != session.peer().address()) return false;
  if (server_address && *server_address != session.peer().server_address()) return false;
  if (user && *user != session.user()) return false;
  return !skip_me || &session != &me;
}

void append_verbatim(std::string& out, std::string text, RespVersion version) {
  append_reply(out, store::Reply::verbatim(std::move(text)), version);
}

}  // namespace

// --- Who is connected ---

std::vector<Session*> Session::others_and_this() const {
  std::vector<Session*> all;
  for (const auto& [number, session] : core_->sessions) {
    if (session->database_ == database_) all.push_back(session);
  }
  return all;
}

std::string Session::flags() const {
  std::string flags;
  if (monitoring_) flags += 'O';
  if (subscriptions() > 0) flags += 'P';
  if (transaction_) flags += 'x';
  if (blocked_ || paused_) flags += 'b';
  if (tracking_.on) flags += 't';
  if (tracking_.on && tracking_.broadcast) flags += 'B';
  if (watch_ && watch_->written()) flags += 'd';
  if (context_.caller.read_only) flags += 'r';
  if (no_evict_) flags += 'e';
  if (no_touch_) flags += 'T';
  return flags.empty() ? "N" : flags;
}

// A line of CLIENT LIST. What has no meaning here has the value that it has in Redis for an idle client.
std::string Session::description() const {
  const auto now = std::chrono::steady_clock::now();
  const auto seconds = [now](SteadyTime since) {
    return std::chrono::duration_cast<std::chrono::seconds>(now - since).count();
  };
  const auto count = [this](store::Subscription kind) { return subscribed_[static_cast<std::size_t>(kind)].size(); };
  const auto unsent = peer_.unsent() + outbox_.held_bytes();
  const auto queued = transaction_ ? static_cast<std::int64_t>(transaction_->specs.size()) : -1;
  const auto redirect = !tracking_.on ? -1 : static_cast<std::int64_t>(tracking_.redirect);
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db=0 sub={} psub={} ssub={} multi={} qbuf={} "
      "qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events=r cmd={} user={} "
      "redir={} resp={} lib-name={} lib-ver={}",
      number(), peer_.address(), peer_.server_address(), number() + 8, name_, seconds(created_at_),
      seconds(std::max(peer_.heard_at(), created_at_)), flags(), count(store::Subscription::channel),
      count(store::Subscription::pattern), count(store::Subscription::shard), queued, last_command_bytes_, 4096,
      last_command_bytes_, transaction_ ? transaction_->bytes : 0, 4096, 4096, unsent, 0, 0,
      sizeof *this + 8192 + unsent, last_command_ == nullptr ? "NULL" : last_command_->name, user(), redirect,
      static_cast<int>(version_), library_name_, library_version_);
}

void Session::client_id(Arguments, std::string& out) {
  append_integer(out, static_cast<std::int64_t>(number()));
}

void Session::client_info(Arguments, std::string& out) {
  append_verbatim(out, description() + "\n", version_);
}

void Session::client_list(Arguments arguments, std::string& out) {
  std::optional<std::string_view> type;
  std::optional<std::set<std::uint64_t>> numbers;
  if (arguments.size() == 2 && equals_ignoring_case(arguments[0], "TYPE")) {
    type = type_named(arguments[1]);
    if (!type) return append_error(out, fmt::format("ERR Unknown client type '{}'", arguments[1]));
  } else if (arguments.size() >= 2 && equals_ignoring_case(arguments[0], "ID")) {
    numbers.emplace();
    for (const auto& word : arguments.subspan(1)) {
      const auto number = store::to_integer(word);
      if (!number) return append_error(out, "ERR Invalid client ID");
      numbers->insert(static_cast<std::uint64_t>(*number));
    }
  } else if (!arguments.empty()) {
    return append_error(out, syntax_error);
  }
  std::string lines;
  for (const Session* session : others_and_this()) {
    if (type && *type != session->type()) continue;
    if (numbers && !numbers->contains(session->number())) continue;
    lines.append(session->description()).append("\n");
  }
  append_verbatim(out, std::move(lines), version_);
}

void Session::client_kill(Arguments arguments, std::string& out) {
  KillFilter filter;
  const bool old_form = arguments.size() == 1;
  if (old_form) {
    filter.address = arguments[0];
    filter.skip_me = false;
  } else if (auto error = filter.read(arguments)) {
    return append_error(out, *error);
  }
  std::int64_t killed = 0;
  for (Session* session : others_and_this()) {
    if (!filter.matches(*session, *this)) continue;
    ++killed;
    session == this ? peer_.close_after_replies() : session->kill();
  }
  if (!old_form) return append_integer(out, killed);
  killed > 0 ? append_simple(out, "OK") : append_error(out, "ERR No such client");
}

void Session::client_unblock(Arguments arguments, std::string& out) {
  bool error = false;
  if (arguments.size() == 2) {
    error = equals_ignoring_case(arguments[1], "ERROR");
    if (!error && !equals_ignoring_case(arguments[1], "TIMEOUT")) {
      return append_error(out, "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  const auto wanted = store::to_integer(arguments[0]);
  if (!wanted) return append_error(out, "ERR value is not an integer or out of range");
  const auto found = core_->sessions.find(static_cast<std::uint64_t>(*wanted));
  const bool here = found != core_->sessions.end() && found->second->database_ == database_;
  append_integer(out, here && found->second->unblock(error) ? 1 : 0);
}

// --- Names ---

bool Session::set_name(std::string_view name) {
  if (!is_plain(name)) return false;
  name_ = name;
  return true;
}

void Session::client_setname(Arguments arguments, std::string& out) {
  if (set_name(arguments[0])) return append_simple(out, "OK");
  append_error(out, "ERR Client names cannot contain spaces, newlines or special characters.");
}

void Session::client_getname(Arguments, std::string& out) {
  name_.empty() ? append_nil(out, version_) : append_bulk(out, name_);
}

void Session::client_setinfo(Arguments arguments, std::string& out) {
  const bool library = equals_ignoring_case(arguments[0], "LIB-NAME");
  if (!library && !equals_ignoring_case(arguments[0], "LIB-VER")) {
    return append_error(out, fmt::format("ERR Unrecognized option '{}'", arguments[0]));
  }
  if (!is_plain(arguments[1])) {
    return append_error(out, fmt::format("ERR {} cannot contain spaces, newlines or special characters.",
                                         library ? "lib-name" : "lib-ver"));
  }
  (library ? library_name_ : library_version_) = arguments[1];
  append_simple(out, "OK");
}

// --- Switches ---

void Session::client_no_evict(Arguments arguments, std::string& out) {
  no_evict_ = equals_ignoring_case(arguments[0], "ON");
  if (!no_evict_ && !equals_ignoring_case(arguments[0], "OFF")) return append_error(out, syntax_error);
  append_simple(out, "OK");
}

void Session::client_no_touch(Arguments arguments, std::string& out) {
  no_touch_ = equals_ignoring_case(arguments[0], "ON");
  if (!no_touch_ && !equals_ignoring_case(arguments[0], "OFF")) return append_error(out, syntax_error);
  append_simple(out, "OK");
}

void Session::client_reply(Arguments arguments, std::string& out) {
  if (equals_ignoring_case(arguments[0], "ON")) {
    replies_ = Replies::on;
    outbox_.mute(false);
    append_simple(outbox_.begin(), "OK");  // `out` is of the time before
  } else if (equals_ignoring_case(arguments[0], "OFF")) {
    replies_ = Replies::off;
  } else if (equals_ignoring_case(arguments[0], "SKIP")) {
    if (replies_ != Replies::off) replies_ = Replies::skip_next;
  } else {
    append_error(out, syntax_error);
  }
}

void Session::client_pause(Arguments arguments, std::string& out) {
  bool all = true;
  if (arguments.size() == 2) {
    all = equals_ignoring_case(arguments[1], "ALL");
    if (!all && !equals_ignoring_case(arguments[1], "WRITE")) {
      return append_error(out, "ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
  }
  constexpr std::int64_t time_max = std::int64_t{1} << 53;  // so that no clock overflows
  const auto time = store::to_integer(arguments[0]);
  if (!time || *time > time_max) return append_error(out, "ERR timeout is not an integer or out of range");
  if (*time < 0) return append_error(out, "ERR timeout is negative");
  core_->pause(*database_, store::Context::now_of(live_) + *time, all);
  append_simple(out, "OK");
}

void Session::client_unpause(Arguments, std::string& out) {
  core_->unpause(*database_);
  append_simple(out, "OK");
}

}  // namespace millrace::front
