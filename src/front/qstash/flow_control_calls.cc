// Flow control, and the signing keys.

#include <charconv>
#include <fmt/format.h>

#include "front/qstash/call.h"
#include "front/qstash/objects.h"

namespace millrace::front {
namespace {

using delivery::Delivery;

Answer list(Delivery& delivery, Call call) {
  std::string search = net::query_value(call.query(), "search").value_or("");
  auto flows = co_await delivery.flow_controls(std::move(search));
  if (!flows) co_return answer_error(flows.error());
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_array();
    for (const delivery::FlowControlStatus& flow : *flows) append_flow_control(json, flow);
    json.close_array();
  });
}

std::string decoded(std::string_view text) {
  return net::percent_decode(text).value_or(std::string(text));
}

Answer get(Delivery& delivery, Call call) {
  std::string key = decoded(call.tail);
  auto flow = co_await delivery.flow_control(key);
  if (!flow) co_return answer_error(flow.error(), "flow control", key);
  co_return answer_with(200, [&](JsonWriter& json) { append_flow_control(json, *flow); });
}

// What stands at `name` in the query, within these bounds.
Result<std::optional<int>> number_of(std::string_view query, std::string_view name, int least, int most) {
  auto text = net::query_value(query, name);
  if (!text || text->empty()) return std::optional<int>();
  int number = 0;
  auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (fault != std::errc() || end != text->data() + text->size() || number < least || number > most) {
    return Error{ErrorCode::invalid, fmt::format("invalid {}: '{}'", name, *text)};
  }
  return std::optional(number);
}

bool says_true(std::string_view query, std::string_view name) {
  return net::equal_ignoring_case(net::query_value(query, name).value_or(""), "true");
}

Async<Result<void>> pin(Delivery& delivery, Call call, std::string key) {
  constexpr int most = 1'000'000'000;
  constexpr int week = 7 * 24 * 60 * 60;
  auto parallelism = number_of(call.query(), "parallelism", 1, most);
  auto rate = number_of(call.query(), "rate", 1, most);
  auto period = number_of(call.query(), "period", 1, week);
  if (!parallelism) co_return parallelism.error();
  if (!rate) co_return rate.error();
  if (!period) co_return period.error();
  std::optional<std::chrono::seconds> seconds;
  if (*period) seconds = std::chrono::seconds(**period);
  co_return co_await delivery.pin_flow_control(std::move(key), *parallelism, *rate, seconds);
}

Async<Result<void>> act(Delivery& delivery, Call call, std::string verb, std::string key) {
  if (verb == "pause") co_return co_await delivery.pause_flow_control(std::move(key), true);
  if (verb == "resume") co_return co_await delivery.pause_flow_control(std::move(key), false);
  if (verb == "resetRate" || verb == "reset") co_return co_await delivery.reset_rate(std::move(key));
  if (verb == "pin") co_return co_await pin(delivery, std::move(call), std::move(key));
  if (verb == "unpin") {
    bool parallelism = says_true(call.query(), "parallelism");
    bool rate = says_true(call.query(), "rate");
    co_return co_await delivery.unpin_flow_control(std::move(key), parallelism, rate);
  }
  co_return Error{ErrorCode::invalid, "the last part of the path is none of pause, resume, pin, unpin, resetRate"};
}

// Keys may hold slashes: the verb is what follows the last.
Answer change(Delivery& delivery, Call call) {
  auto slash = call.tail.rfind('/');
  std::string verb(slash == std::string_view::npos ? call.tail : call.tail.substr(slash + 1));
  std::string key = decoded(slash == std::string_view::npos ? "" : call.tail.substr(0, slash));
  auto done = co_await act(delivery, std::move(call), std::move(verb), key);
  if (!done) co_return answer_error(done.error(), "flow control", key);
  co_return answer_json(200, "{}");
}

Answer parallelism(Delivery& delivery, Call) {
  auto now = delivery.parallelism();
  co_return answer_with(200, [&](JsonWriter& json) {
    json.open_object().key("parallelismMax").integer(static_cast<std::int64_t>(now.max));
    json.key("parallelismCount").integer(static_cast<std::int64_t>(now.count)).close_object();
  });
}

Answer keys(Delivery& delivery, Call) {
  delivery::SigningKeys keys = delivery.keys();
  co_return answer_with(200, [&](JsonWriter& json) { append_keys(json, keys); });
}

Answer rotate(Delivery& delivery, Call) {
  auto keys = co_await delivery.rotate_keys();
  if (!keys) co_return answer_error(keys.error());
  co_return answer_with(200, [&](JsonWriter& json) { append_keys(json, *keys); });
}

}  // namespace

std::vector<CallRow> flow_control_calls() {
  return {
      {"GET", "/v2/flowControl", list},
      {"GET", "/v2/flowControl/*", get},
      {"POST", "/v2/flowControl/*", change},
      {"GET", "/v2/globalParallelism", parallelism},
      {"GET", "/v2/keys", keys},
      {"GET", "/v1/keys", keys},
      {"POST", "/v2/keys/rotate", rotate},
      {"POST", "/v1/keys/rotate", rotate},
  };
}

}  // namespace millrace::front
