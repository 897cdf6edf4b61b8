#include "front/kafka/produce_request.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <limits>

#include "base/json_writer.h"
#include "front/kafka/kafka_json.h"

namespace millrace::front {
namespace {

using eventlog::Expected;
using eventlog::Header;
using eventlog::NewRecord;
using Kind = JsonValue::Kind;

constexpr std::int64_t timestamp_max = 253'402'300'799'999;  // the last millisecond of the year 9999

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

// A text, or nothing when the member is absent or null.
Result<std::optional<std::string>> read_text(const JsonValue& object, std::string_view name) {
  const JsonValue* value = present(object, name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return invalid(fmt::format("'{}' is not a string", name));
  return std::optional(std::string(value->string()));
}

// A string as it is, a number or boolean as its JSON text, null as a tombstone.
Result<std::optional<std::string>> read_value(const JsonValue& object) {
  const JsonValue* value = object.find("value");
  if (value == nullptr) return invalid("'value' is missing");
  switch (value->kind()) {
    case Kind::null: return std::optional<std::string>();
    case Kind::string: return std::optional(std::string(value->string()));
    case Kind::boolean:
    case Kind::integer:
    case Kind::number: {
      std::string text;
      append_json(text, *value);
      return std::optional(std::move(text));
    }
    case Kind::array:
    case Kind::object: break;
  }
  return invalid("'value' is not a string: send JSON as a string that holds it");
}

Result<std::vector<Header>> read_headers(const JsonValue& object) {
  std::vector<Header> headers;
  const JsonValue* list = present(object, "headers");
  if (list == nullptr) return headers;
  if (!list->is_array()) return invalid("'headers' is not an array");
  for (const JsonValue& item : list->items()) {
    const JsonValue* key = present(item, "key");
    const JsonValue* value = present(item, "value");
    if (key == nullptr || !key->is_string() || (value != nullptr && !value->is_string())) {
      return invalid(R"(a header is not of the form {"key":"…","value":"…"})");
    }
    headers.push_back({std::string(key->string()), value == nullptr ? "" : std::string(value->string())});
  }
  return headers;
}

Result<void> read_place(const JsonValue& object, NewRecord& record) {
  if (const JsonValue* partition = present(object, "partition")) {
    auto number = whole_number(*partition);
    if (!number || *number < 0) return invalid("'partition' is not a whole number from 0 on");
    record.partition = static_cast<eventlog::PartitionNumber>(
        std::min<std::int64_t>(*number, std::numeric_limits<eventlog::PartitionNumber>::max()));
  }
  if (const JsonValue* timestamp = present(object, "timestamp")) {
    auto number = whole_number(*timestamp);
    if (!number || *number < 0 || *number > timestamp_max) {
      return invalid("'timestamp' is not a number of milliseconds since 1970");
    }
    record.timestamp = Timestamp(std::chrono::milliseconds(*number));
  }
  return {};
}

Result<bool> read_extensions(const JsonValue& object, NewRecord& record) {
  bool versioned = false;
  if (const JsonValue* expected = present(object, "expectedVersion")) {
    auto number = whole_number(*expected);
    auto read = expected->is_string()    ? read_expected(expected->string())
                : number && *number >= 0 ? std::optional(Expected::exactly(static_cast<eventlog::Version>(*number)))
                                         : std::nullopt;
    if (!read) return invalid("'expectedVersion' is neither a version nor \"none\", \"exists\" or \"any\"");
    record.expected = *read;
    versioned = true;
  }
  auto id = read_text(object, "id");
  if (!id) return id.error();
  if (*id && !(*id)->empty()) {
    record.idempotency_key = std::move(**id);
    versioned = true;
  }
  return versioned;
}

Result<ProducedRecord> read_record(const JsonValue& object, std::string_view topic) {
  if (!object.is_object()) return invalid("a record is not a JSON object");
  ProducedRecord produced{.topic = std::string(topic)};
  if (topic.empty()) {
    auto named = read_text(object, "topic");
    if (!named) return named.error();
    if (!*named || (*named)->empty()) return invalid("'topic' is missing");
    produced.topic = std::move(**named);
  }
  auto value = read_value(object);
  if (!value) return value.error();
  produced.record.value = std::move(*value);
  auto key = read_text(object, "key");
  if (!key) return key.error();
  produced.record.key = std::move(*key);
  auto headers = read_headers(object);
  if (!headers) return headers.error();
  produced.record.headers = std::move(*headers);
  if (auto place = read_place(object, produced.record); !place) return place.error();
  auto versioned = read_extensions(object, produced.record);
  if (!versioned) return versioned.error();
  produced.versioned = *versioned;
  return produced;
}

// Of the connection, the client or a proxy, not of the event.
bool is_of_transport(std::string_view name) {
  constexpr std::array<std::string_view, 36> names = {"host",
                                                      "user-agent",
                                                      "authorization",
                                                      "cookie",
                                                      "connection",
                                                      "expect",
                                                      "origin",
                                                      "referer",
                                                      "cache-control",
                                                      "pragma",
                                                      "date",
                                                      "via",
                                                      "forwarded",
                                                      "x-real-ip",
                                                      "keep-alive",
                                                      "te",
                                                      "trailer",
                                                      "transfer-encoding",
                                                      "upgrade",
                                                      "proxy-connection",
                                                      "traceparent",
                                                      "tracestate",
                                                      "baggage",
                                                      "x-request-id",
                                                      "x-cloud-trace-context",
                                                      "x-amzn-trace-id",
                                                      "cf-ray",
                                                      "cf-visitor",
                                                      "cf-connecting-ip",
                                                      "cf-ipcountry",
                                                      "cdn-loop",
                                                      "upgrade-insecure-requests",
                                                      "proxy-authorization",
                                                      "expected-version",
                                                      "event-id",
                                                      "idempotency-key"};
  constexpr std::array<std::string_view, 4> prefixes = {"accept", "content-", "x-forwarded-", "sec-"};
  return std::ranges::find(names, name) != names.end() ||
         std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return out;
}

}  // namespace

Result<std::vector<ProducedRecord>> read_produced(std::string_view body, std::string_view topic) {
  auto parsed = KafkaBody::parse(body);
  if (!parsed) return parsed.error();
  const JsonValue& root = parsed->root();
  if (root.is_null()) return invalid("The request holds no record: neither in its path nor in its body");
  std::vector<ProducedRecord> records;
  if (!root.is_array()) {
    auto record = read_record(root, topic);
    if (!record) return record.error();
    records.push_back(std::move(*record));
    return records;
  }
  if (root.items().size() > produced_records_max) {
    return invalid(fmt::format("A request holds {} records at most", produced_records_max));
  }
  records.reserve(root.items().size());
  for (const JsonValue& item : root.items()) {
    auto record = read_record(item, topic);
    if (!record) return invalid(fmt::format("Record {}: {}", records.size(), record.error().message));
    records.push_back(std::move(*record));
  }
  return records;
}

ProducedRecord read_webhook(const net::HttpRequest& request, std::string topic) {
  ProducedRecord produced{.topic = std::move(topic)};
  produced.record.value = std::string(request.body);
  for (const net::HttpHeader& header : request.headers) {
    std::string name = lower(header.name);
    if (!is_of_transport(name)) produced.record.headers.push_back({std::move(name), std::string(header.value)});
  }
  return produced;
}

std::optional<Expected> read_expected(std::string_view text) {
  if (text == "any") return Expected{};
  if (text == "none") return Expected::none();
  if (text == "exists") return Expected::exists();
  auto number = whole_number(text);
  if (!number || *number < 0) return std::nullopt;
  return Expected::exactly(static_cast<eventlog::Version>(*number));
}

Result<void> apply_headers(const net::HttpRequest& request, std::vector<ProducedRecord>& records) {
  auto version = request.header("expected-version");
  auto id = request.header("event-id");
  auto key = request.header("idempotency-key");
  if ((version || id) && records.size() != 1) {
    return invalid(
        "Expected-Version and Event-Id are of one record: write expectedVersion and id into each of several");
  }
  if (version) {
    auto expected = read_expected(*version);
    if (!expected) return invalid("Expected-Version is neither a version nor none, exists or any");
    ProducedRecord& record = records.front();
    if (record.record.expected.kind == Expected::Kind::any) record.record.expected = *expected;
    record.versioned = true;
  }
  if (id && !id->empty()) {
    ProducedRecord& record = records.front();
    if (record.record.idempotency_key.empty()) record.record.idempotency_key = *id;
    record.versioned = true;
  }
  if (!key || key->empty()) return {};
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].versioned = true;
    if (!records[i].record.idempotency_key.empty()) continue;
    records[i].record.idempotency_key = records.size() == 1 ? std::string(*key) : fmt::format("{}#{}", *key, i);
  }
  return {};
}

}  // namespace millrace::front
