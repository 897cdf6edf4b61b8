#pragma once

// The JSON that the doors of delivery answer with. Pure. Source of the names: the documentation and the clients of
// QStash, versions 1 and 2 of its API. What is not set is left out; times are milliseconds since 1970, unless the name
// of the field is documented in seconds.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "base/result.h"
#include "delivery/delivery.h"
#include "delivery/message.h"

namespace millrace::front {

// --- Version 2; each appends one value ---

// What became of one element of a publish: one object for a URL, an array for a group.
void append_published(JsonWriter& json, std::span<const delivery::Published> published, bool group);
void append_message(JsonWriter& json, const delivery::Message& message);
void append_dead_letter(JsonWriter& json, const delivery::DeadLetter& letter);
void append_event(JsonWriter& json, const delivery::Event& event);
void append_queue(JsonWriter& json, const delivery::Queue& queue);
void append_group(JsonWriter& json, const delivery::UrlGroup& group);
void append_schedule(JsonWriter& json, const delivery::Schedule& schedule);
void append_flow_control(JsonWriter& json, const delivery::FlowControlStatus& flow);
void append_keys(JsonWriter& json, const delivery::SigningKeys& keys);

// --- Version 1, where it differs ---

void append_topic_v1(JsonWriter& json, const delivery::UrlGroup& group);
void append_endpoint_v1(JsonWriter& json, const delivery::UrlGroup& group, const delivery::Endpoint& endpoint);
void append_message_v1(JsonWriter& json, const delivery::MessageStatus& status, const delivery::UrlGroup* group);
void append_task_v1(JsonWriter& json, const delivery::MessageStatus& status);
void append_event_v1(JsonWriter& json, const delivery::Event& event);
// `group` is that of the destination, where it is one and still there.
void append_schedule_v1(JsonWriter& json, const delivery::Schedule& schedule, const delivery::UrlGroup* group);

}  // namespace millrace::front
