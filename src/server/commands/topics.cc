// topic create, list, show, alter, delete: what stands in the log. Its records are in topic_transfer.cc.

#include "server/commands/topics.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "server/commands/asking.h"
#include "server/commands/quantities.h"
#include "server/commands/topic_transfer.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

constexpr std::string_view unlimited = "unlimited";
constexpr std::string_view nobody = "nobody";

Result<void> append_settings(JsonWriter& json, const TopicRequest& asked) {
  if (asked.partitions) json.key("partitions").integer(static_cast<std::int64_t>(*asked.partitions));
  if (asked.first_offset) json.key("first_offset").integer(static_cast<std::int64_t>(*asked.first_offset));
  if (!asked.cleanup.empty()) json.key("cleanup").string(asked.cleanup);
  if (asked.unread_expires) json.key("unread_expires").boolean(*asked.unread_expires);
  if (asked.notify == nobody) {
    json.key("notify").null();
  } else if (!asked.notify.empty()) {
    json.key("notify").string(asked.notify);
  }
  if (asked.retention == unlimited) {
    json.key("retention_ms").null();
  } else if (!asked.retention.empty()) {
    auto time = parse_duration(asked.retention);
    if (!time) return time.error();
    json.key("retention_ms").integer(time->count());
  }
  if (asked.retention_size == unlimited) json.key("retention_bytes").null();
  for (auto [name, size] :
       {std::pair{"retention_bytes", &asked.retention_size}, std::pair{"record_bytes_max", &asked.record_bytes_max}}) {
    if (size->empty() || *size == unlimited) continue;
    auto bytes = parse_bytes(*size);
    if (!bytes) return bytes.error();
    json.key(name).integer(static_cast<std::int64_t>(*bytes));
  }
  return {};
}

Result<std::string> request_of(const TopicRequest& asked) {
  std::string request;
  JsonWriter json(request);
  json.open_object().key("do").string(asked.action);
  if (!asked.name.empty()) json.key("name").string(asked.name);
  if (asked.action == "create" || asked.action == "alter") {
    if (auto done = append_settings(json, asked); !done) return done.error();
  }
  if (asked.in_use) json.key("in_use").boolean(true);
  json.close_object();
  return request;
}

std::string retention_text(const JsonValue& topic) {
  const JsonValue* time = topic.find("retention_ms");
  return time == nullptr || time->is_null() ? std::string(unlimited)
                                            : duration_text(std::chrono::milliseconds(time->integer()));
}

std::string retention_size_text(const JsonValue& topic) {
  const JsonValue* bytes = topic.find("retention_bytes");
  return bytes == nullptr || bytes->is_null() ? std::string(unlimited) : size_text(number_in(topic, "retention_bytes"));
}

void print_list(const JsonValue& answer) {
  fmt::print("{:<32} {:>10} {:>14} {:>12} {:>8} {:>10}\n", "NAME", "PARTITIONS", "RECORDS", "SIZE", "CLEANUP",
             "RETENTION");
  for (const JsonValue& topic : answer.find("topics")->items()) {
    fmt::print("{:<32} {:>10} {:>14} {:>12} {:>8} {:>10}\n", text_in(topic, "name"), number_in(topic, "partitions"),
               grouped(number_in(topic, "records")), size_text(number_in(topic, "bytes")), text_in(topic, "cleanup"),
               retention_text(topic));
  }
}

void print_topic(const JsonValue& topic) {
  const JsonValue* unread = topic.find("unread_expires");
  fmt::print("name              {}\n", text_in(topic, "name"));
  fmt::print("created           {}\n", text_in(topic, "created_at"));
  fmt::print("partitions        {}\n", number_in(topic, "partitions"));
  fmt::print("cleanup           {}\n", text_in(topic, "cleanup"));
  fmt::print("retention         {}\n", retention_text(topic));
  fmt::print("retention size    {}, of each partition\n", retention_size_text(topic));
  fmt::print("unread records    {}\n", unread != nullptr && unread->boolean() ? "expire as well" : "are kept");
  fmt::print("first offset      {}\n", number_in(topic, "first_offset"));
  fmt::print("largest record    {}\n", size_text(number_in(topic, "record_bytes_max")));
  const JsonValue* offsets = topic.find("status");
  if (offsets == nullptr) return;
  fmt::print("\n{:>9} {:>16} {:>16} {:>14} {:>12}\n", "PARTITION", "FIRST", "NEXT", "RECORDS", "SIZE");
  for (const JsonValue& one : offsets->items()) {
    fmt::print("{:>9} {:>16} {:>16} {:>14} {:>12}\n", number_in(one, "partition"), number_in(one, "first"),
               number_in(one, "next"), grouped(number_in(one, "records")), size_text(number_in(one, "bytes")));
  }
}

void print_answer(const JsonValue& root) {
  if (root.find("topics") != nullptr) return print_list(root);
  if (root.find("deleted") != nullptr) return fmt::print("topic '{}' is deleted\n", text_in(root, "deleted"));
  print_topic(root);
}

Result<void> run_in(TopicSession& session, const TopicRequest& asked, Output output) {
  if (asked.action == "read") return read_topic(session, asked, output);
  if (asked.action == "write") return write_topic(session, asked, output);
  if (asked.action == "export") return export_topic(session, asked);
  if (asked.action == "import") return import_topic(session, asked);
  auto request = request_of(asked);
  if (!request) return request.error();
  auto answer = session.ask("/admin/topics", *request);
  if (!answer) return answer.error();
  show(*answer, output, print_answer);
  return {};
}

}  // namespace

int run_topic(const Options& options, const TopicRequest& asked, Output output) {
  auto session = TopicSession::open(options);
  if (!session) return fail(session.error());
  auto done = run_in(*session, asked, output);
  return done ? 0 : fail(done.error());
}

}  // namespace millrace::server
