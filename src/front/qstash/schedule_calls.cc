// Schedules but for their creation, which publish_calls.cc has.

#include "front/qstash/call.h"
#include "front/qstash/objects.h"

namespace millrace::front {
namespace {

using delivery::Delivery;

Answer list(Delivery& delivery, Call) {
  auto schedules = co_await delivery.schedules();
  if (!schedules) co_return answer_error(schedules.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const delivery::Schedule& schedule : *schedules) append_schedule(json, schedule);
    json.close_array();
  });
}

Answer get(Delivery& delivery, Call call) {
  auto schedule = co_await delivery.schedule(call.names[0]);
  if (!schedule) co_return answer_error(schedule.error(), "schedule", call.names[0]);
  co_return answer_with(200, [&](JsonWriter& json) { append_schedule(json, *schedule); });
}

Answer remove(Delivery& delivery, Call call) {
  auto done = co_await delivery.delete_schedule(call.names[0]);
  if (!done) co_return answer_error(done.error(), "schedule", call.names[0]);
  co_return answer_json(200, "{}");
}

Answer set_paused(Delivery& delivery, Call call, bool paused) {
  auto done = co_await delivery.pause_schedule(call.names[0], paused);
  if (!done) co_return answer_error(done.error(), "schedule", call.names[0]);
  co_return answer_json(200, "{}");
}

Answer pause(Delivery& delivery, Call call) {
  return set_paused(delivery, std::move(call), true);
}

Answer resume(Delivery& delivery, Call call) {
  return set_paused(delivery, std::move(call), false);
}

}  // namespace

std::vector<CallRow> schedule_calls() {
  return {
      {"GET", "/v2/schedules", list},
      {"GET", "/v2/schedules/{}", get},
      {"DELETE", "/v2/schedules/{}", remove},
      {"PATCH", "/v2/schedules/{}/pause", pause},
      {"POST", "/v2/schedules/{}/pause", pause},
      {"PATCH", "/v2/schedules/{}/resume", resume},
      {"POST", "/v2/schedules/{}/resume", resume},
  };
}

}  // namespace millrace::front
