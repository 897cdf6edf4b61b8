#include "front/qstash/objects.h"

#include <algorithm>

#include "base/crypto.h"

namespace millrace::front {
namespace {

using delivery::Callback;
using delivery::Content;
using delivery::FlowControl;
using delivery::Headers;
using delivery::Message;
using delivery::Redaction;

std::int64_t milliseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

// JSON of bytes that may be no UTF-8.
std::string quoted(std::string_view bytes) {
  std::string text;
  append_json_string_repaired(text, bytes);
  return text;
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

void put(JsonWriter& json, std::string_view key, std::string_view text) {
  if (!text.empty()) json.key(key).raw(quoted(text));
}

void put_list(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).open_array();
  for (const std::string& text : texts) json.raw(quoted(text));
  json.close_array();
}

std::string digest(std::string_view bytes) {
  return "REDACTED:" + to_hex(sha256(bytes));
}

bool hidden(const Redaction* redaction, std::string_view header) {
  if (redaction == nullptr) return false;
  return redaction->headers || std::ranges::find(redaction->header_names, header) != redaction->header_names.end();
}

// {"Name":["value", …], …}
void put_headers(JsonWriter& json, std::string_view key, const Headers& headers, const Redaction* redaction = nullptr) {
  json.key(key).open_object();
  for (std::size_t at = 0; at < headers.size(); ++at) {
    const std::string& name = headers[at].first;
    auto same = [&](const auto& each) { return each.first == name; };
    if (std::any_of(headers.begin(), headers.begin() + static_cast<std::ptrdiff_t>(at), same)) continue;
    json.key(name).open_array();
    for (const auto& [each, value] : headers) {
      if (each == name) json.raw(quoted(hidden(redaction, name) ? digest(value) : value));
    }
    json.close_array();
  }
  json.close_object();
}

// As text where it is text, else in base64 under a name of its own.
void put_body(JsonWriter& json, std::string_view text_key, std::string_view base64_key, std::string_view body) {
  if (body.empty()) return;
  std::string repaired = quoted(body);
  std::string plain;
  append_json_string(plain, body);
  if (repaired == plain) {
    json.key(text_key).raw(plain);
  } else {
    json.key(base64_key).string(base64(body));
  }
}

std::string shown_body(const Content& content) {
  return content.redaction.body && !content.body.empty() ? digest(content.body) : content.body;
}

void put_flow(JsonWriter& json, const std::optional<FlowControl>& flow) {
  if (!flow) return;
  put(json, "flowControlKey", flow->key);
  if (flow->parallelism) json.key("parallelism").integer(*flow->parallelism);
  if (flow->rate) json.key("rate").integer(*flow->rate);
  json.key("period").integer(flow->period.count());
}

void put_labels(JsonWriter& json, const std::vector<std::string>& labels) {
  if (labels.empty()) return;
  put(json, "label", labels.front());
  put_list(json, "labels", labels);
}

void put_callback(JsonWriter& json, std::string_view url_key, std::string_view headers_key, const Callback* callback) {
  if (callback == nullptr) return;
  put(json, url_key, callback->url);
  if (!callback->headers.empty()) put_headers(json, headers_key, callback->headers);
}

void put_caller(JsonWriter& json, std::string_view address) {
  put(json, "callerIP", address);
  put(json, "callerIp", address);
}

void put_message(JsonWriter& json, const Message& message) {
  const Content& content = message.content;
  json.key("messageId").raw(quoted(message.id));
  json.key("url").raw(quoted(message.url));
  json.key("method").string(content.method);
  json.key("maxRetries").integer(content.retries);
  json.key("notBefore").integer(milliseconds(message.not_before));
  json.key("createdAt").integer(milliseconds(message.created_at));
  put(json, "topicName", message.group);
  put(json, "endpointName", message.endpoint);
  put(json, "queueName", message.queue);
  put(json, "scheduleId", message.schedule);
  put_caller(json, content.caller_address);
  put_headers(json, "header", content.headers, &content.redaction);
  put_body(json, "body", "bodyBase64", shown_body(content));
  put_callback(json, "callback", "callbackHeader", content.callback.get());
  put_callback(json, "failureCallback", "failureCallbackHeader", content.failure_callback.get());
  put_labels(json, content.labels);
  put_flow(json, content.flow_control);
  put(json, "retryDelayExpression", content.retry_delay);
  if (content.timeout) json.key("timeout").integer(content.timeout->count());
}

void put_event_message(JsonWriter& json, const Message& message) {
  const Content& content = message.content;
  put(json, "topicName", message.group);
  put(json, "endpointName", message.endpoint);
  put(json, "scheduleId", message.schedule);
  put(json, "queueName", message.queue);
  put_headers(json, "header", content.headers, &content.redaction);
  if (!content.body.empty()) json.key("body").string(base64(shown_body(content)));
  put_labels(json, content.labels);
  json.key("method").string(content.method);
  if (content.timeout) json.key("timeout").integer(std::chrono::milliseconds(*content.timeout).count());
  json.key("maxRetries").integer(content.retries);
  put_callback(json, "callback", "callbackHeaders", content.callback.get());
  put_callback(json, "failureCallback", "failureCallbackHeaders", content.failure_callback.get());
  put_flow(json, content.flow_control);
  put_caller(json, content.caller_address);
  put(json, "retryDelayExpr", content.retry_delay);
  put(json, "retryDelayExpression", content.retry_delay);
}

std::string_view name_of(delivery::ScheduleState state) {
  switch (state) {
    case delivery::ScheduleState::in_progress: return "IN_PROGRESS";
    case delivery::ScheduleState::success: return "SUCCESS";
    case delivery::ScheduleState::fail: return "FAIL";
  }
  return "IN_PROGRESS";
}

std::int64_t seconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

}  // namespace

void append_published(JsonWriter& json, std::span<const delivery::Published> published, bool group) {
  if (group) json.open_array();
  for (const delivery::Published& each : published) {
    json.open_object().key("messageId").raw(quoted(each.message_id)).key("url").raw(quoted(each.url));
    if (each.deduplicated) json.key("deduplicated").boolean(true);
    json.close_object();
  }
  if (group) json.close_array();
}

void append_message(JsonWriter& json, const Message& message) {
  json.open_object();
  put_message(json, message);
  json.close_object();
}

void append_dead_letter(JsonWriter& json, const delivery::DeadLetter& letter) {
  json.open_object().key("dlqId").raw(quoted(letter.id));
  put_message(json, letter.message);
  json.key("responseStatus").integer(letter.response.status);
  put_headers(json, "responseHeader", letter.response.headers);
  put_body(json, "responseBody", "responseBodyBase64", letter.response.body);
  json.close_object();
}

void append_event(JsonWriter& json, const delivery::Event& event) {
  json.open_object().key("time").integer(milliseconds(event.time));
  json.key("messageId").raw(quoted(event.message_id));
  json.key("state").string(to_string(event.state));
  json.key("url").raw(quoted(event.message ? event.message->url : std::string()));
  put(json, "error", event.error);
  if (event.next_delivery) json.key("nextDeliveryTime").integer(milliseconds(*event.next_delivery));
  if (event.message) put_event_message(json, *event.message);
  if (event.response) {
    json.key("responseStatus").integer(event.response->status);
    put_headers(json, "responseHeader", event.response->headers);
    put_headers(json, "responseHeaders", event.response->headers);
    if (!event.response->body.empty()) json.key("responseBody").string(base64(event.response->body));
  }
  if (event.latency) json.key("latency").integer(event.latency->count());
  json.close_object();
}

void append_queue(JsonWriter& json, const delivery::Queue& queue) {
  json.open_object().key("name").raw(quoted(queue.name));
  json.key("createdAt")
      .integer(milliseconds(queue.created_at))
      .key("updatedAt")
      .integer(milliseconds(queue.updated_at));
  json.key("parallelism").integer(queue.parallelism).key("lag").integer(static_cast<std::int64_t>(queue.lag));
  json.key("paused").boolean(queue.paused).close_object();
}

void append_group(JsonWriter& json, const delivery::UrlGroup& group) {
  json.open_object().key("name").raw(quoted(group.name));
  json.key("createdAt")
      .integer(milliseconds(group.created_at))
      .key("updatedAt")
      .integer(milliseconds(group.updated_at));
  json.key("endpoints").open_array();
  for (const delivery::Endpoint& endpoint : group.endpoints) {
    json.open_object();
    put(json, "name", endpoint.name);
    json.key("url").raw(quoted(endpoint.url)).close_object();
  }
  json.close_array();
  if (!group.headers.empty()) put_headers(json, "headers", group.headers);
  json.close_object();
}

void append_schedule(JsonWriter& json, const delivery::Schedule& schedule) {
  const delivery::ScheduleRequest& request = schedule.request;
  const Content& content = request.content;
  bool group = request.destination.url.empty();
  json.open_object().key("scheduleId").raw(quoted(request.id));
  json.key("destination").raw(quoted(group ? request.destination.group : request.destination.url));
  json.key("cron").raw(quoted(request.cron)).key("createdAt").integer(milliseconds(schedule.created_at));
  json.key("method").string(content.method).key("retries").integer(content.retries);
  json.key("isPaused").boolean(schedule.paused);
  put_headers(json, "header", content.headers, &content.redaction);
  put_body(json, "body", "bodyBase64", shown_body(content));
  if (request.delay.count() > 0) json.key("delay").integer(seconds(request.delay));
  put_callback(json, "callback", "callbackHeader", content.callback.get());
  put_callback(json, "failureCallback", "failureCallbackHeader", content.failure_callback.get());
  put(json, "queueName", request.queue);
  if (content.timeout) json.key("timeout").integer(content.timeout->count());
  put_caller(json, content.caller_address);
  put_labels(json, content.labels);
  put_flow(json, content.flow_control);
  put(json, "retryDelayExpression", content.retry_delay);
  if (schedule.last) json.key("lastScheduleTime").integer(milliseconds(*schedule.last));
  if (schedule.next) json.key("nextScheduleTime").integer(milliseconds(*schedule.next));
  if (!schedule.last_states.empty()) {
    json.key("lastScheduleStates").open_object();
    for (const auto& [id, state] : schedule.last_states) json.key(id).string(name_of(state));
    json.close_object();
  }
  put(json, "error", schedule.error);
  json.close_object();
}

void append_flow_control(JsonWriter& json, const delivery::FlowControlStatus& flow) {
  json.open_object().key("flowControlKey").raw(quoted(flow.limits.key));
  json.key("waitListSize").integer(static_cast<std::int64_t>(flow.waiting));
  json.key("parallelismMax").integer(flow.limits.parallelism.value_or(0));
  json.key("parallelismCount").integer(flow.parallelism_count);
  json.key("rateMax").integer(flow.limits.rate.value_or(0)).key("rateCount").integer(flow.rate_count);
  json.key("ratePeriod").integer(flow.limits.period.count());
  json.key("ratePeriodStart").integer(seconds(flow.period_start.time_since_epoch()));
  json.key("isPaused").boolean(flow.paused).key("isPinnedParallelism").boolean(flow.parallelism_pinned);
  json.key("isPinnedRate").boolean(flow.rate_pinned).close_object();
}

void append_keys(JsonWriter& json, const delivery::SigningKeys& keys) {
  json.open_object().key("current").string(keys.current).key("next").string(keys.next).close_object();
}

// --- Version 1 ---

namespace {

std::string_view state_v1(delivery::State state) {
  switch (state) {
    case delivery::State::created: return "created";
    case delivery::State::active: return "active";
    case delivery::State::retry: return "planned";
    case delivery::State::error: return "error";
    case delivery::State::delivered: return "delivered";
    case delivery::State::failed: return "failed";
    case delivery::State::cancel_requested:
    case delivery::State::canceled: return "canceled";
  }
  return "created";
}

void put_topic(JsonWriter& json, std::string_view name, const delivery::UrlGroup* group) {
  if (group != nullptr) put(json, "topicId", group->id);
  put(json, "topicName", name);
}

}  // namespace

void append_topic_v1(JsonWriter& json, const delivery::UrlGroup& group) {
  json.open_object().key("topicId").raw(quoted(group.id)).key("id").raw(quoted(group.id));
  json.key("name").raw(quoted(group.name)).key("endpoints").open_array();
  for (const delivery::Endpoint& endpoint : group.endpoints) append_endpoint_v1(json, group, endpoint);
  json.close_array().key("endpointIds").open_array();
  for (const delivery::Endpoint& endpoint : group.endpoints) json.raw(quoted(endpoint.id));
  json.close_array().close_object();
}

void append_endpoint_v1(JsonWriter& json, const delivery::UrlGroup& group, const delivery::Endpoint& endpoint) {
  json.open_object().key("endpointId").raw(quoted(endpoint.id)).key("id").raw(quoted(endpoint.id));
  json.key("url").raw(quoted(endpoint.url)).key("topicId").raw(quoted(group.id));
  json.key("topicName").raw(quoted(group.name)).close_object();
}

void append_message_v1(JsonWriter& json, const delivery::MessageStatus& status, const delivery::UrlGroup* group) {
  const Message& message = status.message;
  json.open_object().key("messageId").raw(quoted(message.id_for_receiver()));
  put_headers(json, "header", message.content.headers, &message.content.redaction);
  json.key("body").raw(quoted(shown_body(message.content)));
  if (message.group.empty()) put(json, "url", message.url);
  put_topic(json, message.group, group);
  json.key("createdAt").integer(milliseconds(message.created_at));
  json.key("method").string(message.content.method).close_object();
}

void append_task_v1(JsonWriter& json, const delivery::MessageStatus& status) {
  const Message& message = status.message;
  json.open_object().key("taskId").raw(quoted(message.id));
  json.key("messageId").raw(quoted(message.id_for_receiver()));
  json.key("state").string(state_v1(status.state)).key("url").raw(quoted(message.url));
  json.key("maxRetry").integer(message.content.retries).key("retried").integer(status.retried);
  if (status.next_delivery) json.key("nextProcessAt").integer(milliseconds(*status.next_delivery));
  json.close_object();
}

void append_event_v1(JsonWriter& json, const delivery::Event& event) {
  std::string_view parent = event.message ? std::string_view(event.message->parent) : std::string_view();
  json.open_object().key("time").integer(milliseconds(event.time)).key("state").string(state_v1(event.state));
  json.key("messageId").raw(quoted(parent.empty() ? event.message_id : parent));
  if (!parent.empty()) put(json, "taskId", event.message_id);
  if (event.next_delivery) json.key("nextScheduledAt").integer(milliseconds(*event.next_delivery));
  put(json, "error", event.error);
  json.close_object();
}

void append_schedule_v1(JsonWriter& json, const delivery::Schedule& schedule, const delivery::UrlGroup* group) {
  const delivery::ScheduleRequest& request = schedule.request;
  json.open_object().key("scheduleId").raw(quoted(request.id)).key("cron").raw(quoted(request.cron));
  json.key("createdAt").integer(milliseconds(schedule.created_at)).key("content").open_object();
  put_headers(json, "header", request.content.headers, &request.content.redaction);
  json.key("body").raw(quoted(shown_body(request.content))).close_object();
  json.key("destination").open_object();
  if (!request.destination.url.empty()) {
    json.key("type").string("url").key("url").raw(quoted(request.destination.url));
  } else {
    json.key("type").string("topic").key("topic");
    delivery::UrlGroup gone{.name = request.destination.group};
    append_topic_v1(json, group != nullptr ? *group : gone);
  }
  json.close_object().key("settings").open_object().key("retries").integer(request.content.retries);
  if (request.delay.count() > 0) json.key("delay").integer(seconds(request.delay));
  if (request.content.callback) put(json, "callback", request.content.callback->url);
  json.close_object().close_object();
}

}  // namespace millrace::front
