// The log of all messages: entries point at the events that a message's status has.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t page = 256;                 // entries read at once
constexpr std::size_t looked_at_max = 20'000;     // entries for one answer: a filter that fits nothing must end
constexpr std::size_t page_bytes_max = 16 << 20;  // of one answer
constexpr std::size_t of_message_max = 1'000;     // messages asked for by their ids

struct Cursor {
  std::string entry{};     // the last one that was looked at, wholly or not
  std::size_t passed = 0;  // of its events
};

Cursor read_cursor(const std::string& text) {
  Cursor cursor;
  auto dot = std::min(text.find('.'), text.size());
  cursor.entry = text.substr(0, dot);
  if (dot < text.size()) std::from_chars(text.data() + dot + 1, text.data() + text.size(), cursor.passed);
  return cursor;
}

Event event_of(const EventRow& row, const std::shared_ptr<const Message>& message, const std::string& id) {
  Event event{.time = row.time, .state = row.state, .message_id = id, .error = row.error};
  event.next_delivery = row.next_delivery;
  event.response = row.response;
  event.latency = row.latency;
  event.message = message;
  return event;
}

bool wanted(const Filter& filter, const Event& event) {
  if (!filter.states.empty() &&
      std::find(filter.states.begin(), filter.states.end(), event.state) == filter.states.end()) {
    return false;
  }
  return event.message && matches(filter, *event.message, event.time);
}

std::size_t weight(const Event& event) {
  std::size_t bytes = event.error.size() + 200;
  if (event.message) bytes += event.message->content.body.size() + event.message->url.size();
  if (event.response) bytes += event.response->body.size();
  return bytes;
}

}  // namespace

// All events of a few messages, in order.
Async<Result<Page<Event>>> Delivery::Impl::events_of(Filter filter, PageRequest request) {
  std::vector<std::string> ids = filter.message_ids;
  if (ids.size() > of_message_max) {
    co_return Error{ErrorCode::over_limit,
                    fmt::format("quota maxMessageIds exceeded, current limit: {}", of_message_max)};
  }
  Transaction parents;
  for (const std::string& id : ids) parents.add("get", children_key(id));
  auto children = co_await database.run(std::move(parents));
  if (!children) co_return children.error();
  for (const store::Reply& each : *children) {
    for (std::string_view rest = text_of(each).value_or(""); !rest.empty();) {
      auto space = std::min(rest.find(' '), rest.size());
      ids.emplace_back(rest.substr(0, space));
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
  }
  std::vector<std::string> asked = ids;
  auto rows = co_await read(std::move(asked));
  if (!rows) co_return rows.error();
  std::vector<Event> all;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    if (!(*rows)[at]) continue;
    auto message = std::make_shared<const Message>(std::move((*rows)[at]->message.message));
    for (const EventRow& row : (*rows)[at]->status.events) {
      Event event = event_of(row, message, ids[at]);
      if (wanted(filter, event)) all.push_back(std::move(event));
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Event& left, const Event& right) { return left.time < right.time; });
  if (request.order == Order::latest_first) std::reverse(all.begin(), all.end());
  Page<Event> answer;
  std::size_t from = 0;
  std::from_chars(request.cursor.data(), request.cursor.data() + request.cursor.size(), from);
  for (std::size_t at = from; at < all.size() && answer.items.size() < request.count; ++at) {
    answer.items.push_back(std::move(all[at]));
  }
  if (from + answer.items.size() < all.size()) answer.cursor = std::to_string(from + answer.items.size());
  co_return std::move(answer);
}

Async<Result<Page<Event>>> Delivery::events(Filter filter, PageRequest request) {
  if (!filter.message_ids.empty()) co_return co_await impl_->events_of(std::move(filter), std::move(request));
  const bool latest = request.order == Order::latest_first;
  Page<Event> answer;
  Cursor cursor = read_cursor(request.cursor);
  std::string low = "-";
  std::string high = "+";
  // An attempt's beginning is told with its end: entries may be younger than their events.
  if (filter.from) low = std::to_string(count_of(*filter.from));
  std::size_t bytes = 0;
  for (std::size_t looked = 0;;) {
    if (!cursor.entry.empty()) (latest ? high : low) = cursor.entry;
    Transaction range;
    range.add(latest ? "xrevrange" : "xrange", std::string(log_key), latest ? high : low, latest ? low : high, "count",
              std::to_string(page));
    auto replies = co_await impl_->database.run(std::move(range));
    if (!replies) co_return replies.error();
    const std::vector<store::Reply> entries = std::move(replies->front().elements);
    std::vector<LogRow> rows;
    std::vector<std::string> ids;
    for (const store::Reply& entry : entries) {
      rows.push_back(decode_log(entry.elements[1].elements[1].text).value_or(LogRow()));
      ids.push_back(rows.back().message_id);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    std::vector<std::string> asked = ids;
    auto found = co_await impl_->read(std::move(asked));
    if (!found) co_return found.error();
    std::vector<std::shared_ptr<const Message>> messages(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if ((*found)[i]) messages[i] = std::make_shared<const Message>(std::move((*found)[i]->message.message));
    }
    for (std::size_t at = 0; at < entries.size(); ++at) {
      const auto which =
          static_cast<std::size_t>(std::lower_bound(ids.begin(), ids.end(), rows[at].message_id) - ids.begin());
      const std::string& id = entries[at].elements[0].text;
      const std::size_t skip = id == cursor.entry ? cursor.passed : 0;
      cursor = {id, rows[at].count};
      if (!messages[which]) continue;
      const auto& events = (*found)[which]->status.events;
      for (std::size_t step = skip; step < rows[at].count; ++step) {
        const std::size_t index = rows[at].first + (latest ? rows[at].count - 1 - step : step);
        if (index >= events.size()) continue;
        Event event = event_of(events[index], messages[which], rows[at].message_id);
        if (!wanted(filter, event)) continue;
        if (answer.items.size() == request.count || bytes > page_bytes_max) {
          answer.cursor = fmt::format("{}.{}", id, step);  // this one begins the next page
          co_return std::move(answer);
        }
        bytes += weight(event);
        answer.items.push_back(std::move(event));
      }
    }
    looked += entries.size();
    if (entries.size() < page) co_return std::move(answer);
    if (looked < looked_at_max) continue;
    answer.cursor = fmt::format("{}.{}", cursor.entry, cursor.passed);
    co_return std::move(answer);
  }
}

}  // namespace millrace::delivery
