// Version 1 of the API, but for publish. A message to a topic is one message there, with a task for each endpoint.

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "base/json.h"
#include "front/qstash/call.h"
#include "front/qstash/destination.h"
#include "front/qstash/filter.h"
#include "front/qstash/objects.h"

namespace millrace::front {
namespace {

using delivery::Delivery;
using delivery::Endpoint;
using delivery::MessageStatus;
using delivery::UrlGroup;

net::HttpResponse said(int status, std::string_view text) {
  return answer_with(status, [&](JsonWriter& json) { json.open_object().key("status").string(text).close_object(); });
}

// The text members of a body that is one object.
struct Fields {
  std::vector<std::pair<std::string, std::string>> all{};

  std::string find(std::string_view name) const {
    auto found = std::ranges::find(all, name, [](const auto& each) { return std::string_view(each.first); });
    return found == all.end() ? std::string() : found->second;
  }
};

Result<Fields> read_fields(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document) return document.error();
  if (!document->root().is_object()) return Error{ErrorCode::invalid, "the body is no JSON object"};
  Fields fields;
  for (const JsonMember& member : document->root().members()) {
    if (member.value.is_string()) fields.all.emplace_back(member.name, member.value.string());
  }
  return fields;
}

Result<std::string> read_name(std::string_view body) {
  auto fields = read_fields(body);
  if (!fields) return fields.error();
  std::string name = fields->find("name");
  if (!is_name(name)) return Error{ErrorCode::invalid, fmt::format("invalid topic name: {}", name)};
  return name;
}

// --- Topics ---

Answer show_topic(Delivery& delivery, std::string name, int status) {
  auto group = co_await delivery.group(name);
  if (!group) co_return answer_error(group.error(), "topic", name);
  co_return answer_with(status, [&](JsonWriter& json) { append_topic_v1(json, *group); });
}

Answer create_topic(Delivery& delivery, Call call) {
  auto name = read_name(call.body());
  if (!name) co_return answer_error(name.error());
  auto made = co_await delivery.create_group(std::move(*name));
  if (!made) co_return answer_error(made.error());
  co_return answer_with(201, [&](JsonWriter& json) { append_topic_v1(json, *made); });
}

Answer list_topics(Delivery& delivery, Call) {
  auto groups = co_await delivery.groups();
  if (!groups) co_return answer_error(groups.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const UrlGroup& group : *groups) append_topic_v1(json, group);
    json.close_array();
  });
}

Answer get_topic(Delivery& delivery, Call call) {
  return show_topic(delivery, std::move(call.names[0]), 200);
}

Answer rename_topic(Delivery& delivery, Call call) {
  auto name = read_name(call.body());
  if (!name) co_return answer_error(name.error());
  auto done = co_await delivery.rename_group(call.names[0], *name);
  if (!done) co_return answer_error(done.error(), "topic", call.names[0]);
  co_return co_await show_topic(delivery, std::move(*name), 200);
}

Answer delete_topic(Delivery& delivery, Call call) {
  auto was_there = co_await delivery.delete_group(call.names[0]);
  if (!was_there) co_return answer_error(was_there.error());
  if (!*was_there) co_return answer_error(404, fmt::format("topic not found: {}", call.names[0]));
  co_return said(200, "ok");
}

// --- Endpoints ---

struct Place {
  UrlGroup group{};
  std::size_t at = 0;

  const Endpoint& endpoint() const { return group.endpoints[at]; }
};

// The first endpoint that `wanted` holds for.
template <class Wanted>
Result<Place> find_endpoint(std::vector<UrlGroup> groups, Wanted wanted) {
  for (UrlGroup& group : groups) {
    auto found = std::ranges::find_if(group.endpoints, wanted);
    if (found == group.endpoints.end()) continue;
    auto at = static_cast<std::size_t>(found - group.endpoints.begin());
    return Place{.group = std::move(group), .at = at};
  }
  return Error{ErrorCode::not_found, "no such endpoint"};
}

Async<Result<Place>> endpoint_of(Delivery& delivery, std::string id) {
  auto groups = co_await delivery.groups();
  if (!groups) co_return groups.error();
  co_return find_endpoint(std::move(*groups), [&](const Endpoint& each) { return each.id == id; });
}

