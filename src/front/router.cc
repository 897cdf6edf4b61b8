#include "front/router.h"

#include <fmt/format.h>

#include "base/json_writer.h"

namespace millrace::front {
namespace {

bool lists_method(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    auto comma = methods.find(", ");
    if (methods.substr(0, comma) == method) return true;
    if (comma == std::string_view::npos) return false;
    methods.remove_prefix(comma + 2);
  }
  return false;
}

}  // namespace

void Router::add(Route route) {
  if (route.path.ends_with('*')) {
    route.path.pop_back();
    prefixes_.push_back(std::move(route));
  } else {
    std::string path = route.path;
    exact_.insert_or_assign(std::move(path), std::move(route));
  }
}

void Router::add(std::vector<Route> routes) {
  for (Route& route : routes) add(std::move(route));
}

const Route* Router::find(std::string_view path) const {
  if (auto exact = exact_.find(path); exact != exact_.end()) return &exact->second;
  for (const Route& route : prefixes_) {
    if (path.starts_with(route.path)) return &route;
  }
  return nullptr;
}

Async<net::HttpResponse> Router::answer(net::HttpRequest& request) const {
  const Route* route = find(request.path);
  if (route == nullptr) return ready(json_error(404, fmt::format("there is nothing at {}", request.path)));
  if (route->methods.empty() || lists_method(route->methods, request.method)) return route->handle(request);
  net::HttpResponse refusal = json_error(405, fmt::format("{} takes {}", request.path, route->methods));
  refusal.add_header("allow", route->methods);
  return ready(std::move(refusal));
}

net::HttpResponse json_error(int status, std::string_view message) {
  std::string body;
  JsonWriter(body).open_object().key("error").string(message).key("status").integer(status).close_object();
  return json_response(status, std::move(body));
}

net::HttpResponse json_response(int status, std::string body) {
  return {.status = status, .content_type = "application/json; charset=utf-8", .body = std::move(body)};
}

Async<net::HttpResponse> ready(net::HttpResponse response) {
  co_return response;
}

}  // namespace millrace::front
