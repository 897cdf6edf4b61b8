#pragma once

// An HTTP/1.1 server on a reactor: keep-alive, pipelining, chunked requests and responses, Expect: 100-continue,
// HTTP/1.0.
//
// The handler is a coroutine that gets a request and gives its response. A connection's responses go out in the order
// of its requests. Pipelined requests run side by side as long as all of them are safe (GET, HEAD, OPTIONS; RFC 9112
// section 9.3.2); any other waits for the ones before it and holds up the ones after it. HEAD is handed to the handler
// like GET and the body of its response is left out. OPTIONS is the handler's own matter. An exception of a handler is
// answered with 500.
//
// What cannot be parsed, takes too long or is too large is answered here, with a body that the owner may shape, and
// the connection closes. The request line may hold any byte of UTF-8 and " | [ ] ^ { } and a stray %.
//
// Threads: confined to the reactor, which must outlive it. Handlers still running when the server is destroyed finish
// without a client.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/async.h"
#include "base/result.h"
#include "net/http.h"
#include "net/reactor.h"
#include "net/tls.h"

namespace millrace::net {

struct HttpLimits {
  std::size_t target_bytes = 8 * 1024;            // 414; what browsers and proxies let through
  std::size_t header_bytes = 16 * 1024;           // 431; cookies and tokens fit, a flood does not
  std::size_t body_bytes = 1024 * 1024;           // 413; see body_limit for a path's own
  std::size_t connections = 10'000;               // 503; lowered to what the file limit of the process allows
  std::size_t pipelined = 64;                     // requests of one connection in work; then its socket is not read
  std::chrono::milliseconds header_time{10'000};  // 408; from a request's first byte to the end of its headers
  std::chrono::milliseconds body_time{30'000};    // 408; plus one second for each KiB that has arrived
  std::chrono::milliseconds idle_time{75'000};    // close; longer than common clients keep an idle connection
  std::chrono::milliseconds write_time{30'000};   // close; a client that takes nothing for so long does not read
};

struct HttpServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  HttpLimits limits{};
  std::shared_ptr<const TlsContext> tls{};  // set: every connection speaks TLS

  // The body bytes that a request may have, by its head; `limits.body_bytes` when not set.
  std::function<std::size_t(const HttpRequest& head)> body_limit{};

  // Shapes the answer to a request that never reached the handler (400, 408, 413, 414, 417, 431, 501, 503, 505) or
  // whose handler threw (500). Its own status counts, unless it is 200. `head` is null when the head could not be
  // parsed. Not set:
  // {"error":"<reason>","status":413}.
  std::function<HttpResponse(int status, std::string_view reason, const HttpRequest* head)> error_response{};
};

struct HttpCounts {
  std::size_t connections_open = 0;
  std::size_t requests_running = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t requests_total = 0;
  std::uint64_t requests_rejected = 0;  // answered without the handler
};

using HttpHandler = std::function<Async<HttpResponse>(HttpRequest&)>;

class HttpServer {
 public:
  struct Core;  // shared with the connections

  HttpServer(Reactor& reactor, HttpServerOptions options, HttpHandler handler);
  ~HttpServer();  // closes what is open
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Begins to accept, having raised the file limit of the process as far as it may. Returns the port. Fails with
  // `conflict` when the port is taken, `denied` when it may not be used, `invalid` when the address is none.
  Result<std::uint16_t> listen();

  // Accepts no more, closes idle connections and ends streams, lets the requests in work finish, and goes on when the
  // last connection has closed; after `grace` it closes the rest. Returns how many requests were cut off.
  Async<std::size_t> stop(std::chrono::milliseconds grace);

  HttpCounts counts() const;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace millrace::net
