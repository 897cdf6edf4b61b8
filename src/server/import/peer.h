#pragma once

// The two ends of a copy: something that answers Redis commands, however it is reached. Each call waits for its
// answers. Confined to one thread.

#include <memory>
#include <string>
#include <vector>

#include "net/resp_reply.h"
#include "server/import/address.h"
#include "server/options.h"

namespace millrace::server {

using RedisCommand = std::vector<std::string>;
using RedisReply = net::RespReply;

class Peer {
 public:
  virtual ~Peer() = default;

  // The replies in the order of the commands. An error when the peer itself has failed: the copy cannot go on.
  virtual Result<std::vector<RedisReply>> run(const std::vector<RedisCommand>& commands) = 0;

  // How many small commands go well into one call: services of REST have limits on requests.
  virtual std::size_t commands_together() const { return 10'000; }
};

// A server of the Redis protocol, where the secret was accepted and the database chosen.
Result<std::unique_ptr<Peer>> open_resp(const SourceAddress& address);

// A database that is asked over REST.
Result<std::unique_ptr<Peer>> open_rest(const SourceAddress& address);

// A database of this program's own: of the server that runs on `options.data`, else of the folder itself, which stays
// open until the peer is gone.
Result<std::unique_ptr<Peer>> open_own(const Options& options, const std::string& database);

}  // namespace millrace::server
