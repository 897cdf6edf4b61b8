// Who a client is and how it speaks: AUTH, HELLO, SELECT, QUIT, RESET.

#include <fmt/format.h>

#include "front/redis/session.h"
#include "store/commands/text.h"

namespace millrace::front {
namespace {

constexpr std::string_view wrong_password = "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view version_served = "7.2.4";  // of Redis, whose commands and words these are

}  // namespace

// The secret alone chooses the database and what may be done to it; the user must be one that there is.
bool Session::log_in(std::string_view user, std::string_view secret) {
  if (user != "default" && user != "default_ro") return false;
  const auto access = core_->directory.find(secret);
  if (!access) return false;
  if (database_ && *database_ != access->database) forget();
  database_ = access->database;
  context_.caller.read_only = access->read_only;
  peer_.parser().set_known(true);
  return true;
}

// Leaves the database with everything that belongs to it.
void Session::forget() {
  leave_all_subscriptions();
  if (monitoring_) live_.monitors.remove(*this);
  monitoring_ = false;
  watch_.reset();
  transaction_.reset();
  stop_tracking();
  database_.reset();
}

void Session::auth(Arguments arguments, std::string& out) {
  const std::string_view user = arguments.size() == 2 ? std::string_view(arguments[0]) : "default";
  if (!log_in(user, arguments.back())) return append_error(out, wrong_password);
  append_simple(out, "OK");
}

void Session::hello(Arguments arguments, std::string& out) {
  auto version = version_;
  if (!arguments.empty()) {
    const auto number = store::to_integer(arguments[0]);
    if (!number) return append_error(out, "ERR Protocol version is not an integer or out of range");
    if (*number != 2 && *number != 3) return append_error(out, "NOPROTO unsupported protocol version");
    version = *number == 2 ? RespVersion::two : RespVersion::three;
  }
  std::optional<std::pair<std::string_view, std::string_view>> pass;
  std::optional<std::string_view> name;
  for (std::size_t at = 1; at < arguments.size(); ++at) {
    const auto left = arguments.size() - at - 1;
    if (store::equals_ignoring_case(arguments[at], "AUTH") && left >= 2) {
      pass = {arguments[at + 1], arguments[at + 2]};
      at += 2;
    } else if (store::equals_ignoring_case(arguments[at], "SETNAME") && left >= 1) {
      name = arguments[++at];
    } else {
      return append_error(out, fmt::format("ERR Syntax error in HELLO option '{}'", arguments[at]));
    }
  }
  if (pass && !log_in(pass->first, pass->second)) return append_error(out, wrong_password);
  if (!database_) {
    return append_error(out,
                        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
                        "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP "
                        "protocol version at the same time");
  }
  if (name && !set_name(*name)) {
    return append_error(out, "ERR Client names cannot contain spaces, newlines or special characters.");
  }
  version_ = version;
  context_.caller.protocol = static_cast<int>(version);
  append_map_head(out, 7, version_);
  append_bulk(out, "server"), append_bulk(out, "redis");
  append_bulk(out, "version"), append_bulk(out, version_served);
  append_bulk(out, "proto"), append_integer(out, static_cast<int>(version_));
  append_bulk(out, "id"), append_integer(out, static_cast<std::int64_t>(number()));
  append_bulk(out, "mode"), append_bulk(out, "standalone");
  append_bulk(out, "role"), append_bulk(out, "master");
  append_bulk(out, "modules"), append_array_head(out, 0);
}

void Session::select(Arguments arguments, std::string& out) {
  const auto index = store::to_integer(arguments[0]);
  if (!index) return append_error(out, "ERR value is not an integer or out of range");
  if (*index != 0) return append_error(out, "ERR DB index is out of range");
  append_simple(out, "OK");
}

void Session::quit(Arguments, std::string& out) {
  append_simple(out, "OK");
  leaving_ = true;
  peer_.close_after_replies();
}

void Session::reset(Arguments, std::string& out) {
  forget();
  name_.clear();
  version_ = RespVersion::two;
  context_.caller.protocol = 2;
  context_.caller.read_only = false;
  replies_ = Replies::on;
  outbox_.mute(false);
  no_evict_ = false;
  no_touch_ = false;
  peer_.parser().set_known(false);
  append_simple(out, "RESET");
}

}  // namespace millrace::front
