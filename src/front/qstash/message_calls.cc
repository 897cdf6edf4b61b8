// Messages, and the log of what became of them.

#include "front/qstash/call.h"
#include "front/qstash/filter.h"
#include "front/qstash/objects.h"

namespace millrace::front {
namespace {

using delivery::Delivery;

constexpr SelectionRules cancel_rules{.count_default = 500, .count_max = 500, .strict = true};
constexpr SelectionRules event_rules{.count_default = 1000, .count_max = 1000};
constexpr SelectionRules list_rules{.count_default = 100, .count_max = 1000};

Answer get(Delivery& delivery, Call call) {
  auto status = co_await delivery.message(call.names[0]);
  if (!status) co_return answer_error(status.error(), "message", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_message(json, status->message); });
}

// Those that are not finished. The clients have no call for it; the command line has.
Answer list(Delivery& delivery, Call call) {
  auto selection = read_selection(call.query(), list_rules);
  if (!selection) co_return answer_error(selection.error());
  auto page = co_await delivery.messages(std::move(selection->page));
  if (!page) co_return answer_error(page.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("messages").open_array();
    for (const delivery::MessageStatus& each : page->items) append_message(json, each.message);
    json.close_array();
    if (page->cursor) json.key("cursor").string(*page->cursor);
    json.close_object();
  });
}

net::HttpResponse cancelled(std::uint64_t count) {
  return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("cancelled").integer(static_cast<std::int64_t>(count)).close_object();
  });
}

Answer cancel(Delivery& delivery, Call call) {
  auto done = co_await delivery.cancel(call.names[0]);
  if (!done) co_return answer_error(done.error(), "message", call.names[0]);
  co_return cancelled(1);
}

// What is named or filtered; everything, when nothing is said.
Answer cancel_many(Delivery& delivery, Call call) {
  auto selection = read_selection(call.query(), cancel_rules);
  if (!selection) co_return answer_error(selection.error());
  if (auto ids = add_ids(call.body(), *selection); !ids) co_return answer_error(ids.error());
  std::optional<std::size_t> count_max;
  if (selection->count_given) count_max = selection->page.count;
  auto count = co_await delivery.cancel(std::move(selection->filter), count_max);
  if (!count) co_return answer_error(count.error());
  co_return cancelled(*count);
}

// Both names, since the clients read one and the documentation has the other.
Answer events(Delivery& delivery, Call call) {
  auto selection = read_selection(call.query(), event_rules);
  if (!selection) co_return answer_error(selection.error());
  auto page = co_await delivery.events(std::move(selection->filter), std::move(selection->page));
  if (!page) co_return answer_error(page.error());
  std::string list;
  JsonWriter items(list);
  items.open_array();
  for (const delivery::Event& event : page->items) append_event(items, event);
  items.close_array();
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object();
    if (page->cursor) json.key("cursor").string(*page->cursor);
    json.key("events").raw(list).key("logs").raw(list).close_object();
  });
}

}  // namespace

std::vector<CallRow> message_calls() {
  return {
      {"GET", "/v2/messages", list},           {"GET", "/v2/messages/{}", get}, {"DELETE", "/v2/messages/{}", cancel},
      {"DELETE", "/v2/messages", cancel_many}, {"GET", "/v2/events", events},   {"GET", "/v2/logs", events},
  };
}

}  // namespace millrace::front
