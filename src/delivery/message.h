#pragma once

// What delivery speaks of: messages, what became of them, and what they are made from. Plain data.
//
// Times are what the publisher said or the clock of the server. An optional that is absent was not given. The rules and
// the names of states are those of QStash.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace millrace::delivery {

// In the order and with the names that they are sent with; a name may occur more than once.
using Headers = std::vector<std::pair<std::string, std::string>>;

// Limits of all messages with this key: attempts in flight, and attempts started in each period.
struct FlowControl {
  std::string key{};
  std::optional<int> parallelism{};
  std::optional<int> rate{};
  std::chrono::seconds period{1};

  bool operator==(const FlowControl&) const = default;
};

// What is shown as a digest only, wherever a message can be read. Receivers get it as it is.
struct Redaction {
  bool body = false;
  bool headers = false;                     // all of them
  std::vector<std::string> header_names{};  // these

  bool operator==(const Redaction&) const = default;
};

// The message to be made of an outcome: after every attempt, or once the message has failed.
struct Callback {
  std::string url{};
  std::string method = "POST";
  Headers headers{};
  std::optional<int> retries{};  // absent: as many as the message it tells of
  std::string retry_delay{};
  std::optional<std::chrono::seconds> timeout{};
  std::optional<FlowControl> flow_control{};
  std::shared_ptr<const Callback> callback{};  // of the callback message itself
  std::shared_ptr<const Callback> failure_callback{};
};

// What a publisher says that is the same for one endpoint and for many, now and on every tick of a schedule.
struct Content {
  std::string method = "POST";
  Headers headers{};  // Content-Type and what is forwarded, nothing else
  std::string body{};
  int retries = 3;            // after the first attempt
  std::string retry_delay{};  // an expression in milliseconds; empty: exponential
  std::optional<std::chrono::seconds> timeout{};
  std::shared_ptr<const Callback> callback{};
  std::shared_ptr<const Callback> failure_callback{};
  std::optional<FlowControl> flow_control{};
  std::vector<std::string> labels{};
  Redaction redaction{};
  std::string caller_address{};
};

// Exactly one of both is not empty.
struct Destination {
  std::string url{};
  std::string group{};
};

struct PublishRequest {
  Destination destination{};
  Content content{};
  std::string queue{};                    // empty: not through a queue
  std::chrono::milliseconds delay{0};     // from now
  std::optional<Timestamp> not_before{};  // wins over `delay`; in the past: now
  std::string deduplication_id{};         // wins over `deduplicate_content`
  bool deduplicate_content = false;
  std::string schedule{};    // of a schedule's tick
  std::string from_group{};  // of a URL that was taken from a group: told to the receiver
  std::string from_endpoint{};
  bool one_id = false;  // of a group: all its messages carry one id, that of a parent, as version 1 of the API has it
};

// What a publish answers for each message that it made, or found to be a duplicate.
struct Published {
  std::string message_id{};
  std::string url{};
  bool deduplicated = false;

  bool operator==(const Published&) const = default;
};

// The names of the API are those in capitals: see to_string.
enum class State : std::uint8_t { created, active, retry, error, delivered, failed, cancel_requested, canceled };

std::string_view to_string(State state);                 // "CREATED"
std::optional<State> state_from(std::string_view text);  // in any case; CANCELLED too
inline bool terminal(State state) {
  return state == State::delivered || state == State::failed || state == State::canceled;
}

struct Message {
  std::string id{};
  std::string url{};
  Content content{};
  std::string group{};
  std::string endpoint{};  // its name in the group
  std::string queue{};
  std::string schedule{};
  std::string parent{};  // the id that the receiver is told instead of `id`
  Timestamp created_at{};
  Timestamp not_before{};  // created_at when there was no delay

  // Of a callback: the message that it tells of, and whether that one keeps its place in its queue meanwhile.
  std::string source{};
  std::string source_queue{};

  const std::string& id_for_receiver() const { return parent.empty() ? id : parent; }
};

