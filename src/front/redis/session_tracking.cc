// CLIENT TRACKING: the client keeps values of keys in a cache of its own, and is told when they change.

#include <algorithm>
#include <fmt/format.h>

#include "front/redis/session.h"
#include "store/commands/settings.h"
#include "store/commands/text.h"

namespace millrace::front {
namespace {

using store::equals_ignoring_case;

constexpr std::string_view syntax_error = "ERR syntax error";
constexpr std::string_view channel = "__redis__:invalidate";  // for who is redirected to and speaks RESP2

// Two prefixes would tell the same key twice. The text of an error, or nothing.
std::optional<std::string> find_overlap(const std::vector<std::string>& wanted, const std::set<std::string>& had) {
  const auto overlap = [](std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); };
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    for (const auto& other : had) {
      if (!overlap(wanted[at], other) || wanted[at] == other) continue;
      return fmt::format(
          "ERR Prefix '{}' overlaps with an existing prefix '{}'. Prefixes for a single client must not "
          "overlap.",
          wanted[at], other);
    }
    for (std::size_t next = at + 1; next < wanted.size(); ++next) {
      if (!overlap(wanted[at], wanted[next])) continue;
      return fmt::format(
          "ERR Prefix '{}' overlaps with another provided prefix '{}'. Prefixes for a single client must "
          "not overlap.",
          wanted[at], wanted[next]);
    }
  }
  return std::nullopt;
}

}  // namespace

void Session::client_tracking(Arguments arguments, std::string& out) {
  Tracking wanted;
  std::vector<std::string> prefixes;
  wanted.on = equals_ignoring_case(arguments[0], "ON");
  if (!wanted.on && !equals_ignoring_case(arguments[0], "OFF")) return append_error(out, syntax_error);
  for (std::size_t at = 1; at < arguments.size(); ++at) {
    const bool more = at + 1 < arguments.size();
    if (equals_ignoring_case(arguments[at], "REDIRECT") && more) {
      const auto target = store::to_integer(arguments[++at]);
      if (!target) return append_error(out, "ERR value is not an integer or out of range");
      if (wanted.redirect != 0) {
        return append_error(out, "ERR A client can only redirect to a single other client");
      }
      const auto found = core_->sessions.find(static_cast<std::uint64_t>(*target));
      if (found == core_->sessions.end() || found->second->database_ != database_) {
        return append_error(out, "ERR The client ID you want redirect to does not exist");
      }
      wanted.redirect = found->first;
    } else if (equals_ignoring_case(arguments[at], "PREFIX") && more) {
      prefixes.push_back(arguments[++at]);
    } else if (equals_ignoring_case(arguments[at], "BCAST")) {
      wanted.broadcast = true;
    } else if (equals_ignoring_case(arguments[at], "OPTIN")) {
      wanted.opt_in = true;
    } else if (equals_ignoring_case(arguments[at], "OPTOUT")) {
      wanted.opt_out = true;
    } else if (equals_ignoring_case(arguments[at], "NOLOOP")) {
      wanted.no_loop = true;
    } else {
      return append_error(out, syntax_error);
    }
  }
  if (wanted.on) {
    if (!wanted.broadcast && !prefixes.empty()) {
      return append_error(out, "ERR PREFIX option requires BCAST mode to be enabled");
    }
    if (tracking_.on && tracking_.broadcast != wanted.broadcast) {
      return append_error(out,
                          "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
                          "re-enabling it with a different mode.");
    }
    if (wanted.broadcast && (wanted.opt_in || wanted.opt_out)) {
      return append_error(out, "ERR OPTIN and OPTOUT are not compatible with BCAST");
    }
    if (wanted.opt_in && wanted.opt_out) {
      return append_error(out, "ERR You can't specify both OPTIN mode and OPTOUT mode");
    }
    if ((wanted.opt_in && tracking_.opt_out) || (wanted.opt_out && tracking_.opt_in)) {
      return append_error(out,
                          "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
                          "re-enabling it with a different mode.");
    }
    if (auto overlap = find_overlap(prefixes, tracking_.prefixes)) return append_error(out, *overlap);
    if (wanted.broadcast && prefixes.empty()) prefixes.emplace_back();
    wanted.prefixes = tracking_.prefixes;
    wanted.prefixes.insert(prefixes.begin(), prefixes.end());
    tracking_ = std::move(wanted);
    tracked_.begin(*database_, number(), *this, !tracking_.no_loop, tracking_.prefixes);
  } else {
    stop_tracking();
  }
  append_simple(out, "OK");
}

