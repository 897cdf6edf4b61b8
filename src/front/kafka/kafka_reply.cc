#include "front/kafka/kafka_reply.h"

#include "base/json_writer.h"

namespace millrace::front {
namespace {

constexpr std::string_view json_type = "application/json";

void append_number(std::string& out, std::string_view name, std::int64_t number) {
  out.append(name);
  out.append(std::to_string(number));
}

void append_place(std::string& out, std::string_view topic, std::int64_t partition, std::int64_t offset) {
  out.append("{\"topic\":");
  append_json_string_repaired(out, topic);
  append_number(out, ",\"partition\":", partition);
  append_number(out, ",\"offset\":", offset);
}

}  // namespace

void append_metadata(std::string& out, std::string_view topic, const eventlog::Appended& at, ShowVersion version) {
  append_place(out, topic, at.partition, static_cast<std::int64_t>(at.offset));
  append_number(out, ",\"timestamp\":", at.timestamp.time_since_epoch().count());
  if (version == ShowVersion::yes && at.version > 0) {
    append_number(out, ",\"version\":", static_cast<std::int64_t>(at.version));
  }
  out.push_back('}');
}

void append_record(std::string& out, std::string_view topic, const eventlog::Record& record, ShowVersion version) {
  append_place(out, topic, record.partition, static_cast<std::int64_t>(record.offset));
  append_number(out, ",\"timestamp\":", record.timestamp.time_since_epoch().count());
  if (version == ShowVersion::yes) append_number(out, ",\"version\":", static_cast<std::int64_t>(record.version));
  out.append(",\"key\":");
  append_json_string_repaired(out, record.key ? std::string_view(*record.key) : std::string_view());
  out.append(",\"value\":");
  if (record.value) {
    append_json_string_repaired(out, *record.value);
  } else {
    out.append("null");
  }
  out.append(",\"headers\":[");
  bool first = true;
  for (const eventlog::Header& header : record.headers) {
    out.append(first ? "{\"key\":" : ",{\"key\":");
    append_json_string_repaired(out, header.name);
    out.append(",\"value\":");
    append_json_string_repaired(out, header.value);
    out.push_back('}');
    first = false;
  }
  out.append("]}");
}

void append_offset(std::string& out, const eventlog::TopicPartition& partition, std::int64_t offset) {
  append_place(out, partition.topic, partition.partition, offset);
  out.push_back('}');
}

net::HttpResponse kafka_error(int status, std::string_view message) {
  net::HttpResponse response{.status = status, .content_type = json_type, .header_lines = std::string(kafka_headers)};
  response.body.append("{\"error\":");
  append_json_string_repaired(response.body, message);
  append_number(response.body, ",\"status\":", status);
  response.body.push_back('}');
  if (status == 503) response.add_header("retry-after", "1");
  return response;
}

net::HttpResponse kafka_answer(std::string body) {
  return {.content_type = json_type, .body = std::move(body), .header_lines = std::string(kafka_headers)};
}

net::HttpResponse kafka_success() {
  return kafka_answer(R"({"result":"Success","status":200})");
}

}  // namespace millrace::front
