#include "server/import/copy.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/time.h"
#include "server/import/by_type.h"
#include "server/import/pages.h"

namespace millrace::server {
namespace {

constexpr std::size_t group_bytes_wanted = std::size_t{4} << 20;  // of dumps in memory at once
constexpr std::size_t failures_told_max = 100;

std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(system_now().time_since_epoch()).count();
}

bool is_full(const std::string& reason) {
  return reason.find("quota exceeded") != reason.npos || reason.starts_with("OOM ");
}

}  // namespace

Copy::Copy(Peer& source, Peer& target, Existing existing, std::function<void(const CopyReport&)> progress)
    : source_(source), target_(target), existing_(existing), progress_(std::move(progress)) {}

// What the source has: its number of keys, DUMP, PEXPIRETIME.
Result<void> Copy::look_around() {
  if (existing_ == Existing::refuse) {
    auto here = ask(target_, {"DBSIZE"});
    if (!here) return here.error();
    if (here->integer > 0) {
      return Error{
          ErrorCode::conflict,
          fmt::format("there are {} keys in this database: --merge keeps them as they are and adds the others, "
                      "--replace overwrites those of the same names",
                      here->integer)};
    }
  }
  auto size = ask(source_, {"DBSIZE"});
  if (!size) return size.error();
  report_.keys_total = static_cast<std::uint64_t>(std::max<std::int64_t>(size->integer, 0));
  std::string nothing = "millrace:import:nothing";
  auto known = source_.run({{"DUMP", nothing}, {"PEXPIRETIME", nothing}});
  if (!known) return known.error();
  dumps_ = !known->at(0).is_error();
  times_absolute_ = !known->at(1).is_error();
  return {};
}

Result<void> Copy::run() {
  if (auto done = look_around(); !done) return done;
  std::string cursor = "0";
  do {
    auto page = ask(source_, {"SCAN", cursor, "COUNT", std::to_string(source_.commands_together() / 2)});
    if (!page) return page.error();
    if (page->elements.size() != 2) return Error{ErrorCode::corrupt, "SCAN gave no page"};
    cursor = page->elements[0].text;
    if (auto done = copy_page(texts_of(std::move(page->elements[1]))); !done) return done;
  } while (cursor != "0");
  return {};
}

Result<void> Copy::copy_page(const std::vector<std::string>& names) {
  std::span<const std::string> left = names;
  while (!left.empty()) {
    auto group = left.first(std::min(left.size(), group_size_));
    left = left.subspan(group.size());
    if (auto done = copy_group(group); !done) return done;
    progress_(report_);
  }
  return {};
}

Result<void> Copy::copy_group(std::span<const std::string> names) {
  auto keys = read_group(names);
  if (!keys) return keys.error();
  std::size_t bytes = 0;
  std::vector<Key> dumped;
  for (Key& key : *keys) {
    bytes += key.dump.size();
    if (!key.dump.empty()) {
      dumped.push_back(std::move(key));
    } else if (auto done = by_type(key); !done) {
      return done;
    }
  }
  group_size_ = bytes > group_bytes_wanted ? std::max<std::size_t>(group_size_ / 2, 1)
                                           : std::min(group_size_ * 2, source_.commands_together() / 2);
  return dumped.empty() ? Result<void>() : restore(dumped);
}

// Milliseconds since 1970; 0: never; -1: the key is gone.
std::int64_t Copy::expiry_of(const RedisReply& reply) const {
  if (reply.integer == -2) return -1;
  if (reply.integer < 0) return 0;
  return times_absolute_ ? reply.integer : milliseconds_now() + reply.integer;
}

// Those that are still there; one without a dump is to be copied by type.
Result<std::vector<Copy::Key>> Copy::read_group(std::span<const std::string> names) {
  std::vector<RedisCommand> questions;
  for (const std::string& name : names) {
    questions.push_back({times_absolute_ ? "PEXPIRETIME" : "PTTL", name});
    if (dumps_) questions.push_back({"DUMP", name});
  }
  auto replies = source_.run(questions);
  if (!replies) return replies.error();
  std::vector<Key> keys;
  std::size_t at = 0;
  for (const std::string& name : names) {
    Key key{.name = name, .expires_at = expiry_of(replies->at(at++))};
    bool gone = key.expires_at == -1 || (key.expires_at > 0 && key.expires_at <= milliseconds_now());
    if (dumps_) {
      RedisReply& dump = replies->at(at++);
      gone = gone || dump.is_nil();
      if (!dump.is_error()) key.dump = std::move(dump.text);
    }
    if (gone) {
      count(name, &CopyReport::gone);
    } else {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

Result<void> Copy::restore(const std::vector<Key>& keys) {
  std::vector<RedisCommand> commands;
  for (const Key& key : keys) {
    RedisCommand command{"RESTORE", key.name, std::to_string(key.expires_at), key.dump, "ABSTTL"};
    if (existing_ == Existing::replace) command.emplace_back("REPLACE");
    commands.push_back(std::move(command));
  }
  auto replies = target_.run(commands);
  if (!replies) return replies.error();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto done = take_outcome(keys[i], replies->at(i)); !done) return done;
  }
  return {};
}

Result<void> Copy::take_outcome(const Key& key, const RedisReply& reply) {
  if (!reply.is_error()) {
    count(key.name, &CopyReport::copied);
    return {};
  }
  if (reply.text.starts_with("BUSYKEY")) {
    count(key.name, &CopyReport::kept);
    return {};
  }
  if (is_full(reply.text)) return fail(key, reply.text);
  // Dumps of a later version: those of other keys will not be understood either.
  if (reply.text.find("DUMP payload version") != std::string::npos) dumps_ = false;
  return by_type(key);
}

Result<void> Copy::by_type(const Key& key) {
  auto outcome = copy_by_type(
      source_, target_, {.name = key.name, .expires_at = key.expires_at, .replace = existing_ == Existing::replace});
  if (!outcome)
    return outcome.error().code == ErrorCode::invalid ? fail(key, outcome.error().message) : outcome.error();
  switch (*outcome) {
    case KeyOutcome::copied: count(key.name, &CopyReport::copied); break;
    case KeyOutcome::kept: count(key.name, &CopyReport::kept); break;
    case KeyOutcome::gone: count(key.name, &CopyReport::gone); break;
  }
  return {};
}

// Goes on, unless nothing more fits.
Result<void> Copy::fail(const Key& key, const std::string& reason) {
  if (is_full(reason)) {
    return Error{
        ErrorCode::over_limit,
        fmt::format("the database is full ({}): raise its limit with millrace db limit NAME --max-size SIZE and "
                    "go on with --merge",
                    reason)};
  }
  count(key.name, &CopyReport::failed);
  if (report_.failures.size() < failures_told_max) report_.failures.push_back({key.name, reason});
  return {};
}

void Copy::count(const std::string& name, std::uint64_t CopyReport::*outcome) {
  if (counted_.insert(std::hash<std::string>{}(name)).second) report_.*outcome += 1;
}

}  // namespace millrace::server
