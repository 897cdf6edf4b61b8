#pragma once

// The REST door of the store: commands by path or body, batches, transactions and streams under /redis, as the SDKs of
// Upstash send them. rest_request.h says what a request means, rest_reply.h how it is answered.
//
//   Authorization: Bearer SECRET, or ?_token=SECRET    which database, and whether only to read (401 WRONGPASS)
//   200 {"result":…}   400 {"error":"…"}   batches 200 [{"result":…},{"error":"…"},…]
//
// Every response carries Upstash-Sync-Token, which never repeats, and may be read by pages of any origin, but is never
// cached. Confined to the reactor.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "front/redis/database_directory.h"
#include "front/redis/rest_execution.h"
#include "front/redis/rest_reply.h"
#include "front/redis/rest_request.h"
#include "front/redis/sse_stream.h"
#include "front/router.h"
#include "net/reactor.h"
#include "store/embedded/embedded_store.h"

namespace millrace::front {

struct RestOptions {
  RestLimits limits{};
  SseOptions streams{};
};

class RestDoor {
 public:
  // All outlive the door.
  RestDoor(net::Reactor& reactor, store::EmbeddedStore& store, const DatabaseDirectory& directory,
           RestOptions options = {});

  std::vector<Route> routes();

  // Whether a path is one of this door's.
  static bool owns(std::string_view path);

  // The body bytes that are read of a request of this door: as many as its database takes.
  std::size_t body_bytes_max(const net::HttpRequest& head) const;

  // The answer to a request of this door that cannot be read.
  net::HttpResponse refuse(int status, std::string_view reason, const net::HttpRequest& head);

 private:
  Async<net::HttpResponse> answer(net::HttpRequest& request);
  Async<net::HttpResponse> execute(RestRequest request, RestForm form, RestPlace place);
  net::HttpResponse open_stream(const RestRequest& request, store::DatabaseId database, const store::Caller& caller);
  net::HttpResponse preflight(const net::HttpRequest& request);
  net::HttpResponse error(int status, std::string_view text, RestFormat format = RestFormat::json);
  net::HttpResponse one_reply(store::Reply reply, RestForm form, store::DatabaseId database);
  net::HttpResponse batch(std::vector<store::Reply> replies, RestForm form, store::DatabaseId database);
  void limit(store::Reply& reply, store::DatabaseId database) const;
  std::size_t bytes_max(store::DatabaseId database, std::size_t bytes) const;
  net::HttpResponse finish(net::HttpResponse response);

  net::Reactor& reactor_;
  store::EmbeddedStore& store_;
  const DatabaseDirectory& directory_;
  RestOptions options_;
  std::string server_;  // of this process: sync tokens of two do not meet
  std::uint64_t responses_ = 0;
};

}  // namespace millrace::front
