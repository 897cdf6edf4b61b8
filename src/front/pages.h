#pragma once

// The pages for browsers: the console at /console, what both pages consist of below it, and the list of what is served.
// Confined to the reactor.

#include <string>
#include <vector>

#include "front/router.h"

namespace millrace::front {

// One line of the console.
struct Served {
  std::string name{};  // "GraphQL"
  std::string url{};   // "/graphql"
  std::string what{};  // one sentence
};

std::vector<Route> page_routes(std::vector<Served> served);

// The asset at `path` as an answer to `request`: its form, its headers, 304 where the client has it.
net::HttpResponse page(const net::HttpRequest& request, std::string_view path);

}  // namespace millrace::front
