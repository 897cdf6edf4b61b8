#pragma once

// The program's sub-commands. Each returns the exit code, having said on standard error what was wrong.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/options.h"

namespace millrace::server {

enum class Output { people, json };

// What `db` is asked to do; sizes as they were written.
struct DatabaseRequest {
  std::string action{};
  std::string name{};
  std::string to{};
  std::string bytes_max{};
  std::string request_bytes_max{};
  std::optional<std::int64_t> commands_per_second_max{};
  std::optional<std::int64_t> pending_entries_max{};
};

// What `credential` is asked to do.
struct CredentialRequest {
  std::string action{};
  std::string name{};
  std::string topics{};
  std::string permissions{};
};

// What `db import` is asked to do.
struct ImportRequest {
  std::string name{};
  std::string url{};
  std::string token{};
  bool merge = false;
  bool replace = false;
};

// What `endpoint`, `message` and `schedule` are asked to do.
struct DeliveryRequest {
  std::string kind{};
  std::string action{};
  std::string group{};
  std::string target{};  // a destination, a URL or an id, as the action takes
  std::string name{};
  std::string cron{};
  std::string body{};
  std::vector<std::string> headers{};  // "upstash-delay: 10s"
};

int run_dev(Options options);
int run_serve(Options options);
int run_env(const Options& options, const std::string& database, Output output);
int run_db(const Options& options, const DatabaseRequest& asked, Output output);
int run_credential(const Options& options, const CredentialRequest& asked, Output output);
int run_import(const Options& options, const ImportRequest& asked, Output output);
int run_delivery(const Options& options, const DeliveryRequest& asked, Output output);
int run_check(const std::string& file, Output output);
int run_explain(const std::string& file);
int run_rebuild(const Options& options, const std::string& app, Output output);

// The answer to `asked` as JSON (front/database_admin.h), from the server that holds the data or from the folder
// itself.
Result<std::string> ask_about_databases(const Options& options, const DatabaseRequest& asked);

// The secret that opens a database.
Result<std::string> secret_of_database(const Options& options, const std::string& name);

// What to say of a folder that no server has used.
Error no_data_yet(const std::string& folder);

// One line that says what is wrong; the exit code for it.
int fail(const Error& error);

}  // namespace millrace::server
