#pragma once

// What the headers of a publish ask for. Pure. Source of the rules: the documentation and the clients of QStash; names
// in any case, an empty value counts as none.

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "delivery/message.h"
#include "net/http.h"

namespace millrace::front {

struct PublishOptions {
  std::optional<std::string> method{};
  delivery::Headers headers{};  // Content-Type and what is forwarded, in canonical case
  std::optional<std::chrono::milliseconds> delay{};
  std::optional<Timestamp> not_before{};
  std::optional<int> retries{};
  std::optional<std::string> retry_delay{};
  std::optional<std::chrono::seconds> timeout{};
  std::shared_ptr<const delivery::Callback> callback{};
  std::shared_ptr<const delivery::Callback> failure_callback{};
  std::optional<std::string> deduplication_id{};
  std::optional<bool> deduplicate_content{};
  std::optional<delivery::FlowControl> flow_control{};
  std::optional<std::vector<std::string>> labels{};
  std::optional<delivery::Redaction> redaction{};

  // Of schedules.
  std::string cron{};
  std::string schedule_id{};
  std::string queue{};
};

struct HeaderReading {
  bool content_type = true;        // is that of the message; else it belongs to the request alone
  bool authorization_ours = true;  // it is never forwarded
};

// Fails with `invalid` and names the header. Where a header that may stand once is repeated, the first counts.
Result<PublishOptions> read_publish_options(std::span<const net::HttpHeader> headers, HeaderReading reading = {});

// Writes what was asked for into `request` and leaves the rest of it.
void apply(PublishOptions options, delivery::PublishRequest& request);

// "x-api-KEY" gives "X-Api-Key".
std::string canonical_name(std::string_view name);

// "parallelism=2, rate=3, period=60s" of a key.
Result<delivery::FlowControl> read_flow_control(std::string_view key, std::string_view value);

// Whether these can be sent as a header: a token, and no control characters.
bool is_header(std::string_view name, std::string_view value);

}  // namespace millrace::front
