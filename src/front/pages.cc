#include "front/pages.h"

#include "base/json_writer.h"
#include "front/assets/assets.h"

namespace millrace::front {
namespace {

using net::HttpRequest;
using net::HttpResponse;

bool lists(std::string_view header, std::string_view word) {
  return header.find(word) != std::string_view::npos;
}

std::string served_json(const std::vector<Served>& served) {
  std::string body;
  JsonWriter json(body);
  json.open_array();
  for (const Served& entry : served) {
    json.open_object().key("name").string(entry.name).key("url").string(entry.url);
    json.key("what").string(entry.what).close_object();
  }
  json.close_array();
  return body;
}

HttpResponse redirect(std::string_view to) {
  HttpResponse response{.status = 308};
  response.add_header("location", to);
  return response;
}

}  // namespace

HttpResponse page(const HttpRequest& request, std::string_view path) {
  const Asset* asset = find_asset(path);
  if (asset == nullptr) return json_error(404, "there is no such page");
  HttpResponse response{.content_type = asset->content_type};
  response.add_header("etag", asset->etag).add_header("cache-control", cache_control(*asset));
  response.add_header("vary", "Accept-Encoding, Accept").add_header("content-security-policy", page_policy);
  response.add_header("x-content-type-options", "nosniff").add_header("referrer-policy", "no-referrer");
  if (lists(request.header("if-none-match").value_or(""), asset->etag)) {
    response.status = 304;
    return response;
  }
  if (lists(request.header("accept-encoding").value_or(""), "gzip")) {
    response.add_header("content-encoding", "gzip");
    response.static_body = asset->gzipped;
    return response;
  }
  auto plain = unpacked(*asset);
  if (!plain) return json_error(500, plain.error().message);
  response.body = std::move(*plain);
  return response;
}

std::vector<Route> page_routes(std::vector<Served> served) {
  std::string list = served_json(served);
  return {
      {.methods = "GET, HEAD", .path = "/", .handle = [](HttpRequest&) { return ready(redirect("/console")); }},
      {.methods = "GET, HEAD",
       .path = "/console",
       .handle = [](HttpRequest& request) { return ready(page(request, console_page)); }},
      {.methods = "GET, HEAD",
       .path = "/console/served.json",
       .handle = [list](HttpRequest&) { return ready(json_response(200, list)); }},
      {.methods = "GET, HEAD",
       .path = "/console/*",
       .handle = [](HttpRequest& request) { return ready(page(request, request.path)); }},
  };
}

}  // namespace millrace::front
