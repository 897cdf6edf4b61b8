#include "delivery/rows.h"

#include "base/bytes.h"

namespace millrace::delivery {
namespace {

constexpr std::uint8_t version = 1;
constexpr int callback_depth_max = 8;      // of callbacks of callbacks; publishing refuses more than that
constexpr std::uint64_t many = 1'000'000;  // more elements than any row has

// --- Writing ---

class Writer {
 public:
  Writer() {
    out_.reserve(256);  // most rows fit
    out_.push_back(static_cast<char>(version));
  }

  Writer& number(std::uint64_t value) {
    append_varint(out_, value);
    return *this;
  }
  Writer& text(std::string_view value) {
    append_sized(out_, value);
    return *this;
  }
  Writer& flag(bool value) { return number(value ? 1 : 0); }
  Writer& time(Timestamp value) { return number(static_cast<std::uint64_t>(value.time_since_epoch().count())); }
  Writer& duration(std::chrono::milliseconds value) { return number(static_cast<std::uint64_t>(value.count())); }

  template <class Value, class Write>
  Writer& maybe(const Value& value, Write write) {
    flag(static_cast<bool>(value));
    if (value) write(*value);
    return *this;
  }
  Writer& maybe_time(const std::optional<Timestamp>& value) {
    return maybe(value, [&](Timestamp each) { time(each); });
  }
  Writer& maybe_number(const std::optional<int>& value) {
    return maybe(value, [&](int each) { number(static_cast<std::uint64_t>(each)); });
  }
  template <class Items, class Write>
  Writer& list(const Items& items, Write write) {
    number(items.size());
    for (const auto& item : items) write(item);
    return *this;
  }
  Writer& texts(const std::vector<std::string>& items) {
    return list(items, [&](const std::string& item) { text(item); });
  }
  Writer& headers(const Headers& items) {
    return list(items, [&](const auto& item) { text(item.first).text(item.second); });
  }

  std::string take() { return std::move(out_); }

 private:
  std::string out_{};
};

void write_flow(Writer& out, const FlowControl& flow) {
  out.text(flow.key).maybe_number(flow.parallelism).maybe_number(flow.rate).duration(flow.period);
}

void write_callback(Writer& out, const std::shared_ptr<const Callback>& callback) {
  out.maybe(callback, [&](const Callback& each) {
    out.text(each.url).text(each.method).headers(each.headers).maybe_number(each.retries).text(each.retry_delay);
    out.maybe(each.timeout, [&](std::chrono::seconds timeout) { out.duration(timeout); });
    out.maybe(each.flow_control, [&](const FlowControl& flow) { write_flow(out, flow); });
    write_callback(out, each.callback);
    write_callback(out, each.failure_callback);
  });
}

// All but the body.
void write_content(Writer& out, const Content& content) {
  out.text(content.method).headers(content.headers).number(static_cast<std::uint64_t>(content.retries));
  out.text(content.retry_delay);
  out.maybe(content.timeout, [&](std::chrono::seconds timeout) { out.duration(timeout); });
  write_callback(out, content.callback);
  write_callback(out, content.failure_callback);
  out.maybe(content.flow_control, [&](const FlowControl& flow) { write_flow(out, flow); });
  out.texts(content.labels).flag(content.redaction.body).flag(content.redaction.headers);
  out.texts(content.redaction.header_names).text(content.caller_address);
}

void write_response(Writer& out, const Response& response) {
  out.number(static_cast<std::uint64_t>(response.status)).headers(response.headers).text(response.body);
}

// --- Reading ---

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) { good_ = in_.byte() == version; }

  bool ok() const { return good_ && in_.ok(); }
  bool ended() const { return ok() && in_.at_end(); }

  std::uint64_t number(std::uint64_t most = INT64_MAX) { return in_.varint_up_to(most); }
  int small() { return static_cast<int>(number(INT32_MAX)); }
  bool flag() { return number(1) != 0; }
  std::string text() { return std::string(in_.sized()); }
  Timestamp time() { return Timestamp(std::chrono::milliseconds(number())); }
  std::chrono::milliseconds duration() { return std::chrono::milliseconds(number()); }
  std::chrono::seconds seconds() { return std::chrono::duration_cast<std::chrono::seconds>(duration()); }

  template <class Read>
  auto maybe(Read read) -> std::optional<decltype(read())> {
    if (!flag()) return {};
    return read();
  }
  std::optional<Timestamp> maybe_time() {
    return maybe([&] { return time(); });
  }
  std::optional<int> maybe_number() {
    return maybe([&] { return small(); });
  }
  template <class Read>
  auto list(Read read) -> std::vector<decltype(read())> {
    std::vector<decltype(read())> items;
    std::uint64_t count = number(many);
    for (std::uint64_t i = 0; i < count && ok(); ++i) items.push_back(read());
    return items;
  }
  std::vector<std::string> texts() {
    return list([&] { return text(); });
  }
  Headers headers() {
    return list([&] {
      std::string name = text();
      return std::pair(std::move(name), text());
    });
  }
  void fail() { good_ = false; }

