#pragma once

// Which function answers a request. A row is a method, a path and a handler; paths are compared as they came over the
// wire. Filled before the server listens, read-only after that; confined to the reactor.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace millrace::front {

using Handler = std::function<Async<net::HttpResponse>(net::HttpRequest&)>;

struct Route {
  std::string methods{};  // "GET, HEAD": as the Allow header lists them; empty: all, the handler refuses by itself
  std::string path{};     // "/health", or with a star at its end: everything below
  Handler handle{};
};

class Router {
 public:
  void add(Route route);
  void add(std::vector<Route> routes);

  // 404 and 405 are answered here, as JSON.
  Async<net::HttpResponse> answer(net::HttpRequest& request) const;

 private:
  const Route* find(std::string_view path) const;

  std::map<std::string, Route, std::less<>> exact_{};
  std::vector<Route> prefixes_{};
};

// {"error":"…","status":404}
net::HttpResponse json_error(int status, std::string_view message);
net::HttpResponse json_response(int status, std::string body);

// Wraps an answer that is there already.
Async<net::HttpResponse> ready(net::HttpResponse response);

}  // namespace millrace::front
