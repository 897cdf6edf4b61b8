#include "front/record_admin.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "eventlog/following.h"
#include "front/admin_routes.h"
#include "front/error_status.h"
#include "front/kafka/bounded_wait.h"
#include "front/topic_records.h"

namespace millrace::front {
namespace {

using eventlog::EventLog;
using eventlog::Offset;
using eventlog::PartitionNumber;
using eventlog::Position;

using Answer = Result<std::string>;

constexpr std::string_view place = "/admin/records";
constexpr std::size_t body_bytes_max = std::size_t{64} << 20;  // an import sends records in batches of a megabyte
constexpr std::size_t page_bytes_max = std::size_t{4} << 20;
constexpr std::uint64_t page_records_max = 10'000;
constexpr std::uint64_t wait_max = 60'000;  // milliseconds; longer than that nobody keeps a connection quiet

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

// --- Reading requests ---

Result<std::optional<std::uint64_t>> read_number(const JsonValue& request, std::string_view name) {
  const JsonValue* value = request.find(name);
  if (value == nullptr || value->is_null()) return std::optional<std::uint64_t>{};
  if (value->kind() != JsonValue::Kind::integer || value->integer() < 0) {
    return invalid(fmt::format("'{}' is no number from 0 on", name));
  }
  return std::optional(static_cast<std::uint64_t>(value->integer()));
}

std::string text(const JsonValue& request, std::string_view name) {
  const JsonValue* value = request.find(name);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

// --- Writing answers ---

void number(JsonWriter& json, std::string_view name, std::uint64_t value) {
  json.key(name).integer(static_cast<std::int64_t>(value));
}

void append_positions(JsonWriter& json, std::string_view name, const std::vector<Position>& positions) {
  json.key(name).open_array();
  for (const Position& position : positions) {
    json.open_array().integer(position.partition).integer(static_cast<std::int64_t>(position.offset)).close_array();
  }
  json.close_array();
}

void append_records(JsonWriter& json, const std::vector<eventlog::Record>& records) {
  std::string one;
  for (const eventlog::Record& record : records) {
    one.clear();
    append_record_json(one, record);
    json.raw(one);
  }
}

// --- Reading and writing records ---

Result<std::vector<Position>> read_positions(const std::string& name, const JsonValue& list) {
  std::vector<Position> positions;
  for (const JsonValue& one : list.items()) {
    bool pair = one.is_array() && one.items().size() == 2 && one.items()[0].kind() == JsonValue::Kind::integer &&
                one.items()[1].kind() == JsonValue::Kind::integer && one.items()[0].integer() >= 0 &&
                one.items()[0].integer() <= UINT32_MAX && one.items()[1].integer() >= 0;
    if (!pair) return invalid("'positions' are pairs of partition and offset");
    positions.push_back(
        {name, static_cast<PartitionNumber>(one.items()[0].integer()), static_cast<Offset>(one.items()[1].integer())});
  }
  return positions;
}

Async<Result<Offset>> offset_of(EventLog& log, std::string name, PartitionNumber partition, const JsonValue* from) {
  auto bounds = co_await log.bounds(name, partition);
  if (!bounds) co_return bounds.error();
  if (from == nullptr) co_return bounds->first;
  if (from->is_string() && from->string() == "earliest") co_return bounds->first;
  if (from->is_string() && from->string() == "latest") co_return bounds->next;
  if (from->kind() == JsonValue::Kind::integer && from->integer() >= 0) co_return static_cast<Offset>(from->integer());
  const JsonValue* time = from->is_object() ? from->find("time") : nullptr;
  if (time == nullptr || time->kind() != JsonValue::Kind::integer || time->integer() < 0) {
    co_return invalid("'from' is earliest, latest, an offset or a time");
  }
  co_return co_await log.offset_at(std::move(name), partition, Timestamp(std::chrono::milliseconds(time->integer())));
}

// Where a read begins that names no positions.
Async<Result<std::vector<Position>>> first_positions(EventLog& log, std::string name, const JsonValue& request) {
  auto topic = co_await log.show(name);
  if (!topic) co_return topic.error();
  auto only = read_number(request, "partition");
  if (!only) co_return only.error();
  std::vector<Position> positions;
  for (PartitionNumber partition = 0; partition < topic->settings.partitions; ++partition) {
    if (*only && **only != partition) continue;
    auto offset = co_await offset_of(log, name, partition, request.find("from"));
    if (!offset) co_return offset.error();
    positions.push_back({name, partition, *offset});
  }
  if (positions.empty()) {
    co_return Error{ErrorCode::not_found, fmt::format("topic '{}' has no partition {}", name, **only)};
  }
  co_return positions;
}

struct Page {
  std::uint64_t records_max = 0;
  std::chrono::milliseconds wait{};
};

Result<Page> read_page(const JsonValue& request) {
  auto limit = read_number(request, "limit");
  if (!limit) return limit.error();
  auto wait = read_number(request, "wait");
  if (!wait) return wait.error();
  return Page{std::clamp<std::uint64_t>(limit->value_or(500), 1, page_records_max),
              std::chrono::milliseconds(std::min(wait->value_or(0), wait_max))};
}

Async<Answer> read(net::Reactor& reactor, EventLog& log, std::string name, const JsonValue& request,
                   std::stop_token gone) {
  auto page = read_page(request);
  if (!page) co_return page.error();
  const JsonValue* list = request.find("positions");
  Result<std::vector<Position>> positions = std::vector<Position>{};
  if (list != nullptr && list->is_array()) {
    positions = read_positions(name, *list);
  } else {
    positions = co_await first_positions(log, name, request);
  }
  if (!positions) co_return positions.error();

  eventlog::FollowLimits limits{.each = {.records_max = page->records_max}, .bytes_max = page_bytes_max};
  eventlog::Following following(log, std::move(*positions));
  auto batches = co_await following.ready(limits, false);
  if (batches && batches->empty() && page->wait.count() > 0) {
    BoundedWait wait(reactor, std::move(gone), page->wait);
    std::stop_token token = wait.token();
    batches = co_await following.next(limits, std::move(token));
  }
  if (!batches) co_return batches.error();

  std::string out;
  JsonWriter json(out);
  json.open_object().key("records").open_array();
  for (const eventlog::TopicBatch& batch : *batches) append_records(json, batch.records);
  json.close_array();
  std::vector<Position> ends;
  for (const Position& position : following.positions()) {
    auto bounds = co_await log.bounds(name, position.partition);
    if (!bounds) co_return bounds.error();
    ends.push_back({name, position.partition, bounds->next});
  }
  append_positions(json, "positions", following.positions());
  append_positions(json, "ends", ends);
  json.close_object();
  co_return out;
}

Async<Answer> read_key(EventLog& log, std::string name, std::string key, const JsonValue& request) {
  auto page = read_page(request);
  if (!page) co_return page.error();
  auto from = read_number(request, "version");
  if (!from) co_return from.error();
  auto records = co_await log.read_key(std::move(name), std::move(key), from->value_or(1), Direction::ascending,
                                       {.records_max = page->records_max, .bytes_max = page_bytes_max});
  if (!records) co_return records.error();
  std::string out;
  JsonWriter json(out);
  json.open_object().key("records").open_array();
  append_records(json, *records);
  json.close_array();
  number(json, "version", records->empty() ? from->value_or(1) : records->back().version + 1);
  json.close_object();
  co_return out;
}

Async<Answer> write(EventLog& log, std::string name, const JsonValue& request) {
  const JsonValue* list = request.find("records");
  if (list == nullptr || !list->is_array()) co_return invalid("'records' is no array");
  std::vector<eventlog::NewRecord> records;
  for (const JsonValue& one : list->items()) {
    auto record = read_record_json(one);
    if (!record) co_return record.error();
    records.push_back(std::move(*record));
  }
  auto appended = co_await log.append(std::move(name), std::move(records));
  if (!appended) co_return appended.error();
  std::string out;
  JsonWriter json(out);
  json.open_object().key("appended").open_array();
  for (const eventlog::Appended& at : *appended) {
    json.open_array().integer(at.partition).integer(static_cast<std::int64_t>(at.offset)).close_array();
  }
  json.close_array().close_object();
  co_return out;
}

bool authorized(const net::HttpRequest& head, const std::string& secret) {
  return !refuse_unauthorized(head, secret);
}

}  // namespace

Async<Answer> RecordAdmin::run(std::string text_of_request, std::stop_token gone) {
  auto document = JsonDocument::parse(text_of_request);
  if (!document || !document->root().is_object()) co_return invalid("the request is no JSON object");
  const JsonValue& request = document->root();
  std::string action = text(request, "do");
  std::string name = text(request, "name");
  if (action == "read" && request.find("key") != nullptr) {
    std::string key = text(request, "key");
    co_return co_await read_key(log_, std::move(name), std::move(key), request);
  }
  if (action == "read") co_return co_await read(reactor_, log_, std::move(name), request, std::move(gone));
  if (action == "write") co_return co_await write(log_, std::move(name), request);
  co_return invalid(fmt::format("'{}' is nothing that can be done with records", action));
}

std::vector<Route> record_admin_routes(RecordAdmin& admin, std::string secret) {
  auto handle = [&admin, secret = std::move(secret)](net::HttpRequest& request) -> Async<net::HttpResponse> {
    if (auto refusal = refuse_unauthorized(request, secret)) co_return std::move(*refusal);
    std::string body(request.body);
    std::stop_token gone = request.gone();
    auto done = co_await admin.run(std::move(body), std::move(gone));
    if (!done) co_return json_error(error_status(done.error().code), done.error().message);
    co_return json_response(200, std::move(*done));
  };
  return {{.methods = "POST", .path = std::string(place), .handle = handle}};
}

std::size_t record_admin_body_bytes_max(const net::HttpRequest& head, const std::string& secret, std::size_t others) {
  return head.path == place && authorized(head, secret) ? std::max(others, body_bytes_max) : others;
}

}  // namespace millrace::front
