#include "front/admin_routes.h"

#include <fmt/format.h>
#include <memory>

#include "base/crypto.h"
#include "base/json_writer.h"

namespace millrace::front {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::HttpStream;

constexpr std::string_view bearer = "Bearer ";

bool authorized(const HttpRequest& request, const std::string& secret) {
  auto header = request.header("authorization");
  if (!header || header->size() < bearer.size() ||
      !net::equal_ignoring_case(header->substr(0, bearer.size()), bearer)) {
    return false;
  }
  return equal_in_constant_time(header->substr(bearer.size()), secret);
}

Async<void> stream_rebuild(HttpStream& stream, app::InlineRunner& runner) {
  auto outcome = co_await app::rebuild(runner, [&stream](app::RebuildProgress progress) -> Async<void> {
    co_await stream.write(progress_line(progress) + "\n");  // goes on without a client, too
  });
  co_await stream.write(outcome_line(outcome) + "\n");
}

}  // namespace

std::optional<HttpResponse> refuse_unauthorized(const HttpRequest& request, const std::string& secret) {
  if (authorized(request, secret)) return std::nullopt;
  HttpResponse refusal = json_error(401, "the admin secret of the data folder is missing or wrong");
  refusal.add_header("www-authenticate", "Bearer");
  return refusal;
}

std::string progress_line(const app::RebuildProgress& progress) {
  return fmt::format(R"({{"events":{},"events_total":{}}})", progress.events, progress.events_total);
}

std::string outcome_line(const Result<app::RebuildReport>& outcome) {
  std::string line;
  JsonWriter json(line);
  if (!outcome) {
    json.open_object().key("error").string(outcome.error().message).close_object();
    return line;
  }
  return fmt::format(R"({{"done":true,"events":{},"skipped":{},"keys_carried":{}}})", outcome->events, outcome->skipped,
                     outcome->keys_carried);
}

std::vector<Route> admin_routes(app::InlineRunner& runner, const std::string& place, std::string secret) {
  auto running = std::make_shared<std::weak_ptr<void>>();  // owned by the response that streams the work
  auto rebuild = [&runner, running, secret = std::move(secret)](HttpRequest& request) {
    if (auto refusal = refuse_unauthorized(request, secret)) return ready(std::move(*refusal));
    if (running->lock()) return ready(json_error(409, "a rebuild is running already"));
    auto mine = std::make_shared<int>();
    *running = mine;
    HttpResponse response{.content_type = "application/x-ndjson"};
    response.stream = [&runner, mine](HttpStream& stream) { return stream_rebuild(stream, runner); };
    return ready(std::move(response));
  };
  return {{.methods = "POST", .path = place + "/rebuild", .handle = rebuild}};
}

}  // namespace millrace::front