// The endpoint with this URL in a group that was just changed.
Answer show_endpoint(Delivery& delivery, std::string group_name, std::string url, int status) {
  auto group = co_await delivery.group(group_name);
  if (!group) co_return answer_error(group.error(), "topic", group_name);
  std::vector<UrlGroup> one;
  one.push_back(std::move(*group));
  auto place = find_endpoint(std::move(one), [&](const Endpoint& each) { return each.url == url; });
  if (!place) co_return answer_error(place.error(), "endpoint", url);
  co_return answer_with(status, [&](JsonWriter& json) { append_endpoint_v1(json, place->group, place->endpoint()); });
}

Answer create_endpoint(Delivery& delivery, Call call) {
  auto fields = read_fields(call.body());
  if (!fields) co_return answer_error(fields.error());
  std::string url = fields->find("url");
  std::string topic = fields->find("topicName");
  if (topic.empty()) topic = fields->find("topicId");
  if (auto checked = delivery::check_url(url); !checked) co_return answer_error(checked.error());
  auto group = co_await delivery.group(topic);
  if (!group) co_return answer_error(group.error(), "topic", topic);
  std::vector<Endpoint> added;
  added.push_back({.url = url});
  auto done = co_await delivery.put_endpoints(group->name, std::move(added));
  if (!done) co_return answer_error(done.error());
  co_return co_await show_endpoint(delivery, std::move(group->name), std::move(url), 201);
}

Answer list_endpoints(Delivery& delivery, Call) {
  auto groups = co_await delivery.groups();
  if (!groups) co_return answer_error(groups.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const UrlGroup& group : *groups) {
      for (const Endpoint& endpoint : group.endpoints) append_endpoint_v1(json, group, endpoint);
    }
    json.close_array();
  });
}

Answer get_endpoint(Delivery& delivery, Call call) {
  auto place = co_await endpoint_of(delivery, call.names[0]);
  if (!place) co_return answer_error(place.error(), "endpoint", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_endpoint_v1(json, place->group, place->endpoint()); });
}

Answer change_endpoint(Delivery& delivery, Call call) {
  auto fields = read_fields(call.body());
  if (!fields) co_return answer_error(fields.error());
  std::string url = fields->find("url");
  if (auto checked = delivery::check_url(url); !checked) co_return answer_error(checked.error());
  auto place = co_await endpoint_of(delivery, call.names[0]);
  if (!place) co_return answer_error(place.error(), "endpoint", call.names[0]);
  std::vector<Endpoint> changed;
  changed.push_back(place->endpoint());
  changed.front().url = url;
  auto done = co_await delivery.put_endpoints(place->group.name, std::move(changed));
  if (!done) co_return answer_error(done.error());
  co_return co_await show_endpoint(delivery, std::move(place->group.name), std::move(url), 200);
}

Answer delete_endpoint(Delivery& delivery, Call call) {
  auto place = co_await endpoint_of(delivery, call.names[0]);
  if (!place) co_return answer_error(place.error(), "endpoint", call.names[0]);
  std::vector<Endpoint> gone;
  gone.push_back(place->endpoint());
  auto done = co_await delivery.delete_endpoints(place->group.name, std::move(gone));
  if (!done) co_return answer_error(done.error(), "endpoint", call.names[0]);
  co_return said(200, "ok");
}

// --- Messages and tasks ---

// A message, or for the id of a topic's message all of those that were made of it.
Async<Result<std::vector<MessageStatus>>> tasks_of(Delivery& delivery, std::string id) {
  std::vector<MessageStatus> tasks;
  auto own = co_await delivery.message(id);
  if (own) {
    tasks.push_back(std::move(*own));
    co_return tasks;
  }
  if (own.error().code != ErrorCode::not_found) co_return own.error();
  auto children = co_await delivery.children(id);
  if (!children) co_return children.error();
  for (const std::string& child : *children) {
    auto task = co_await delivery.message(child);
    if (task) tasks.push_back(std::move(*task));
  }
  if (tasks.empty()) co_return own.error();
  co_return tasks;
}

// The group of a message, where it has one that is still there.
Async<std::optional<UrlGroup>> group_of(Delivery& delivery, std::string name) {
  if (name.empty()) co_return std::nullopt;
  auto group = co_await delivery.group(std::move(name));
  if (!group) co_return std::nullopt;
  co_return std::move(*group);
}

