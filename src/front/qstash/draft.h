#pragma once

// A message as a request asks for it, before delivery has seen it: headers, destination and body put together, the
// defaults of a group included. Confined to the reactor.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "delivery/delivery.h"
#include "front/qstash/destination.h"
#include "front/qstash/publish_options.h"

namespace millrace::front {

struct DraftInput {
  std::string_view destination{};
  std::string_view query{};  // of the destination, where it was cut off
  std::vector<net::HttpHeader> headers{};
  std::string_view body{};
  std::string caller_address{};
  HeaderReading reading{};
};

struct Draft {
  delivery::PublishRequest request{};
  std::string cron{};  // not empty: a schedule is meant
  std::string schedule_id{};
  std::string schedule_queue{};
  std::chrono::milliseconds schedule_delay{0};
};

// Groups that one request names, each looked up once.
using KnownGroups = std::map<std::string, Result<delivery::UrlGroup>, std::less<>>;

// Fails with `invalid` when the destination is neither a URL nor a group with endpoints.
Async<Result<Draft>> make_draft(delivery::Delivery& delivery, DraftInput input, KnownGroups& groups);

// The schedule that a draft with a cron line means.
delivery::ScheduleRequest schedule_of(Draft draft);

}  // namespace millrace::front
