// group list, show, delete: who reads the log, and how far behind.

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "server/commands/topic_session.h"
#include "server/commands/topics.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

std::uint64_t number(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr ? static_cast<std::uint64_t>(value->integer()) : 0;
}

std::string text(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

void print_list(const JsonValue& answer) {
  fmt::print("{:<40} {:>10} {:>10} {:>16}\n", "NAME", "INSTANCES", "PARTITIONS", "LAG");
  for (const JsonValue& group : answer.find("groups")->items()) {
    fmt::print("{:<40} {:>10} {:>10} {:>16}\n", text(group, "name"), number(group, "instances"),
               number(group, "partitions"), grouped(number(group, "lag")));
  }
}

void print_group(const JsonValue& group) {
  fmt::print("{:<32} {:>9} {:>16} {:>16} {:>14}  {}\n", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "INSTANCE");
  for (const JsonValue& one : group.find("partitions")->items()) {
    fmt::print("{:<32} {:>9} {:>16} {:>16} {:>14}  {}\n", text(one, "topic"), number(one, "partition"),
               number(one, "committed"), number(one, "next"), grouped(number(one, "lag")), text(one, "instance"));
  }
}

void print_answer(const std::string& answer) {
  auto document = JsonDocument::parse(answer);
  if (!document) return;
  const JsonValue& root = document->root();
  if (root.find("groups") != nullptr) return print_list(root);
  if (root.find("deleted") != nullptr) return fmt::print("group '{}' is deleted\n", text(root, "deleted"));
  print_group(root);
}

}  // namespace

int run_group(const Options& options, const GroupRequest& asked, Output output) {
  auto session = TopicSession::open(options);
  if (!session) return fail(session.error());
  std::string request;
  JsonWriter json(request);
  json.open_object().key("do").string(asked.action);
  if (!asked.name.empty()) json.key("name").string(asked.name);
  json.close_object();
  auto answer = session->ask("/admin/groups", request);
  if (!answer) return fail(answer.error());
  if (output == Output::json) {
    fmt::print("{}\n", *answer);
  } else {
    print_answer(*answer);
  }
  return 0;
}

}  // namespace millrace::server
