#pragma once

// One HTTP request that waits for its answer: for the program's own sub-commands, which have nothing else to do.
// Any thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace millrace::net {

struct FetchRequest {
  std::string method = "GET";
  std::string url{};
  std::vector<std::string> headers{};  // "authorization: Bearer …"
  std::string body{};
  bool trusted = false;  // the address is known to be ours: with https, the certificate is not looked at
};

struct Fetched {
  int status = 0;
  std::string body{};  // empty when lines were taken
};

// With `on_line` the body of a 2xx answer is handed over line by line as it comes. `unavailable` when nobody listens or
// the connection breaks.
Result<Fetched> fetch(const FetchRequest& request, std::function<void(std::string_view line)> on_line = {});

}  // namespace millrace::net