 private:
  ByteReader in_;
  bool good_ = true;
};

FlowControl read_flow(Reader& in) {
  FlowControl flow{.key = in.text()};
  flow.parallelism = in.maybe_number();
  flow.rate = in.maybe_number();
  flow.period = in.seconds();
  return flow;
}

std::shared_ptr<const Callback> read_callback(Reader& in, int depth) {
  if (!in.flag()) return nullptr;
  if (depth == 0) {
    in.fail();
    return nullptr;
  }
  auto callback = std::make_shared<Callback>();
  callback->url = in.text();
  callback->method = in.text();
  callback->headers = in.headers();
  callback->retries = in.maybe_number();
  callback->retry_delay = in.text();
  callback->timeout = in.maybe([&] { return in.seconds(); });
  callback->flow_control = in.maybe([&] { return read_flow(in); });
  callback->callback = read_callback(in, depth - 1);
  callback->failure_callback = read_callback(in, depth - 1);
  return callback;
}

Content read_content(Reader& in) {
  Content content;
  content.method = in.text();
  content.headers = in.headers();
  content.retries = in.small();
  content.retry_delay = in.text();
  content.timeout = in.maybe([&] { return in.seconds(); });
  content.callback = read_callback(in, callback_depth_max);
  content.failure_callback = read_callback(in, callback_depth_max);
  content.flow_control = in.maybe([&] { return read_flow(in); });
  content.labels = in.texts();
  content.redaction.body = in.flag();
  content.redaction.headers = in.flag();
  content.redaction.header_names = in.texts();
  content.caller_address = in.text();
  return content;
}

Response read_response(Reader& in) {
  Response response{.status = in.small()};
  response.headers = in.headers();
  response.body = in.text();
  return response;
}

EventRow read_event(Reader& in) {
  EventRow event{.time = in.time()};
  event.state = static_cast<State>(in.number(static_cast<std::uint64_t>(State::canceled)));
  event.error = in.text();
  event.next_delivery = in.maybe_time();
  event.response = in.maybe([&] { return read_response(in); });
  event.latency = in.maybe([&] { return in.duration(); });
  return event;
}

template <class Row>
std::optional<Row> checked(const Reader& in, Row row) {
  if (!in.ended()) return {};
  return row;
}

}  // namespace

std::string encode(const Message& message) {
  Writer out;
  bool apart = message.content.body.size() > body_in_row_max;
  out.text(message.url).number(message.content.body.size()).flag(apart);
  out.text(apart ? std::string_view() : std::string_view(message.content.body));
  write_content(out, message.content);
  out.text(message.group).text(message.endpoint).text(message.queue).text(message.schedule).text(message.parent);
  out.time(message.created_at).time(message.not_before).text(message.source).text(message.source_queue);
  return out.take();
}

std::optional<MessageRow> decode_message(std::string_view id, std::string_view bytes) {
  Reader in(bytes);
  MessageRow row;
  std::string url = in.text();
  row.body_bytes = in.number();
  row.body_apart = in.flag();
  std::string body = in.text();
  row.message.content = read_content(in);
  row.message.content.body = std::move(body);
  row.message.id = id;
  row.message.url = std::move(url);
  row.message.group = in.text();
  row.message.endpoint = in.text();
  row.message.queue = in.text();
  row.message.schedule = in.text();
  row.message.parent = in.text();
  row.message.created_at = in.time();
  row.message.not_before = in.time();
  row.message.source = in.text();
  row.message.source_queue = in.text();
  return checked(in, std::move(row));
}

std::string encode(const StatusRow& row) {
  Writer out;
  out.number(static_cast<std::uint64_t>(row.state)).number(static_cast<std::uint64_t>(row.retried));
  out.maybe_time(row.next_delivery).maybe_time(row.finished_at);
  out.flag(row.joined).flag(row.released).flag(row.unlogged).text(row.dead_letter);
  out.list(row.events, [&](const EventRow& event) {
    out.time(event.time).number(static_cast<std::uint64_t>(event.state)).text(event.error);
    out.maybe_time(event.next_delivery);
    out.maybe(event.response, [&](const Response& response) { write_response(out, response); });
    out.maybe(event.latency, [&](std::chrono::milliseconds latency) { out.duration(latency); });
  });
  return out.take();
}

