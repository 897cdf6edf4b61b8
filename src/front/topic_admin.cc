#include "front/topic_admin.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/admin_routes.h"
#include "front/error_status.h"

namespace millrace::front {
namespace {

using eventlog::Cleanup;
using eventlog::EventLog;
using eventlog::InUse;
using eventlog::Topic;
using eventlog::TopicSettings;

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

// A whole number from 0 on, if the member is there and not null.
Result<std::optional<std::uint64_t>> read_number(const JsonValue& request, std::string_view name) {
  const JsonValue* value = request.find(name);
  if (value == nullptr || value->is_null()) return std::optional<std::uint64_t>();
  if (value->kind() != JsonValue::Kind::integer || value->integer() < 0) {
    return invalid(fmt::format("{} is a whole number", name));
  }
  return std::optional(static_cast<std::uint64_t>(value->integer()));
}

Result<void> apply_numbers(const JsonValue& request, TopicSettings& settings) {
  auto partitions = read_number(request, "partitions");
  if (!partitions) return partitions.error();
  if (*partitions && **partitions > UINT32_MAX) return invalid("a topic cannot have so many partitions");
  if (*partitions) settings.partitions = static_cast<eventlog::PartitionNumber>(**partitions);
  auto first = read_number(request, "first_offset");
  if (!first) return first.error();
  settings.offset_first = first->value_or(settings.offset_first);
  auto bytes = read_number(request, "record_bytes_max");
  if (!bytes) return bytes.error();
  settings.record_bytes_max = bytes->value_or(settings.record_bytes_max);
  return {};
}

Result<void> apply_retention(const JsonValue& request, TopicSettings& settings) {
  if (request.find("retention_ms") != nullptr) {
    auto time = read_number(request, "retention_ms");
    if (!time) return time.error();
    settings.retention_time.reset();
    if (*time) settings.retention_time = std::chrono::milliseconds(**time);
  }
  if (request.find("retention_bytes") != nullptr) {
    auto bytes = read_number(request, "retention_bytes");
    if (!bytes) return bytes.error();
    settings.retention_bytes = *bytes;
  }
  return {};
}

Result<void> apply(const JsonValue& request, TopicSettings& settings) {
  if (auto done = apply_numbers(request, settings); !done) return done;
  if (auto done = apply_retention(request, settings); !done) return done;
  if (const JsonValue* cleanup = request.find("cleanup")) {
    bool compact = cleanup->is_string() && cleanup->string() == "compact";
    if (!compact && !(cleanup->is_string() && cleanup->string() == "delete")) {
      return invalid("cleanup is \"delete\" or \"compact\"");
    }
    settings.cleanup = compact ? Cleanup::compact : Cleanup::expire;
  }
  if (const JsonValue* unread = request.find("unread_expires")) {
    if (unread->kind() != JsonValue::Kind::boolean) return invalid("unread_expires is true or false");
    settings.unread_expires = unread->boolean();
  }
  return {};
}

void append_members(JsonWriter& json, const Topic& topic) {
  const TopicSettings& settings = topic.settings;
  json.key("name").string(topic.name).key("partitions").integer(settings.partitions);
  json.key("first_offset").integer(static_cast<std::int64_t>(settings.offset_first));
  json.key("record_bytes_max").integer(static_cast<std::int64_t>(settings.record_bytes_max));
  json.key("cleanup").string(settings.cleanup == Cleanup::compact ? "compact" : "delete");
  json.key("retention_ms");
  settings.retention_time ? json.integer(settings.retention_time->count()) : json.null();
  json.key("retention_bytes");
  settings.retention_bytes ? json.integer(static_cast<std::int64_t>(*settings.retention_bytes)) : json.null();
  json.key("unread_expires").boolean(settings.unread_expires);
  json.key("created_at").string(to_rfc3339(topic.created));
}

std::string described(const Topic& topic) {
  std::string out;
  JsonWriter json(out);
  json.open_object();
  append_members(json, topic);
  json.close_object();
  return out;
}

Async<Result<std::string>> list(EventLog& log) {
  auto all = co_await log.topics();
  if (!all) co_return all.error();
  std::string out;
  JsonWriter json(out);
  json.open_object().key("topics").open_array();
  for (const Topic& topic : *all) {
    auto status = co_await log.status(topic.name);
    if (!status && status.error().code != ErrorCode::not_found) co_return status.error();
    if (!status) continue;  // removed meanwhile
    std::int64_t records = 0, bytes = 0;
    for (const eventlog::PartitionStatus& partition : status->partitions) {
      records += static_cast<std::int64_t>(partition.records);
      bytes += static_cast<std::int64_t>(partition.bytes);
    }
    json.open_object();
    append_members(json, topic);
    json.key("records").integer(records).key("bytes").integer(bytes).close_object();
  }
  json.close_array().close_object();
  co_return out;
}

Async<Result<std::string>> show(EventLog& log, std::string name) {
  auto status = co_await log.status(std::move(name));
  if (!status) co_return status.error();
  std::string out;
  JsonWriter json(out);
  json.open_object();
  append_members(json, status->topic);
  json.key("status").open_array();
  std::int64_t number = 0;
  for (const eventlog::PartitionStatus& partition : status->partitions) {
    json.open_object().key("partition").integer(number++);
    json.key("first").integer(static_cast<std::int64_t>(partition.bounds.first));
    json.key("next").integer(static_cast<std::int64_t>(partition.bounds.next));
    json.key("records").integer(static_cast<std::int64_t>(partition.records));
    json.key("bytes").integer(static_cast<std::int64_t>(partition.bytes)).close_object();
  }
  json.close_array().close_object();
  co_return out;
}

Async<Result<std::string>> remove(EventLog& log, std::string name, InUse in_use) {
  auto removed = co_await log.remove(name, in_use);
  if (!removed) co_return removed.error();
  std::string out;
  JsonWriter(out).open_object().key("deleted").string(name).close_object();
  co_return out;
}

}  // namespace

Async<Result<std::string>> administer_topics(EventLog& log, std::string text, NotifyTopic notify) {
  auto document = JsonDocument::parse(text);
  if (!document || !document->root().is_object()) co_return invalid("the request is no JSON object");
  const JsonValue& request = document->root();
  auto word = [&](std::string_view name) {
    const JsonValue* value = request.find(name);
    return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
  };
  std::string action = word("do");
  std::string name = word("name");
  if (action == "list") co_return co_await list(log);
  if (action == "show") co_return co_await show(log, std::move(name));
  if (action == "delete") {
    const JsonValue* in_use = request.find("in_use");
    bool all = in_use != nullptr && in_use->kind() == JsonValue::Kind::boolean && in_use->boolean();
    co_return co_await remove(log, std::move(name), all ? InUse::goes : InUse::stays);
  }
  if (action != "create" && action != "alter") {
    co_return invalid(fmt::format("'{}' is nothing that can be done with a topic", action));
  }
  TopicSettings settings;
  if (action == "alter") {
    auto found = co_await log.show(name);
    if (!found) co_return found.error();
    settings = found->settings;
  }
  if (auto applied = apply(request, settings); !applied) co_return applied.error();
  if (action == "create") {
    auto made = co_await log.create(std::move(name), settings);
    if (!made) co_return made.error();
    co_return described(*made);
  }
  auto altered = co_await log.alter(name, settings);
  if (!altered) co_return altered.error();
  if (const JsonValue* told = request.find("notify")) {
    if (!notify) co_return invalid("who is notified can be changed while the server runs only");
    if (!told->is_string() && !told->is_null()) co_return invalid("notify is the name of a URL group, or null");
    std::string group = word("notify");
    auto done = co_await notify(std::move(name), std::move(group));
    if (!done) co_return done.error();
  }
  co_return described(*altered);
}

std::vector<Route> topic_admin_routes(EventLog& log, std::string secret, NotifyTopic notify) {
  auto handle = [&log, secret = std::move(secret),
                 notify = std::move(notify)](net::HttpRequest& request) -> Async<net::HttpResponse> {
    if (auto refusal = refuse_unauthorized(request, secret)) co_return std::move(*refusal);
    std::string body(request.body);
    NotifyTopic same = notify;
    auto done = co_await administer_topics(log, std::move(body), std::move(same));
    if (!done) co_return json_error(error_status(done.error().code), done.error().message);
    co_return json_response(200, std::move(*done));
  };
  return {{.methods = "POST", .path = "/admin/topics", .handle = handle}};
}

}  // namespace millrace::front