// What a destination answered, as far as it is kept.
struct Response {
  int status = 0;  // 0: no HTTP response
  Headers headers{};
  std::string body{};  // its beginning

  bool operator==(const Response&) const = default;
};

// One step of a message's life. RETRY says when the next attempt is, ERROR and DELIVERED how the attempt went.
struct Event {
  Timestamp time{};
  State state = State::created;
  std::string message_id{};
  std::string error{};
  std::optional<Timestamp> next_delivery{};
  std::optional<Response> response{};
  std::optional<std::chrono::milliseconds> latency{};
  std::shared_ptr<const Message> message{};  // null when it is no longer kept; a long body is left out
};

struct MessageStatus {
  Message message{};
  State state = State::created;
  int retried = 0;
  std::optional<Timestamp> next_delivery{};
};

struct DeadLetter {
  std::string id{};
  Timestamp time{};
  Message message{};
  Response response{};  // of the last attempt; status 0 when there was none, and then the body is the error's text
};

struct Queue {
  std::string name{};
  Timestamp created_at{};
  Timestamp updated_at{};
  int parallelism = 1;
  bool paused = false;
  std::uint64_t lag = 0;  // messages that are not at their end
};

struct Endpoint {
  std::string name{};  // may be empty
  std::string url{};
  std::string id{};  // as version 1 of the API names it

  bool operator==(const Endpoint&) const = default;
};

struct UrlGroup {
  std::string name{};
  std::string id{};  // as version 1 of the API names it
  Timestamp created_at{};
  Timestamp updated_at{};
  std::vector<Endpoint> endpoints{};
  Headers headers{};  // defaults for each publish, as they were given
};

struct ScheduleRequest {
  std::string id{};  // empty: one is made
  Destination destination{};
  std::string cron{};
  Content content{};
  std::string queue{};
  std::chrono::milliseconds delay{0};  // of each message
};

enum class ScheduleState : std::uint8_t { in_progress, success, fail };

struct Schedule {
  ScheduleRequest request{};  // with its id
  Timestamp created_at{};
  bool paused = false;
  std::optional<Timestamp> last{};
  std::optional<Timestamp> next{};
  std::vector<std::pair<std::string, ScheduleState>> last_states{};  // by message id
  std::string error{};                                               // why the last tick made nothing
};

struct FlowControlStatus {
  FlowControl limits{};
  std::uint64_t waiting = 0;
  int parallelism_count = 0;
  int rate_count = 0;
  Timestamp period_start{};
  bool paused = false;
  bool parallelism_pinned = false;
  bool rate_pinned = false;
};

struct SigningKeys {
  std::string current{};
  std::string next{};

  bool operator==(const SigningKeys&) const = default;
};

// Several values of one field mean any of them, several fields all of them. Empty: everything.
struct Filter {
  std::vector<std::string> message_ids{};
  std::vector<std::string> dead_letter_ids{};
  std::vector<std::string> urls{};
  std::vector<std::string> hosts{};
  std::vector<std::string> paths{};
  std::vector<std::string> groups{};
  std::vector<std::string> endpoints{};
  std::vector<std::string> queues{};
  std::vector<std::string> schedules{};
  std::vector<std::string> caller_addresses{};
  std::vector<std::string> labels{};
  std::vector<std::string> flow_control_keys{};
  std::vector<int> response_statuses{};  // dead letters only
  std::vector<State> states{};           // events only
  std::optional<Timestamp> from{};       // inclusive, both
  std::optional<Timestamp> to{};

  bool operator==(const Filter&) const = default;
};

enum class Order { latest_first, earliest_first };

struct PageRequest {
  std::string cursor{};  // empty: from the start; as a page gave it
  std::size_t count = 100;
  Order order = Order::latest_first;
};

// A page may hold fewer than asked for, even none, and have a cursor nevertheless: what is looked at for one page has a
// limit.
template <class Item>
struct Page {
  std::vector<Item> items{};
  std::optional<std::string> cursor{};  // absent: the end
};

}  // namespace millrace::delivery
