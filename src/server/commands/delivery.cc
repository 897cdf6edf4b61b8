// endpoint, message, schedule: what delivery sends, by the HTTP door of the server that holds the data.

#include <algorithm>
#include <fmt/format.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "net/http.h"
#include "net/http_fetch.h"
#include "server/commands/commands.h"
#include "server/credentials.h"
#include "server/running_server.h"

namespace millrace::server {
namespace {

constexpr std::size_t response_shown_max = 200;  // of a receiver's answer: its first lines

struct Asked {
  std::string method = "GET";
  std::string path{};
  std::vector<std::string> headers{};
  std::string body{};
};

ErrorCode code_of(int status) {
  switch (status) {
    case 400:
    case 412:
    case 413: return ErrorCode::invalid;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    default: return ErrorCode::unavailable;
  }
}

std::string text(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

std::int64_t number(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->kind() == JsonValue::Kind::integer ? value->integer() : 0;
}

std::string time_text(const JsonValue& object, std::string_view name) {
  std::int64_t time = number(object, name);
  return time == 0 ? "-" : to_rfc3339(Timestamp(std::chrono::milliseconds(time)));
}

// The body of the answer.
Result<std::string> ask(const Options& options, Asked asked) {
  auto credentials = load_credentials(options.data);
  if (!credentials && credentials.error().code == ErrorCode::not_found) return no_data_yet(options.data);
  if (!credentials) return credentials.error();
  Error silent{ErrorCode::unavailable, fmt::format("no server runs on {}: start it with millrace dev", options.data)};
  auto running = read_running_server(options.data);
  if (!running) return silent;
  asked.headers.push_back("authorization: Bearer " + credentials->qstash_token);
  auto fetched = net::fetch({.method = asked.method,
                             .url = url_of(running->http, running->tls) + asked.path,
                             .headers = std::move(asked.headers),
                             .body = std::move(asked.body),
                             .trusted = true});
  if (!fetched) return silent;
  if (fetched->status < 300) return std::move(fetched->body);
  auto document = JsonDocument::parse(fetched->body);
  std::string error = document && document->root().is_object() ? text(document->root(), "error") : "";
  return Error{code_of(fetched->status),
               error.empty() ? fmt::format("{} answered {}", running->http, fetched->status) : error};
}

std::string escaped(const std::string& name) {
  return net::percent_encode(name);
}

// --- What is printed for people ---

std::string destination_of(const JsonValue& message) {
  std::string group = text(message, "topicName");
  return group.empty() ? text(message, "url") : fmt::format("{} ({})", text(message, "url"), group);
}

void print_groups(const JsonValue& groups) {
  fmt::print("{:<24} {:<16} {}\n", "GROUP", "NAME", "URL");
  for (const JsonValue& group : groups.items()) {
    for (const JsonValue& endpoint : group.find("endpoints")->items()) {
      std::string name = text(endpoint, "name");
      fmt::print("{:<24} {:<16} {}\n", text(group, "name"), name.empty() ? "-" : name, text(endpoint, "url"));
    }
  }
}

void print_messages(const JsonValue& page, bool dead) {
  const JsonValue* messages = page.find("messages");
  fmt::print("{:<34} {:<24} {}\n", dead ? "DEAD LETTER" : "MESSAGE", dead ? "STATUS" : "NOT BEFORE", "DESTINATION");
  for (const JsonValue& message : messages->items()) {
    std::string second = dead ? std::to_string(number(message, "responseStatus")) : time_text(message, "notBefore");
    fmt::print("{:<34} {:<24} {}\n", text(message, dead ? "dlqId" : "messageId"), second, destination_of(message));
  }
  if (page.find("cursor") != nullptr) fmt::print("and more\n");
}

std::string beginning_of(const JsonValue& event) {
  std::string encoded = text(event, "responseBody");
  std::ranges::replace(encoded, '+', '-');
  std::ranges::replace(encoded, '/', '_');
  std::string body = base64url_decode(encoded).value_or("");
  body.resize(std::min(body.size(), response_shown_max));
  std::ranges::replace_if(
      body, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return body;
}

// One line for each step; an attempt's has the status, the time it took and how the answer begins.
void print_events(const JsonValue& page) {
  for (const JsonValue& event : page.find("events")->items()) {
    std::string line = fmt::format("{}  {:<16}", time_text(event, "time"), text(event, "state"));
    if (event.find("responseStatus") != nullptr) line += fmt::format("  {:>3}", number(event, "responseStatus"));
    if (event.find("latency") != nullptr) line += fmt::format("  {} ms", number(event, "latency"));
    if (event.find("nextDeliveryTime") != nullptr) line += "  next " + time_text(event, "nextDeliveryTime");
    if (std::string error = text(event, "error"); !error.empty()) line += "  " + error;
    if (std::string body = beginning_of(event); !body.empty()) line += "  " + body;
    fmt::print("{}\n", line);
  }
}

void print_schedules(const JsonValue& schedules) {
  fmt::print("{:<34} {:<28} {:<26} {}\n", "SCHEDULE", "CRON", "NEXT", "DESTINATION");
  for (const JsonValue& schedule : schedules.items()) {
    const JsonValue* paused = schedule.find("isPaused");
    std::string next = paused != nullptr && paused->boolean() ? "paused" : time_text(schedule, "nextScheduleTime");
    fmt::print("{:<34} {:<28} {:<26} {}\n", text(schedule, "scheduleId"), text(schedule, "cron"), next,
               text(schedule, "destination"));
  }
}

void print_members(const JsonValue& object) {
  for (const JsonMember& member : object.members()) {
    std::string value;
    if (member.value.is_string()) {
      value = member.value.string();
    } else {
      append_json(value, member.value);
    }
    fmt::print("{:<24} {}\n", member.name, value);
  }
}

// --- What is asked for ---

std::string endpoints_body(const DeliveryRequest& asked, bool by_name) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("endpoints").open_array().open_object();
  if (by_name || !asked.name.empty()) json.key("name").string(by_name ? asked.target : asked.name);
  if (!by_name) json.key("url").string(asked.target);
  json.close_object().close_array().close_object();
  return body;
}

bool is_url(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://");
}

Asked endpoint_call(const DeliveryRequest& asked) {
  if (asked.action == "list") return {.path = "/v2/topics"};
  std::string path = "/v2/topics/" + escaped(asked.group) + "/endpoints";
  if (asked.action == "add") return {.method = "POST", .path = path, .body = endpoints_body(asked, false)};
  return {.method = "DELETE", .path = path, .body = endpoints_body(asked, !is_url(asked.target))};
}

Asked message_call(const DeliveryRequest& asked) {
  std::string one = "/v2/messages/" + escaped(asked.target);
  if (asked.action == "list") return {.path = "/v2/messages?count=1000"};
  if (asked.action == "show") return {.path = one};
  if (asked.action == "log") {
    return {.path = "/v2/events?order=earliestFirst&messageId=" + escaped(asked.target)};
  }
  if (asked.action == "cancel") return {.method = "DELETE", .path = one};
  if (asked.action == "dead") return {.path = "/v2/dlq"};
  if (asked.action == "retry") return {.method = "POST", .path = "/v2/dlq/retry/" + escaped(asked.target)};
  return {.method = "POST", .path = "/v2/publish/" + asked.target, .headers = asked.headers, .body = asked.body};
}

Asked schedule_call(const DeliveryRequest& asked) {
  std::string one = "/v2/schedules/" + escaped(asked.target);
  if (asked.action == "list") return {.path = "/v2/schedules"};
  if (asked.action == "show") return {.path = one};
  if (asked.action == "delete") return {.method = "DELETE", .path = one};
  if (asked.action == "create") {
    Asked call{.method = "POST", .path = "/v2/schedules/" + asked.target, .headers = asked.headers, .body = asked.body};
    call.headers.push_back("upstash-cron: " + asked.cron);
    if (!asked.name.empty()) call.headers.push_back("upstash-schedule-id: " + asked.name);
    return call;
  }
  return {.method = "POST", .path = one + "/" + asked.action};
}

Asked call_of(const DeliveryRequest& asked) {
  if (asked.kind == "endpoint") return endpoint_call(asked);
  return asked.kind == "message" ? message_call(asked) : schedule_call(asked);
}

void print_answer(const DeliveryRequest& asked, const JsonValue& answer) {
  if (answer.is_array() && asked.kind == "endpoint") return print_groups(answer);
  if (answer.is_array() && asked.kind == "schedule") return print_schedules(answer);
  if (answer.is_array()) {
    for (const JsonValue& each : answer.items()) print_members(each);
    return;
  }
  if (answer.find("messages") != nullptr) return print_messages(answer, asked.action == "dead");
  if (answer.find("events") != nullptr) return print_events(answer);
  if (answer.members().empty()) return fmt::print("done\n");
  print_members(answer);
}

Result<void> print_log(const Options& options, DeliveryRequest asked) {
  asked.action = "log";
  auto events = ask(options, call_of(asked));
  if (!events) return events.error();
  auto document = JsonDocument::parse(*events);
  if (!document) return document.error();
  fmt::print("\n");
  print_events(document->root());
  return {};
}

}  // namespace

int run_delivery(const Options& options, const DeliveryRequest& asked, Output output) {
  auto answer = ask(options, call_of(asked));
  if (!answer) return fail(answer.error());
  if (output == Output::json) {
    fmt::print("{}\n", *answer);
    return 0;
  }
  auto document = JsonDocument::parse(*answer);
  if (!document) return fail(document.error());
  print_answer(asked, document->root());
  if (asked.kind == "message" && asked.action == "show") {
    if (auto told = print_log(options, asked); !told) return fail(told.error());
  }
  return 0;
}

}  // namespace millrace::server
