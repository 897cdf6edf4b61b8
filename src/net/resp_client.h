#pragma once

// A connection to a server of the Redis protocol that waits for its answers: for the program's own sub-commands, which
// have nothing else to do. Confined to one thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/resp_reply.h"

namespace millrace::net {

struct RespPlace {
  std::string host{};
  std::uint16_t port = 6379;
  bool tls = false;
  bool trusted = false;                        // the address is known to be ours: the certificate is not looked at
  std::chrono::milliseconds patience{60'000};  // for the next bytes of an answer; a large dump takes a while
};

class RespClient {
 public:
  // `unavailable` when nobody listens or the certificate is not to be trusted; the message names the place.
  static Result<std::unique_ptr<RespClient>> connect(const RespPlace& place);
  virtual ~RespClient() = default;

  // Sends all commands and reads as many replies. After an error the connection is of no use.
  virtual Result<std::vector<RespReply>> run(std::span<const std::vector<std::string>> commands) = 0;
};

}  // namespace millrace::net
