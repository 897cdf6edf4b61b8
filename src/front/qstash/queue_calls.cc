// Queues.

#include <fmt/format.h>

#include "base/json.h"
#include "front/qstash/call.h"
#include "front/qstash/destination.h"
#include "front/qstash/objects.h"

namespace millrace::front {
namespace {

using delivery::Delivery;

struct QueueRequest {
  std::string name{};
  int parallelism = 1;
  bool paused = false;
};

Result<QueueRequest> read_queue(std::string_view body) {
  auto document = JsonDocument::parse(body);
  if (!document) return document.error();
  const JsonValue& root = document->root();
  const JsonValue* name = root.is_object() ? root.find("queueName") : nullptr;
  if (name == nullptr || !name->is_string()) return Error{ErrorCode::invalid, "queueName is missing"};
  QueueRequest read{.name = std::string(name->string())};
  if (!is_name(read.name)) return Error{ErrorCode::invalid, fmt::format("invalid queue name: {}", read.name)};
  if (const JsonValue* value = root.find("parallelism"); value != nullptr && !value->is_null()) {
    bool whole = value->kind() == JsonValue::Kind::integer && value->integer() >= 1 && value->integer() <= 1'000'000;
    if (!whole) return Error{ErrorCode::invalid, "parallelism is no whole number from 1 on"};
    read.parallelism = static_cast<int>(value->integer());
  }
  if (const JsonValue* value = root.find("paused"); value != nullptr && !value->is_null()) {
    if (value->kind() != JsonValue::Kind::boolean) return Error{ErrorCode::invalid, "paused is no boolean"};
    read.paused = value->boolean();
  }
  return read;
}

Answer put(Delivery& delivery, Call call) {
  auto read = read_queue(call.body());
  if (!read) co_return answer_error(read.error());
  auto done = co_await delivery.put_queue(std::move(read->name), read->parallelism, read->paused);
  co_return answer_done(done);
}

Answer list(Delivery& delivery, Call) {
  auto queues = co_await delivery.queues();
  if (!queues) co_return answer_error(queues.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const delivery::Queue& queue : *queues) append_queue(json, queue);
    json.close_array();
  });
}

Answer get(Delivery& delivery, Call call) {
  auto queue = co_await delivery.queue(call.names[0]);
  if (!queue) co_return answer_error(queue.error(), "queue", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_queue(json, *queue); });
}

Answer remove(Delivery& delivery, Call call) {
  auto done = co_await delivery.delete_queue(call.names[0]);
  if (!done) co_return answer_error(done.error(), "queue", call.names[0]);
  co_return answer_json(200, "{}");
}

Answer set_paused(Delivery& delivery, Call call, bool paused) {
  auto done = co_await delivery.pause_queue(call.names[0], paused);
  if (!done) co_return answer_error(done.error(), "queue", call.names[0]);
  co_return answer_json(200, "{}");
}

Answer pause(Delivery& delivery, Call call) {
  return set_paused(delivery, std::move(call), true);
}

Answer resume(Delivery& delivery, Call call) {
  return set_paused(delivery, std::move(call), false);
}

}  // namespace

std::vector<CallRow> queue_calls() {
  return {
      {"POST", "/v2/queues", put},
      {"GET", "/v2/queues", list},
      {"GET", "/v2/queues/{}", get},
      {"DELETE", "/v2/queues/{}", remove},
      {"POST", "/v2/queues/{}/pause", pause},
      {"POST", "/v2/queues/{}/resume", resume},
  };
}

}  // namespace millrace::front
