// db: databases of the store, by the server that holds the data, or here when none runs.

#include <fmt/format.h>
#include <optional>

#include "base/json.h"
#include "base/json_writer.h"
#include "front/database_admin.h"
#include "server/commands/asking.h"
#include "server/commands/commands.h"
#include "server/commands/quantities.h"
#include "server/credentials.h"
#include "server/database_access.h"
#include "server/progress.h"
#include "server/wiring.h"

namespace millrace::server {
namespace {

Result<std::string> request_of(const DatabaseRequest& asked) {
  std::string request;
  JsonWriter json(request);
  json.open_object().key("do").string(asked.action);
  if (!asked.name.empty()) json.key("name").string(asked.name);
  if (!asked.to.empty()) json.key("to").string(asked.to);
  for (const auto& [key, text] :
       {std::pair{"bytes_max", &asked.bytes_max}, std::pair{"request_bytes_max", &asked.request_bytes_max}}) {
    if (text->empty()) continue;
    auto bytes = parse_bytes(*text);
    if (!bytes) return bytes.error();
    json.key(key).integer(static_cast<std::int64_t>(*bytes));
  }
  if (asked.commands_per_second_max) json.key("commands_per_second_max").integer(*asked.commands_per_second_max);
  if (asked.pending_entries_max) json.key("pending_entries_max").integer(*asked.pending_entries_max);
  json.close_object();
  return request;
}

Answer ask_here(const Options& options, const std::string& request) {
  return ask_folder(options, [&](Backend& backend, const Credentials& credentials) -> Async<Answer> {
    front::DatabaseDirectory directory;
    front::DatabaseAdmin admin(backend.store(), directory, database_admin_options(options, credentials));
    co_return co_await admin.run(request);
  });
}

std::string limit_text(const JsonValue& database, std::string_view name) {
  std::uint64_t limit = number_in(database, name);
  return limit == 0 ? "none" : size_text(limit);
}

void print_list(const JsonValue& answer) {
  fmt::print("{:<32} {:>12} {:>12} {:>12}\n", "NAME", "KEYS", "SIZE", "LIMIT");
  for (const JsonValue& database : answer.find("databases")->items()) {
    bool counted = database.find("bytes") != nullptr;
    fmt::print("{:<32} {:>12} {:>12} {:>12}\n", text_in(database, "name"), grouped(number_in(database, "keys")),
               counted ? size_text(number_in(database, "bytes")) : "-", limit_text(database, "bytes_max"));
  }
}

void print_database(const JsonValue& database) {
  fmt::print("name                 {}\n", text_in(database, "name"));
  fmt::print("created              {}\n", text_in(database, "created_at"));
  fmt::print("keys                 {}\n", grouped(number_in(database, "keys")));
  if (database.find("bytes") != nullptr)
    fmt::print("size                 {}\n", size_text(number_in(database, "bytes")));
  fmt::print("limit of its size    {}\n", limit_text(database, "bytes_max"));
  fmt::print("limit of a request   {}\n", limit_text(database, "request_bytes_max"));
  std::uint64_t rate = number_in(database, "commands_per_second_max");
  fmt::print("commands per second  {}\n", rate == 0 ? "no limit" : grouped(rate));
  std::uint64_t pending = number_in(database, "pending_entries_max");
  fmt::print("pending entries      {}\n", pending == 0 ? "no limit" : grouped(pending));
  if (database.find("secret") == nullptr) return;
  fmt::print("password, token      {}\n", text_in(database, "secret"));
  fmt::print("read-only            {}\n", text_in(database, "read_only_secret"));
}

void print_answer(const JsonValue& root) {
  if (root.find("databases") != nullptr) return print_list(root);
  if (root.find("deleted") != nullptr) return fmt::print("database '{}' is deleted\n", text_in(root, "deleted"));
  print_database(root);
  if (root.find("secret") != nullptr) {
    fmt::print("\nfor an application's .env file: millrace env --db {}\n", text_in(root, "name"));
  }
}

}  // namespace

Error no_data_yet(const std::string& folder) {
  return {ErrorCode::not_found,
          fmt::format("{} holds no data yet: start millrace dev once, or name the folder with --data DIR", folder)};
}

Result<std::string> ask_about_databases(const Options& options, const DatabaseRequest& asked) {
  auto request = request_of(asked);
  if (!request) return request.error();
  if (auto answer = ask_server(options, "/admin/databases", *request)) return *answer;
  return ask_here(options, *request);
}

Result<std::string> secret_of_database(const Options& options, const std::string& name) {
  auto answer = ask_about_databases(options, {.action = "credentials", .name = name});
  if (!answer) return answer.error();
  auto document = JsonDocument::parse(*answer);
  const JsonValue* secret = document ? document->root().find("secret") : nullptr;
  if (secret == nullptr) return Error{ErrorCode::unavailable, "the server gave no secret: is it of this version?"};
  return std::string(secret->string());
}

int run_db(const Options& options, const DatabaseRequest& asked, Output output) {
  auto answer = ask_about_databases(options, asked);
  if (!answer) return fail(answer.error());
  show(*answer, output, print_answer);
  return 0;
}

}  // namespace millrace::server
