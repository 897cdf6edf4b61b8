#pragma once

// HTTP requests to other servers, many at a time. The seam between who decides what to send and who sends it.
//
// Confined to the reactor; how it sends is its own matter.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::net {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct OutboundRequest {
  std::string method{};
  std::string url{};
  HeaderList headers{};                       // none is added but Host and Content-Length
  std::shared_ptr<const std::string> body{};  // null: empty
  std::chrono::milliseconds timeout{0};       // for all of it, the response's body included
  std::size_t body_bytes_max = 0;             // what is kept of the response's body; the rest is not read
};

// `status` 0: there was no response, and `error` says why.
struct OutboundResponse {
  int status = 0;
  HeaderList headers{};
  std::string body{};
  std::string error{};
  std::chrono::milliseconds latency{0};
};

class Outbound {
 public:
  virtual ~Outbound() = default;

  // Calls `done` on the reactor, once, later. The caller bounds how many are under way.
  virtual void send(OutboundRequest request, std::function<void(OutboundResponse)> done) = 0;
};

}  // namespace millrace::net
