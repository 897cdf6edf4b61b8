// Publish, enqueue and batch.

#include <algorithm>
#include <fmt/format.h>

#include "base/json.h"
#include "front/qstash/call.h"
#include "front/qstash/draft.h"
#include "front/qstash/objects.h"

namespace millrace::front {
namespace {

using delivery::Delivery;
using delivery::Published;
using net::HttpResponse;

constexpr std::size_t batch_max = 10'000;            // one transaction, whose rows are held in memory
constexpr std::size_t header_bytes_max = 64 * 1024;  // of one element; the head of a request may have 16 KiB

DraftInput input_of(const Call& call) {
  return {.destination = call.tail,
          .query = call.query(),
          .headers = call.request->headers,
          .body = call.body(),
          .caller_address = call.caller_address(),
          .reading = {.authorization_ours = !call.token_of_query}};
}

bool all_deduplicated(const std::vector<Published>& published) {
  return std::ranges::all_of(published, &Published::deduplicated);
}

HttpResponse answer_published(const std::vector<Published>& published, bool group) {
  return answer_with(all_deduplicated(published) ? 202 : 200,
                     [&](JsonWriter& json) { append_published(json, published, group); });
}

Answer create_schedule(Delivery& delivery, Draft draft, int status) {
  delivery::ScheduleRequest request = schedule_of(std::move(draft));
  auto id = co_await delivery.put_schedule(std::move(request));
  if (!id) co_return answer_error(id.error());
  co_return answer_with(status,
                        [&](JsonWriter& json) { json.open_object().key("scheduleId").string(*id).close_object(); });
}

Answer publish_to(Delivery& delivery, Call call, std::string queue) {
  KnownGroups groups;
  DraftInput input = input_of(call);
  auto draft = co_await make_draft(delivery, std::move(input), groups);
  if (!draft) co_return answer_error(draft.error());
  if (!draft->cron.empty()) {
    if (!queue.empty()) draft->schedule_queue = std::move(queue);
    co_return co_await create_schedule(delivery, std::move(*draft), 200);
  }
  draft->request.queue = std::move(queue);
  bool group = !draft->request.destination.group.empty();
  auto published = co_await delivery.publish(std::move(draft->request));
  if (!published) co_return answer_error(published.error());
  co_return answer_published(*published, group);
}

Answer publish(Delivery& delivery, Call call) {
  return publish_to(delivery, std::move(call), "");
}

Answer enqueue(Delivery& delivery, Call call) {
  std::string queue = call.names[0];
  if (!is_name(queue)) co_return answer_error(400, fmt::format("invalid queue name: {}", queue));
  co_return co_await publish_to(delivery, std::move(call), std::move(queue));
}

Answer publish_v1(Delivery& delivery, Call call) {
  KnownGroups groups;
  DraftInput input = input_of(call);
  auto draft = co_await make_draft(delivery, std::move(input), groups);
  if (!draft) co_return answer_error(draft.error());
  if (!draft->cron.empty()) co_return co_await create_schedule(delivery, std::move(*draft), 201);
  draft->request.one_id = true;
  auto published = co_await delivery.publish(std::move(draft->request));
  if (!published) co_return answer_error(published.error());
  if (published->empty()) co_return answer_error(400, "the topic has no endpoints");
  co_return answer_with(all_deduplicated(*published) ? 202 : 200, [&](JsonWriter& json) {
    json.open_object().key("messageId").string(published->front().message_id).close_object();
  });
}

// --- Batch ---

// One element: its parts as views into the document.
struct Element {
  DraftInput input{};
  std::string_view queue{};
};

// A member that may be missing or null.
Result<std::string_view> text_of(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  if (value == nullptr || value->is_null()) return std::string_view();
  if (!value->is_string()) return Error{ErrorCode::invalid, fmt::format("{} is no string", name)};
  return value->string();
}

Result<void> add_header(std::string_view name, const JsonValue& value, std::vector<net::HttpHeader>& headers) {
  if (value.is_null()) return {};
  if (!value.is_string()) return Error{ErrorCode::invalid, fmt::format("header {} is no string", name)};
  if (!is_header(name, value.string())) return Error{ErrorCode::invalid, fmt::format("invalid header: {}", name)};
  headers.push_back({name, value.string()});
  return {};
}

Result<std::vector<net::HttpHeader>> headers_of(const JsonValue& element) {
  std::vector<net::HttpHeader> headers;
  const JsonValue* object = element.find("headers");
  if (object == nullptr || object->is_null()) return headers;
  if (!object->is_object()) return Error{ErrorCode::invalid, "headers is no object"};
  std::size_t bytes = 0;
  for (const JsonMember& member : object->members()) {
    if (member.value.is_array()) {
      for (const JsonValue& each : member.value.items()) {
        if (auto added = add_header(member.name, each, headers); !added) return added.error();
      }
    } else if (auto added = add_header(member.name, member.value, headers); !added) {
      return added.error();
    }
  }
  for (const auto& [name, value] : headers) bytes += name.size() + value.size();
  if (bytes > header_bytes_max) {
    return Error{ErrorCode::invalid, fmt::format("the headers have more than {} bytes", header_bytes_max)};
  }
  return headers;
}

Result<Element> read_element(const JsonValue& value) {
  if (!value.is_object()) return Error{ErrorCode::invalid, "it is no object"};
  auto destination = text_of(value, "destination");
  auto body = text_of(value, "body");
  auto queue = text_of(value, "queue");
  auto headers = headers_of(value);
  for (const auto* text : {&destination, &body, &queue}) {
    if (!*text) return text->error();
  }
  if (!headers) return headers.error();
  if (!queue->empty() && !is_name(*queue)) {
    return Error{ErrorCode::invalid, fmt::format("invalid queue name: {}", *queue)};
  }
  Element element;
  element.input = {.destination = *destination, .headers = std::move(*headers), .body = *body};
  element.queue = *queue;
  return element;
}

// What became of one element.
struct Outcome {
  Result<std::vector<Published>> published{std::vector<Published>()};
  std::string schedule_id{};
  bool group = false;
  bool waits = false;  // for the publish of all
};

Async<Outcome> prepare(Delivery& delivery, const JsonValue& value, std::string caller, KnownGroups& groups,
                       std::vector<delivery::PublishRequest>& requests) {
  Outcome outcome;
  auto element = read_element(value);
  if (!element) {
    outcome.published = element.error();
    co_return outcome;
  }
  element->input.caller_address = std::move(caller);
  auto draft = co_await make_draft(delivery, std::move(element->input), groups);
  if (!draft) {
    outcome.published = draft.error();
    co_return outcome;
  }
  if (!draft->cron.empty()) {
    delivery::ScheduleRequest schedule = schedule_of(std::move(*draft));
    auto id = co_await delivery.put_schedule(std::move(schedule));
    if (id) outcome.schedule_id = std::move(*id);
    if (!id) outcome.published = id.error();
    co_return outcome;
  }
  draft->request.queue = element->queue;
  outcome.group = !draft->request.destination.group.empty();
  outcome.waits = true;
  requests.push_back(std::move(draft->request));
  co_return outcome;
}

void append_outcome(JsonWriter& json, const Outcome& outcome) {
  if (!outcome.published) {
    std::string text;
    append_json_string_repaired(text, outcome.published.error().message);
    json.open_object().key("error").raw(text).close_object();
  } else if (!outcome.schedule_id.empty()) {
    json.open_object().key("scheduleId").string(outcome.schedule_id).close_object();
  } else {
    append_published(json, *outcome.published, outcome.group);
  }
}

Answer batch(Delivery& delivery, Call call) {
  static_assert(net::HttpRequest::body_padding >= json_padding, "the body is read where it lies");
  auto document = JsonDocument::parse_padded(call.body());
  if (!document) co_return answer_error(400, fmt::format("invalid batch: {}", document.error().message));
  if (!document->root().is_array()) co_return answer_error(400, "invalid batch: it is no JSON array");
  if (document->root().items().size() > batch_max) {
    co_return answer_error(400, fmt::format("invalid batch: it has more than {} messages", batch_max));
  }
  KnownGroups groups;
  std::vector<Outcome> outcomes;
  std::vector<delivery::PublishRequest> requests;
  for (const JsonValue& value : document->root().items()) {
    std::string caller = call.caller_address();
    auto outcome = co_await prepare(delivery, value, std::move(caller), groups, requests);
    outcomes.push_back(std::move(outcome));
  }
  auto published = co_await delivery.publish_batch(std::move(requests));
  if (!published) co_return answer_error(published.error());
  auto next = published->begin();
  for (Outcome& outcome : outcomes) {
    if (outcome.waits && next != published->end()) outcome.published = std::move(*next++);
  }
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const Outcome& outcome : outcomes) append_outcome(json, outcome);
    json.close_array();
  });
}

Answer create(Delivery& delivery, Call call) {
  KnownGroups groups;
  DraftInput input = input_of(call);
  auto draft = co_await make_draft(delivery, std::move(input), groups);
  if (!draft) co_return answer_error(draft.error());
  if (draft->cron.empty()) co_return answer_error(400, "invalid cron: the header Upstash-Cron is missing");
  co_return co_await create_schedule(delivery, std::move(*draft), 200);
}

}  // namespace

std::vector<CallRow> publish_calls() {
  return {
      {"POST", "/v2/publish/*", publish},  {"POST", "/v2/enqueue/{}/*", enqueue}, {"POST", "/v2/batch", batch},
      {"POST", "/v2/schedules/*", create}, {"POST", "/v1/publish/*", publish_v1},
  };
}

}  // namespace millrace::front
