#include "server/commands/asking.h"

#include <fmt/format.h>

#include "base/json.h"
#include "net/http_fetch.h"
#include "server/credentials.h"
#include "server/running_server.h"
#include "server/wiring.h"

namespace millrace::server {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::invalid;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    default: return ErrorCode::unavailable;
  }
}

}  // namespace

std::optional<Answer> ask_server(const Options& options, const std::string& path, const std::string& request) {
  auto running = read_running_server(options.data);
  auto credentials = load_credentials(options.data);
  if (!running || !credentials) return {};
  auto fetched = net::fetch({.method = "POST",
                             .url = url_of(running->http, running->tls) + path,
                             .headers = {"authorization: Bearer " + credentials->admin_secret},
                             .body = request,
                             .trusted = true});
  if (!fetched) return {};
  if (fetched->status == 200) return Answer(std::move(fetched->body));
  auto document = JsonDocument::parse(fetched->body);
  const JsonValue* error = document ? document->root().find("error") : nullptr;
  return Answer(Error{code_of(fetched->status), error != nullptr && error->is_string()
                                                    ? std::string(error->string())
                                                    : fmt::format("{} answered {}", running->http, fetched->status)});
}

Answer ask_folder(Options options, const Answering& answering) {
  options.quiet = true;
  auto credentials = load_credentials(options.data);
  if (!credentials && credentials.error().code == ErrorCode::not_found) return no_data_yet(options.data);
  if (!credentials) return credentials.error();
  net::Reactor reactor;
  auto backend = Backend::open(reactor, options);
  if (!backend) return backend.error();
  Answer answer = Error{ErrorCode::unavailable, "the data folder did not answer"};
  reactor.post([&] {
    start(answering(**backend, *credentials), [&](Answer done) {
      answer = std::move(done);
      reactor.stop();
    });
  });
  reactor.run();
  return answer;
}

void show(const std::string& answer, Output output, void (*print)(const JsonValue& root)) {
  if (output == Output::json) return fmt::print("{}\n", answer);
  if (auto document = JsonDocument::parse(answer)) print(document->root());
}

std::uint64_t number_in(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr ? static_cast<std::uint64_t>(value->integer()) : 0;
}

std::string text_in(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value != nullptr && value->is_string() ? std::string(value->string()) : std::string();
}

}  // namespace millrace::server
