#pragma once

// How the program's sub-commands find the server that holds a data folder: DIR/server.json, mode 0600, there from the
// moment it serves until its end.

#include <optional>
#include <string>

#include "base/result.h"

namespace millrace::server {

struct RunningServer {
  int process = 0;
  std::string http{};  // "127.0.0.1:8080"
  bool tls = false;
  std::string redis{};  // the same for the Redis protocol; empty when it is not served
};

// What stands in the folder, whether or not that server still runs: who asks it will see.
std::optional<RunningServer> read_running_server(const std::string& folder);
Result<void> write_running_server(const std::string& folder, const RunningServer& server);
void remove_running_server(const std::string& folder);

// "http://127.0.0.1:8080" of "127.0.0.1:8080".
std::string url_of(const std::string& http, bool tls);

}  // namespace millrace::server