std::optional<StatusRow> decode_status(std::string_view bytes) {
  Reader in(bytes);
  StatusRow row;
  row.state = static_cast<State>(in.number(static_cast<std::uint64_t>(State::canceled)));
  row.retried = in.small();
  row.next_delivery = in.maybe_time();
  row.finished_at = in.maybe_time();
  row.joined = in.flag();
  row.released = in.flag();
  row.unlogged = in.flag();
  row.dead_letter = in.text();
  row.events = in.list([&] { return read_event(in); });
  return checked(in, std::move(row));
}

std::string encode(const QueueRow& row) {
  return Writer()
      .time(row.created_at)
      .time(row.updated_at)
      .number(static_cast<std::uint64_t>(row.parallelism))
      .flag(row.paused)
      .take();
}

std::optional<QueueRow> decode_queue(std::string_view bytes) {
  Reader in(bytes);
  QueueRow row{.created_at = in.time()};
  row.updated_at = in.time();
  row.parallelism = in.small();
  row.paused = in.flag();
  return checked(in, row);
}

std::string encode(const UrlGroup& row) {
  Writer out;
  out.text(row.id).time(row.created_at).time(row.updated_at);
  out.list(row.endpoints, [&](const Endpoint& each) { out.text(each.name).text(each.url).text(each.id); });
  return out.headers(row.headers).take();
}

std::optional<UrlGroup> decode_group(std::string_view name, std::string_view bytes) {
  Reader in(bytes);
  UrlGroup row{.name = std::string(name), .id = in.text()};
  row.created_at = in.time();
  row.updated_at = in.time();
  row.endpoints = in.list([&] {
    Endpoint endpoint{.name = in.text()};
    endpoint.url = in.text();
    endpoint.id = in.text();
    return endpoint;
  });
  row.headers = in.headers();
  return checked(in, std::move(row));
}

std::string encode(const ScheduleRow& row) {
  Writer out;
  const ScheduleRequest& request = row.request;
  out.text(request.destination.url).text(request.destination.group).text(request.cron).text(request.content.body);
  write_content(out, request.content);
  return out.text(request.queue).duration(request.delay).time(row.created_at).take();
}

std::optional<ScheduleRow> decode_schedule(std::string_view id, std::string_view bytes) {
  Reader in(bytes);
  ScheduleRow row;
  row.request.id = id;
  row.request.destination.url = in.text();
  row.request.destination.group = in.text();
  row.request.cron = in.text();
  std::string body = in.text();
  row.request.content = read_content(in);
  row.request.content.body = std::move(body);
  row.request.queue = in.text();
  row.request.delay = in.duration();
  row.created_at = in.time();
  return checked(in, std::move(row));
}

std::string encode(const ScheduleStateRow& row) {
  return Writer()
      .flag(row.paused)
      .maybe_time(row.last)
      .maybe_time(row.next)
      .texts(row.last_messages)
      .text(row.error)
      .take();
}

std::optional<ScheduleStateRow> decode_schedule_state(std::string_view bytes) {
  Reader in(bytes);
  ScheduleStateRow row{.paused = in.flag()};
  row.last = in.maybe_time();
  row.next = in.maybe_time();
  row.last_messages = in.texts();
  row.error = in.text();
  return checked(in, std::move(row));
}

std::string encode(const FlowRow& row) {
  return Writer()
      .maybe_number(row.parallelism)
      .maybe_number(row.rate)
      .duration(row.period)
      .flag(row.paused)
      .flag(row.parallelism_pinned)
      .flag(row.rate_pinned)
      .take();
}

std::optional<FlowRow> decode_flow(std::string_view bytes) {
  Reader in(bytes);
  FlowRow row{.parallelism = in.maybe_number()};
  row.rate = in.maybe_number();
  row.period = in.seconds();
  row.paused = in.flag();
  row.parallelism_pinned = in.flag();
  row.rate_pinned = in.flag();
  return checked(in, row);
}

std::string encode(const FlowCountRow& row) {
  return Writer().time(row.period_start).number(static_cast<std::uint64_t>(row.count)).take();
}

std::optional<FlowCountRow> decode_flow_count(std::string_view bytes) {
  Reader in(bytes);
  FlowCountRow row{.period_start = in.time()};
  row.count = in.small();
  return checked(in, row);
}

std::string encode(const LogRow& row) {
  return Writer().text(row.message_id).number(row.first).number(row.count).take();
}

std::optional<LogRow> decode_log(std::string_view bytes) {
  Reader in(bytes);
  LogRow row{.message_id = in.text()};
  row.first = in.number(many);
  row.count = in.number(many);
  return checked(in, std::move(row));
}

}  // namespace millrace::delivery
