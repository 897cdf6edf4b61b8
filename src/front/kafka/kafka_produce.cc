#include "front/kafka/kafka_produce.h"

#include <algorithm>
#include <fmt/format.h>

#include "front/kafka/kafka_reply.h"

namespace millrace::front {
namespace {

using eventlog::Appended;
using eventlog::EventLog;
using eventlog::Expected;
using eventlog::NewRecord;
using net::HttpResponse;

bool same_topic(const std::vector<ProducedRecord>& records) {
  return std::ranges::all_of(records, [&](const auto& one) { return one.topic == records.front().topic; });
}

// Leaves behind what a refusal tells of the record.
NewRecord take(ProducedRecord& produced) {
  NewRecord record = std::move(produced.record);
  if (record.expected.kind != Expected::Kind::any) produced.record.key = record.key;
  return record;
}

std::vector<NewRecord> take_all(std::vector<ProducedRecord>& records) {
  std::vector<NewRecord> all;
  all.reserve(records.size());
  for (ProducedRecord& one : records) all.push_back(take(one));
  return all;
}

std::vector<eventlog::Addressed> take_addressed(std::vector<ProducedRecord>& records) {
  std::vector<eventlog::Addressed> all;
  all.reserve(records.size());
  for (ProducedRecord& one : records) all.push_back({one.topic, take(one)});
  return all;
}

bool is_met(const Expected& expected, eventlog::Version current) {
  switch (expected.kind) {
    case Expected::Kind::any: return true;
    case Expected::Kind::none: return current == 0;
    case Expected::Kind::exists: return current > 0;
    case Expected::Kind::exactly: return current == expected.version;
  }
  return false;
}

// 412, with the version that the first key is at that is not at the version expected.
Async<HttpResponse> version_refusal(EventLog& log, const std::vector<ProducedRecord>& records, Error error) {
  HttpResponse refusal = kafka_error(412, error.message);
  for (const ProducedRecord& one : records) {
    if (one.record.expected.kind == Expected::Kind::any || !one.record.key) continue;
    std::string topic = one.topic;
    std::string key = *one.record.key;
    auto current = co_await log.key_version(std::move(topic), std::move(key));
    if (!current || is_met(one.record.expected, *current)) continue;
    refusal.add_header("current-version", std::to_string(*current));
    break;
  }
  co_return refusal;
}

// What is not there is the topic, or a partition that the request itself named.
Async<HttpResponse> missing(EventLog& log, const std::vector<ProducedRecord>& records, Error error) {
  for (const ProducedRecord& one : records) {
    std::string topic = one.topic;
    auto found = co_await log.show(std::move(topic));
    if (!found) co_return kafka_error(error_status(found.error().code), found.error().message);
    if (one.record.partition && *one.record.partition >= found->settings.partitions) {
      co_return kafka_error(400, error.message);
    }
  }
  co_return kafka_error(404, error.message);
}

Async<HttpResponse> refuse(EventLog& log, const std::vector<ProducedRecord>& records, Error error) {
  if (error.code == ErrorCode::conflict) co_return co_await version_refusal(log, records, std::move(error));
  if (error.code == ErrorCode::not_found) co_return co_await missing(log, records, std::move(error));
  co_return kafka_error(error_status(error.code), error.message);
}

}  // namespace

Async<HttpResponse> produce(LogPlace place, std::vector<ProducedRecord> records, ProduceAnswer answer) {
  for (const ProducedRecord& one : records) {
    if (place.access.may(LogRight::produce, one.topic)) continue;
    co_return kafka_error(403, fmt::format("this credential may not produce to topic '{}'", one.topic));
  }
  Result<std::vector<Appended>> appended = std::vector<Appended>();
  if (!records.empty() && same_topic(records)) {
    std::string topic = records.front().topic;
    auto all = take_all(records);
    appended = co_await place.log.append(std::move(topic), std::move(all));
  } else if (!records.empty()) {
    auto all = take_addressed(records);
    appended = co_await place.log.append(std::move(all));
  }
  if (!appended) {
    Error error = appended.error();
    co_return co_await refuse(place.log, records, std::move(error));
  }
  std::string body;
  if (answer == ProduceAnswer::array) body.push_back('[');
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i > 0) body.push_back(',');
    auto version = records[i].versioned ? ShowVersion::yes : ShowVersion::no;
    append_metadata(body, records[i].topic, (*appended)[i], version);
  }
  if (answer == ProduceAnswer::array) body.push_back(']');
  co_return kafka_answer(std::move(body));
}

}  // namespace millrace::front
