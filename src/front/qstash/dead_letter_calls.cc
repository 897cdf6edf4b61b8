// Dead letters.

#include "front/qstash/call.h"
#include "front/qstash/filter.h"
#include "front/qstash/objects.h"
#include "front/qstash/publish_options.h"

namespace millrace::front {
namespace {

using delivery::Delivery;

constexpr SelectionRules list_rules{.order = delivery::Order::earliest_first, .host_and_path = false};
constexpr SelectionRules bulk_rules{.order = delivery::Order::earliest_first, .strict = true, .host_and_path = false};

Answer list(Delivery& delivery, Call call) {
  auto selection = read_selection(call.query(), list_rules);
  if (!selection) co_return answer_error(selection.error());
  auto page = co_await delivery.dead_letters(std::move(selection->filter), std::move(selection->page));
  if (!page) co_return answer_error(page.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("messages").open_array();
    for (const delivery::DeadLetter& letter : page->items) append_dead_letter(json, letter);
    json.close_array();
    if (page->cursor) json.key("cursor").string(*page->cursor);
    json.close_object();
  });
}

Answer get(Delivery& delivery, Call call) {
  auto letter = co_await delivery.dead_letter(call.names[0]);
  if (!letter) co_return answer_error(letter.error(), "dead letter", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_dead_letter(json, *letter); });
}

Answer remove(Delivery& delivery, Call call) {
  auto done = co_await delivery.delete_dead_letter(call.names[0]);
  if (!done) co_return answer_error(done.error(), "dead letter", call.names[0]);
  co_return answer_json(200, "{}");
}

// What a bulk request names. One that names nothing is refused: it would be all there is.
Result<Selection> bulk_selection(const Call& call) {
  auto selection = read_selection(call.query(), bulk_rules);
  if (!selection) return selection;
  if (auto ids = add_ids(call.body(), *selection); !ids) return ids.error();
  if (selection->everything()) return Error{ErrorCode::invalid, "say which: dlqIds, a filter, or a count for any"};
  return selection;
}

Answer remove_many(Delivery& delivery, Call call) {
  auto selection = bulk_selection(call);
  if (!selection) co_return answer_error(selection.error());
  auto done = co_await delivery.delete_dead_letters(std::move(selection->filter), std::move(selection->page));
  if (!done) co_return answer_error(done.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("deleted").integer(static_cast<std::int64_t>(done->count));
    if (done->cursor) json.key("cursor").string(*done->cursor);
    json.close_object();
  });
}

// The headers of a retry change the message; the rest of it stays as it was.
Result<Delivery::Change> change_of(const Call& call) {
  auto options = read_publish_options(call.request->headers, {.content_type = false});
  if (!options) return options.error();
  return Delivery::Change(
      [options = std::move(*options)](delivery::PublishRequest& request) { apply(options, request); });
}

Answer retry(Delivery& delivery, Call call) {
  auto change = change_of(call);
  if (!change) co_return answer_error(change.error());
  auto published = co_await delivery.retry_dead_letter(call.names[0], std::move(*change));
  if (!published) co_return answer_error(published.error(), "dead letter", call.names[0]);
  co_return answer_with(201, [&](JsonWriter& json) { append_published(json, {&*published, 1}, false); });
}

Answer retry_many(Delivery& delivery, Call call) {
  auto selection = bulk_selection(call);
  if (!selection) co_return answer_error(selection.error());
  auto change = change_of(call);
  if (!change) co_return answer_error(change.error());
  auto page = co_await delivery.retry_dead_letters(std::move(selection->filter), std::move(selection->page),
                                                   std::move(*change));
  if (!page) co_return answer_error(page.error());
  co_return answer_with(201, [&](JsonWriter& json) {
    json.open_object().key("responses");
    append_published(json, page->items, true);
    if (page->cursor) json.key("cursor").string(*page->cursor);
    json.close_object();
  });
}

}  // namespace

std::vector<CallRow> dead_letter_calls() {
  return {
      {"GET", "/v2/dlq", list},           {"GET", "/v2/dlq/{}", get},          {"DELETE", "/v2/dlq/{}", remove},
      {"DELETE", "/v2/dlq", remove_many}, {"POST", "/v2/dlq/retry/{}", retry}, {"POST", "/v2/dlq/retry", retry_many},
  };
}

}  // namespace millrace::front
