// What is kept for a while only: events with the messages they tell of, and dead letters.

#include <algorithm>
#include <charconv>

#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t slice = 128;  // messages in one transaction

std::int64_t time_of_entry(std::string_view id) {
  std::int64_t at = 0;
  std::from_chars(id.data(), id.data() + id.size(), at);
  return at;
}

// The smallest id of the stream behind `id`.
std::string behind(const std::string& id) {
  auto dash = id.find('-');
  return id.substr(0, dash + 1) + std::to_string(std::strtoull(id.c_str() + dash + 1, nullptr, 10) + 1);
}

}  // namespace

Async<void> Delivery::Impl::sweep() {
  sweeping = true;
  for (auto step : {&Impl::sweep_log, &Impl::sweep_dead_letters}) {
    for (bool more = true; more && !stopping;) {
      auto done = co_await (this->*step)();
      if (!done) problem(done.error().message);
      more = done && *done;
    }
  }
  sweeping = false;
}

// One slice of the log's oldest entries, and of the messages that have their end there. Whether there may be more.
Async<Result<bool>> Delivery::Impl::sweep_log() {
  Transaction oldest;
  oldest.add("xlen", std::string(log_key));
  oldest.add("xrange", std::string(log_key), "-", "+", "count", std::to_string(slice));
  auto replies = co_await database.run(std::move(oldest));
  if (!replies) co_return replies.error();
  const auto length = static_cast<std::uint64_t>((*replies)[0].integer);
  const std::vector<store::Reply> entries = std::move((*replies)[1].elements);
  const std::int64_t horizon = count_of(now() - options.limits.events_kept);
  std::size_t count = 0;
  std::vector<LogRow> rows;
  std::vector<std::string> ids;
  for (const store::Reply& entry : entries) {
    const bool over = length - count > options.limits.events_max;
    if (!over && time_of_entry(entry.elements[0].text) >= horizon) break;
    rows.push_back(decode_log(entry.elements[1].elements[1].text).value_or(LogRow()));
    ids.push_back(rows.back().message_id);
    ++count;
  }
  if (count == 0) co_return false;
  std::vector<std::string> asked = ids;
  auto found = co_await read(std::move(asked));
  if (!found) co_return found.error();
  Transaction trim;
  trim.add("xtrim", std::string(log_key), "minid", behind(entries[count - 1].elements[0].text));
  for (std::size_t at = 0; at < count; ++at) {
    const auto& message = (*found)[at];
    if (!message || !terminal(message->status.state)) continue;
    if (rows[at].first + rows[at].count < message->status.events.size()) continue;
    if (message->status.dead_letter.empty()) {
      trim.add("del", message_key(ids[at]), status_key(ids[at]), body_key(ids[at]), holders_key(ids[at]));
    } else {
      StatusRow status = message->status;
      status.unlogged = true;
      trim.add("set", status_key(ids[at]), encode(status));
    }
  }
  auto done = co_await database.run(std::move(trim));
  if (!done) co_return done.error();
  co_return count == slice;
}

Async<Result<bool>> Delivery::Impl::sweep_dead_letters() {
  const std::int64_t horizon = count_of(now() - options.limits.dead_letters_kept);
  Transaction oldest;
  oldest.add("zrange", std::string(dead_letters_key), "-inf", "(" + score(horizon), "byscore", "limit", "0",
             std::to_string(slice));
  auto replies = co_await database.run(std::move(oldest));
  if (!replies) co_return replies.error();
  const std::vector<store::Reply> places = std::move(replies->front().elements);
  for (const store::Reply& place : places) {
    std::string id = place.text.substr(0, place.text.find(' '));
    auto done = co_await remove_dead_letter(std::move(id));
    if (!done) co_return done.error();
  }
  co_return places.size() == slice;
}

}  // namespace millrace::delivery
