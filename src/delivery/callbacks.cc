#include "delivery/callbacks.h"

#include <map>

#include "base/crypto.h"
#include "base/json_writer.h"

namespace millrace::delivery {
namespace {

void write_headers(JsonWriter& json, const Headers& headers) {
  std::map<std::string_view, std::vector<std::string_view>> values;
  for (const auto& [name, value] : headers) values[name].push_back(value);
  json.open_object();
  for (const auto& [name, each] : values) {
    json.key(name).open_array();
    for (std::string_view value : each) json.string(value);
    json.close_array();
  }
  json.close_object();
}

std::string base64(std::string_view bytes) {
  std::string text;
  append_base64(text, bytes);
  return text;
}

}  // namespace

std::string callback_body(const Message& message, int retried, const net::OutboundResponse& response,
                          const std::string& dead_letter) {
  std::string body;
  JsonWriter json(body);
  json.open_object().key("status").integer(response.status).key("header");
  write_headers(json, response.headers);
  json.key("body").string(base64(response.status == 0 ? response.error : response.body));
  json.key("retried").integer(retried).key("maxRetries").integer(message.content.retries);
  json.key("sourceMessageId").string(message.id_for_receiver());
  if (!message.group.empty()) json.key("topicName").string(message.group);
  if (!message.endpoint.empty()) json.key("endpointName").string(message.endpoint);
  json.key("url").string(message.url).key("method").string(message.content.method).key("sourceHeader");
  write_headers(json, message.content.headers);
  json.key("sourceBody").string(base64(message.content.body));
  json.key("notBefore").integer(message.not_before.time_since_epoch().count());
  json.key("createdAt").integer(message.created_at.time_since_epoch().count());
  if (!message.schedule.empty()) json.key("scheduleId").string(message.schedule);
  if (!message.content.caller_address.empty()) json.key("callerIP").string(message.content.caller_address);
  if (!dead_letter.empty()) json.key("dlqId").string(dead_letter);
  json.close_object();
  return body;
}

Message callback_message(const Message& message, const Callback& callback, std::string body, Timestamp now) {
  Message made{.url = callback.url, .created_at = now, .not_before = now};
  made.content.method = callback.method;
  made.content.headers = callback.headers;
  made.content.body = std::move(body);
  made.content.retries = callback.retries.value_or(message.content.retries);
  made.content.retry_delay = callback.retry_delay;
  made.content.timeout = callback.timeout;
  made.content.callback = callback.callback;
  made.content.failure_callback = callback.failure_callback;
  made.content.flow_control = callback.flow_control;
  made.content.caller_address = message.content.caller_address;
  bool typed = false;
  for (const auto& [name, value] : made.content.headers) typed = typed || name == "Content-Type";
  if (!typed) made.content.headers.emplace_back("Content-Type", "application/json");
  made.source = message.id;
  made.source_queue = message.queue;
  return made;
}

}  // namespace millrace::delivery
