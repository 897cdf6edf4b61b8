#pragma once

// Answers of the REST door of the log, as JSON. Pure; any thread.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eventlog/event_log.h"
#include "front/error_status.h"
#include "net/http.h"

namespace millrace::front {

enum class ShowVersion : bool { no, yes };

// {"topic":"orders","partition":0,"offset":17,"timestamp":1731000004211}, and "version" where it was asked for.
void append_metadata(std::string& out, std::string_view topic, const eventlog::Appended& at, ShowVersion version);

// All seven fields always: a missing key is "", a tombstone's value null, bytes that are not UTF-8 become U+FFFD.
void append_record(std::string& out, std::string_view topic, const eventlog::Record& record, ShowVersion version);

// {"topic":"orders","partition":0,"offset":17}; -1 where there is none.
void append_offset(std::string& out, const eventlog::TopicPartition& partition, std::int64_t offset);

// What every answer says: pages of any origin may read it, and nobody caches it.
inline constexpr std::string_view kafka_headers =
    "access-control-allow-origin: *\r\n"
    "access-control-expose-headers: current-version, kafka-log-start-offset, kafka-offset-reset, etag, retry-after\r\n"
    "cache-control: no-store\r\n";

// {"error":"…","status":404}
net::HttpResponse kafka_error(int status, std::string_view message);
net::HttpResponse kafka_answer(std::string body);
// {"result":"Success","status":200}
net::HttpResponse kafka_success();

}  // namespace millrace::front