Answer list_messages(Delivery& delivery, Call call) {
  auto selection = read_selection(call.query(), {});
  if (!selection) co_return answer_error(selection.error());
  auto page = co_await delivery.messages(std::move(selection->page));
  if (!page) co_return answer_error(page.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object();
    if (page->cursor) json.key("cursor").string(*page->cursor);
    json.key("messages").open_array();
    for (const MessageStatus& each : page->items) append_message_v1(json, each, nullptr);
    json.close_array().close_object();
  });
}

Answer get_message(Delivery& delivery, Call call) {
  auto tasks = co_await tasks_of(delivery, call.names[0]);
  if (!tasks) co_return answer_error(tasks.error(), "message", call.names[0]);
  auto group = co_await group_of(delivery, tasks->front().message.group);
  co_return answer_with(200,
                        [&](JsonWriter& json) { append_message_v1(json, tasks->front(), group ? &*group : nullptr); });
}

Answer delete_message(Delivery& delivery, Call call) {
  auto tasks = co_await tasks_of(delivery, call.names[0]);
  if (!tasks) co_return answer_error(tasks.error(), "message", call.names[0]);
  bool cancelled = false;
  for (const MessageStatus& task : *tasks) {
    auto done = co_await delivery.cancel(task.message.id);
    if (!done && done.error().code != ErrorCode::not_found) co_return answer_error(done.error());
    cancelled = cancelled || done;
  }
  if (!cancelled) co_return answer_error(404, fmt::format("message not found: {}", call.names[0]));
  co_return said(202, "accepted");
}

Answer list_tasks(Delivery& delivery, Call call) {
  auto tasks = co_await tasks_of(delivery, call.names[0]);
  if (!tasks) co_return answer_error(tasks.error(), "message", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("tasks").open_array();
    for (const MessageStatus& task : *tasks) append_task_v1(json, task);
    json.close_array().close_object();
  });
}

Answer get_task(Delivery& delivery, Call call) {
  auto task = co_await delivery.message(call.names[0]);
  if (!task) co_return answer_error(task.error(), "task", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_task_v1(json, *task); });
}

// --- Logs ---

// Cursors are numbers there. That of all events, "<millisecond>-<number in it>.<step>", is packed into 53 bits, which
// lasts until 2058; of more than 1,024 entries in one millisecond some are passed over. That of one message is a
// number.
constexpr std::int64_t first_millisecond = 1'700'000'000'000;

struct CursorParts {
  std::int64_t millisecond = 0;
  std::int64_t entry = 0;
  std::int64_t step = 0;
};

std::int64_t take_number(std::string_view& text) {
  std::int64_t number = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return fault == std::errc() ? number : 0;
}

std::int64_t pack_cursor(std::string_view cursor) {
  bool of_all = cursor.find('-') != std::string_view::npos;
  CursorParts parts{.millisecond = take_number(cursor)};
  if (!of_all) return parts.millisecond;
  parts.entry = take_number(cursor);
  parts.step = take_number(cursor);
  return (parts.millisecond - first_millisecond) << 13 | std::min<std::int64_t>(parts.entry, 1023) << 3 |
         std::min<std::int64_t>(parts.step, 7);
}

std::string unpack_cursor(std::string_view query, bool of_all) {
  std::string text = net::query_value(query, "cursor").value_or("");
  std::string_view rest = text;
  std::int64_t number = take_number(rest);
  if (number <= 0) return {};
  if (!of_all) return std::to_string(number);
  return fmt::format("{}-{}.{}", (number >> 13) + first_millisecond, number >> 3 & 1023, number & 7);
}

Answer show_logs(Delivery& delivery, Call call, delivery::Filter filter) {
  delivery::PageRequest wanted{.cursor = unpack_cursor(call.query(), filter.message_ids.empty())};
  auto page = co_await delivery.events(std::move(filter), std::move(wanted));
  if (!page) co_return answer_error(page.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object();
    if (page->cursor) json.key("cursor").integer(pack_cursor(*page->cursor));
    json.key("logs").open_array();
    for (const delivery::Event& event : page->items) {
      // Version 1 has one word for both, and tells the end.
      if (event.state != delivery::State::cancel_requested) append_event_v1(json, event);
    }
    json.close_array().close_object();
  });
}

Answer list_logs(Delivery& delivery, Call call) {
  return show_logs(delivery, std::move(call), {});
}