void Session::client_caching(Arguments arguments, std::string& out) {
  if (!tracking_.on || !(tracking_.opt_in || tracking_.opt_out)) {
    return append_error(out,
                        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
                        "OPTOUT mode enabled");
  }
  const bool yes = equals_ignoring_case(arguments[0], "YES");
  if (!yes && !equals_ignoring_case(arguments[0], "NO")) return append_error(out, syntax_error);
  if (yes && !tracking_.opt_in) {
    return append_error(out, "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!yes && !tracking_.opt_out) {
    return append_error(out, "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  tracking_.next = yes;
  append_simple(out, "OK");
}

void Session::client_getredir(Arguments, std::string& out) {
  append_integer(out, tracking_.on ? static_cast<std::int64_t>(tracking_.redirect) : -1);
}

void Session::client_trackinginfo(Arguments, std::string& out) {
  std::vector<store::Reply> flags;
  const auto add = [&](bool set, const char* flag) {
    if (set) flags.push_back(store::Reply::bulk(flag));
  };
  add(!tracking_.on, "off");
  add(tracking_.on, "on");
  add(tracking_.broadcast, "bcast");
  add(tracking_.opt_in, "optin");
  add(tracking_.next.value_or(false), "caching-yes");
  add(tracking_.opt_out, "optout");
  add(tracking_.next.has_value() && !*tracking_.next, "caching-no");
  add(tracking_.no_loop, "noloop");
  add(tracking_.broken, "broken_redirect");
  std::vector<store::Reply> prefixes;
  for (const auto& prefix : tracking_.prefixes) prefixes.push_back(store::Reply::bulk(prefix));
  append_reply(out,
               store::Reply::map({store::Reply::bulk("flags"), store::Reply::set(std::move(flags)),
                                  store::Reply::bulk("redirect"),
                                  store::Reply::of(tracking_.on ? static_cast<std::int64_t>(tracking_.redirect) : -1),
                                  store::Reply::bulk("prefixes"), store::Reply::array(std::move(prefixes))}),
               version_);
}

void Session::stop_tracking() {
  if (tracking_.on) tracked_.end(number());
  tracking_ = {};
}

// Where the keys go that a command reads; nothing where they are not tracked.
std::vector<std::string>* Session::reads_wanted() {
  const bool wanted = tracking_.on && !tracking_.broadcast && tracking_.next.value_or(!tracking_.opt_in);
  return wanted ? &reads_ : nullptr;
}

void Session::invalidate(std::span<const std::string> keys) {
  tell_invalid(&keys);
}

void Session::invalidate_all() {
  tell_invalid(nullptr);
}

void Session::tell_invalid(const std::span<const std::string>* keys) {
  Session* target = this;
  if (tracking_.redirect != 0) {
    const auto found = core_->sessions.find(tracking_.redirect);
    const bool there = found != core_->sessions.end() && !found->second->leaving_;
    tracking_.broken = !there;
    target = there ? found->second : this;
  }
  if (target->version_ == RespVersion::two && (target == this || target->subscriptions() == 0)) return;
  const Outbox::Aloud aloud(target->outbox_);
  auto& out = target->outbox_.begin();
  if (tracking_.broken) {
    append_push_head(out, 2, version_);
    append_bulk(out, "tracking-redir-broken");
    append_integer(out, static_cast<std::int64_t>(tracking_.redirect));
  } else {
    if (target->version_ == RespVersion::two) {
      append_array_head(out, 3);
      append_bulk(out, "message");
      append_bulk(out, channel);
    } else {
      append_push_head(out, 2, target->version_);
      append_bulk(out, "invalidate");
    }
    keys != nullptr ? append_array_head(out, keys->size()) : append_nil(out, target->version_);
    if (keys != nullptr) {
      for (const auto& key : *keys) append_bulk(out, key);
    }
  }
  target->outbox_.end();
  target->bound_output();
}

// What a command leaves for others, and for the client itself behind its reply: clients that wait for what it wrote,
// and caches that hold what it changed.
void Session::see_to_others() {
  live_.blocked.serve();
  if (tracked_.empty()) return;
  if (!closed_ && !reads_.empty()) tracked_.remember(*database_, number(), reads_);
  reads_.clear();
  tracked_.send();
  if (!database_ || tracked_.keys(*database_) == 0) return;
  const auto keys_max = store::integer_setting(live_, *database_, "tracking-table-max-keys");
  tracked_.limit(*database_, static_cast<std::size_t>(keys_max));
}

}  // namespace millrace::front
