// group list, show, delete: who reads the log, and how far behind.

#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "server/commands/asking.h"
#include "server/commands/topic_session.h"
#include "server/commands/topics.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

void print_list(const JsonValue& answer) {
  fmt::print("{:<40} {:>10} {:>10} {:>16}\n", "NAME", "INSTANCES", "PARTITIONS", "LAG");
  for (const JsonValue& group : answer.find("groups")->items()) {
    fmt::print("{:<40} {:>10} {:>10} {:>16}\n", text_in(group, "name"), number_in(group, "instances"),
               number_in(group, "partitions"), grouped(number_in(group, "lag")));
  }
}

void print_group(const JsonValue& group) {
  fmt::print("{:<32} {:>9} {:>16} {:>16} {:>14}  {}\n", "TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "INSTANCE");
  for (const JsonValue& one : group.find("partitions")->items()) {
    fmt::print("{:<32} {:>9} {:>16} {:>16} {:>14}  {}\n", text_in(one, "topic"), number_in(one, "partition"),
               number_in(one, "committed"), number_in(one, "next"), grouped(number_in(one, "lag")),
               text_in(one, "instance"));
  }
}

void print_answer(const JsonValue& root) {
  if (root.find("groups") != nullptr) return print_list(root);
  if (root.find("deleted") != nullptr) return fmt::print("group '{}' is deleted\n", text_in(root, "deleted"));
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
  show(*answer, output, print_answer);
  return 0;
}

}  // namespace millrace::server