Answer message_logs(Delivery& delivery, Call call) {
  delivery::Filter filter;
  filter.message_ids.push_back(call.names[0]);
  return show_logs(delivery, std::move(call), std::move(filter));
}

Answer list_events(Delivery& delivery, Call call) {
  auto selection = read_selection(call.query(), {});
  if (!selection) co_return answer_error(selection.error());
  auto page = co_await delivery.events(std::move(selection->filter), std::move(selection->page));
  if (!page) co_return answer_error(page.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object();
    if (page->cursor) json.key("cursor").string(*page->cursor);
    json.key("events").open_array();
    for (const delivery::Event& event : page->items) append_event(json, event);
    json.close_array().close_object();
  });
}

// --- Schedules ---

Answer list_schedules(Delivery& delivery, Call) {
  auto schedules = co_await delivery.schedules();
  if (!schedules) co_return answer_error(schedules.error());
  auto groups = co_await delivery.groups();
  if (!groups) co_return answer_error(groups.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const delivery::Schedule& schedule : *schedules) {
      auto group = std::ranges::find(*groups, schedule.request.destination.group, &UrlGroup::name);
      append_schedule_v1(json, schedule, group == groups->end() ? nullptr : &*group);
    }
    json.close_array();
  });
}

Answer get_schedule(Delivery& delivery, Call call) {
  auto schedule = co_await delivery.schedule(call.names[0]);
  if (!schedule) co_return answer_error(schedule.error(), "schedule", call.names[0]);
  auto group = co_await group_of(delivery, schedule->request.destination.group);
  co_return answer_with(200, [&](JsonWriter& json) { append_schedule_v1(json, *schedule, group ? &*group : nullptr); });
}

Answer delete_schedule(Delivery& delivery, Call call) {
  auto done = co_await delivery.delete_schedule(call.names[0]);
  if (!done) co_return answer_error(done.error(), "schedule", call.names[0]);
  co_return said(202, "accepted");
}

Answer quota(Delivery& delivery, Call) {
  const delivery::Limits& limits = delivery.limits();
  auto seconds = [](std::chrono::milliseconds time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
  };
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("maxTopics").integer(static_cast<std::int64_t>(limits.groups_max));
    json.key("maxEndpointsPerTopic").integer(static_cast<std::int64_t>(limits.endpoints_max));
    json.key("maxMessageSize").integer(static_cast<std::int64_t>(limits.body_bytes_max));
    json.key("maxRetries").integer(limits.retries_max);
    json.key("maxSchedules").integer(static_cast<std::int64_t>(limits.schedules_max));
    json.key("maxRequestsPerDay").integer(-1);  // none
    json.key("retention").integer(seconds(limits.events_kept)).key("timeout").integer(seconds(limits.attempt_max));
    json.key("maxDelay").integer(seconds(limits.delay_max)).close_object();
  });
}

}  // namespace

std::vector<CallRow> version1_calls() {
  return {
      {"POST", "/v1/topics", create_topic},
      {"GET", "/v1/topics", list_topics},
      {"GET", "/v1/topics/{}", get_topic},
      {"PUT", "/v1/topics/{}", rename_topic},
      {"DELETE", "/v1/topics/{}", delete_topic},
      {"POST", "/v1/endpoints", create_endpoint},
      {"GET", "/v1/endpoints", list_endpoints},
      {"GET", "/v1/endpoints/{}", get_endpoint},
      {"PUT", "/v1/endpoints/{}", change_endpoint},
      {"DELETE", "/v1/endpoints/{}", delete_endpoint},
      {"GET", "/v1/messages", list_messages},
      {"GET", "/v1/messages/{}", get_message},
      {"DELETE", "/v1/messages/{}", delete_message},
      {"GET", "/v1/messages/{}/logs", message_logs},
      {"GET", "/v1/messages/{}/tasks", list_tasks},
      {"GET", "/v1/tasks/{}", get_task},
      {"GET", "/v1/schedules", list_schedules},
      {"GET", "/v1/schedules/{}", get_schedule},
      {"DELETE", "/v1/schedules/{}", delete_schedule},
      {"GET", "/v1/logs", list_logs},
      {"GET", "/v1/events", list_events},
      {"GET", "/v1/quota", quota},
  };
}

}  // namespace millrace::front
