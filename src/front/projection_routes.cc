#include "front/projection_routes.h"

#include <fmt/format.h>

namespace millrace::front {
namespace {

using net::HttpRequest;
using net::HttpResponse;

Async<HttpResponse> catch_up(app::InlineRunner& runner) {
  auto done = co_await runner.catch_up();
  if (!done) co_return json_error(503, fmt::format("the projection cannot catch up: {}", done.error().message));
  co_return json_response(200, R"({"result":"Success","status":200})");
}

}  // namespace

std::vector<Route> projection_routes(app::InlineRunner& runner, std::string path,
                                     std::function<delivery::SigningKeys()> keys, Clock clock) {
  auto answer = [&runner, keys = std::move(keys), clock = std::move(clock)](HttpRequest& request) {
    auto token = request.header("upstash-signature");
    if (!token) return ready(json_error(401, "the notice carries no Upstash-Signature"));
    auto verified = delivery::verify_signature(*token, request.body, keys(), clock());
    if (!verified) return ready(json_error(401, verified.error().message));
    return catch_up(runner);
  };
  return {{.methods = "POST", .path = std::move(path), .handle = answer}};
}

}  // namespace millrace::front
