// credential: who may use the event log, by the server that holds the data, or here when none runs.

#include "server/credentials.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/kafka/credential_admin.h"
#include "server/commands/asking.h"
#include "server/commands/commands.h"
#include "server/wiring.h"

namespace millrace::server {
namespace {

std::string request_of(const CredentialRequest& asked) {
  std::string request;
  JsonWriter json(request);
  json.open_object().key("do").string(asked.action).key("name").string(asked.name);
  json.key("topics").string(asked.topics).key("permissions").string(asked.permissions).close_object();
  return request;
}

Answer ask_here(const Options& options, const std::string& request) {
  return ask_folder(options, [&](Backend& backend, const Credentials&) -> Async<Answer> {
    front::LogCredentials credentials(backend.home(), backend.reactor(), {});
    if (auto loaded = co_await credentials.load(); !loaded) co_return loaded.error();
    co_return co_await front::administer_credentials(credentials, request);
  });
}

std::string text(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

void print_list(const JsonValue& credentials) {
  fmt::print("{:<24} {:<10} {:<32} {}\n", "NAME", "MAY", "TOPICS", "USER NAME");
  for (const JsonValue& one : credentials.items()) {
    fmt::print("{:<24} {:<10} {:<32} {}\n", text(one, "name"), text(one, "permissions"), text(one, "topics"),
               text(one, "username"));
  }
}

void print_answer(const std::string& answer) {
  auto document = JsonDocument::parse(answer);
  if (!document) return;
  const JsonValue& root = document->root();
  if (const JsonValue* all = root.find("credentials")) return print_list(*all);
  if (root.find("deleted") != nullptr) return fmt::print("credential '{}' is deleted\n", text(root, "deleted"));
  fmt::print("name         {}\n", text(root, "name"));
  fmt::print("created      {}\n", text(root, "created_at"));
  fmt::print("may          {}\n", text(root, "permissions"));
  fmt::print("topics       {}\n", text(root, "topics"));
  fmt::print("user name    {}\n", text(root, "username"));
  if (root.find("password") == nullptr) return;
  fmt::print("password     {}\n", text(root, "password"));
  fmt::print("\nThe password is kept nowhere: write it down now.\n");
}

}  // namespace

int run_credential(const Options& options, const CredentialRequest& asked, Output output) {
  std::string request = request_of(asked);
  auto answered = ask_server(options, "/admin/credentials", request);
  Answer answer = answered ? std::move(*answered) : ask_here(options, request);
  if (!answer) return fail(answer.error());
  if (output == Output::json) {
    fmt::print("{}\n", *answer);
  } else {
    print_answer(*answer);
  }
  return 0;
}

}  // namespace millrace::server
