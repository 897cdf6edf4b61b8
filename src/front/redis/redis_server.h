#pragma once

// The Redis protocol's door to the store: clients of any kind, on a socket. Commands mean what they mean in Redis 7.2,
// with its words; the secret that a client gives chooses its database, and the other databases do not exist for it.
//
// Writes are answered when they are durable. Confined to the reactor, which must outlive it, as must the store and the
// directory.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/async.h"
#include "base/result.h"
#include "front/redis/database_directory.h"
#include "net/resp_server.h"
#include "store/embedded/embedded_store.h"

namespace millrace::front {

struct RedisCore;

class RedisServer {
 public:
  RedisServer(net::Reactor& reactor, net::RespServerOptions options, store::EmbeddedStore& store,
              const DatabaseDirectory& directory);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // As net::HttpServer::listen.
  Result<std::uint16_t> listen();

  // As net::RespServer::stop.
  Async<std::size_t> stop(std::chrono::milliseconds grace);

  // Closes the connections to a database: it is deleted, or its secrets are others now.
  void disconnect(store::DatabaseId database);

  net::RespCounts counts() const;

 private:
  std::shared_ptr<RedisCore> core_;
  net::RespServer server_;
};

}  // namespace millrace::front
