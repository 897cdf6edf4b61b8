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

void print_list(const JsonValue& credentials) {
  fmt::print("{:<24} {:<10} {:<32} {}\n", "NAME", "MAY", "TOPICS", "USER NAME");
  for (const JsonValue& one : credentials.items()) {
    fmt::print("{:<24} {:<10} {:<32} {}\n", text_in(one, "name"), text_in(one, "permissions"), text_in(one, "topics"),
               text_in(one, "username"));
  }
}

void print_answer(const JsonValue& root) {
  if (const JsonValue* all = root.find("credentials")) return print_list(*all);
  if (root.find("deleted") != nullptr) return fmt::print("credential '{}' is deleted\n", text_in(root, "deleted"));
  fmt::print("name         {}\n", text_in(root, "name"));
  fmt::print("created      {}\n", text_in(root, "created_at"));
  fmt::print("may          {}\n", text_in(root, "permissions"));
  fmt::print("topics       {}\n", text_in(root, "topics"));
  fmt::print("user name    {}\n", text_in(root, "username"));
  if (root.find("password") == nullptr) return;
  fmt::print("password     {}\n", text_in(root, "password"));
  fmt::print("\nThe password is kept nowhere: write it down now.\n");
}

}  // namespace

int run_credential(const Options& options, const CredentialRequest& asked, Output output) {
  std::string request = request_of(asked);
  auto answered = ask_server(options, "/admin/credentials", request);
  Answer answer = answered ? std::move(*answered) : ask_here(options, request);
  if (!answer) return fail(answer.error());
  show(*answer, output, print_answer);
  return 0;
}

}  // namespace millrace::server
