// rebuild: the projection again from the log, by the server that holds the data, or here when none runs.

#include <fmt/format.h>
#include <future>
#include <thread>

#include "app/rebuild.h"
#include "base/json.h"
#include "front/admin_routes.h"
#include "net/http_fetch.h"
#include "server/commands/commands.h"
#include "server/progress.h"
#include "server/running_server.h"
#include "server/wiring.h"

namespace millrace::server {
namespace {

std::uint64_t number(const JsonValue& line, std::string_view name) {
  const JsonValue* value = line.find(name);
  return value != nullptr && value->kind() == JsonValue::Kind::integer ? static_cast<std::uint64_t>(value->integer())
                                                                       : 0;
}

// Shows the lines of a rebuild (front/admin_routes.h) as they come, wherever it runs.
class Display {
 public:
  explicit Display(Output output) : output_(output) {}

  void line(std::string_view text) {
    if (output_ == Output::json) fmt::print("{}\n", text);
    auto document = JsonDocument::parse(text);
    if (!document) return;
    const JsonValue& line = document->root();
    if (const JsonValue* error = line.find("error")) {
      bar_.finish();
      code_ = fail({ErrorCode::unavailable, std::string(error->string())});
    } else if (line.find("done") != nullptr) {
      bar_.finish();
      code_ = 0;
      if (output_ == Output::people) report(line);
    } else if (output_ == Output::people) {
      bar_.show(number(line, "events"), number(line, "events_total"));
    }
  }

  // 1 until the outcome has come.
  int code() const { return code_; }

 private:
  void report(const JsonValue& line) const {
    std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun_;
    std::uint64_t events = number(line, "events");
    fmt::print("the projection was rebuilt from {} events in {:.1f} s ({}/s)\n", grouped(events), spent.count(),
               grouped(static_cast<std::uint64_t>(static_cast<double>(events) / std::max(spent.count(), 1e-6))));
    if (auto skipped = number(line, "skipped"); skipped > 0)
      fmt::print("records that were skipped: {}\n", grouped(skipped));
    if (auto kept = number(line, "keys_carried"); kept > 0)
      fmt::print("other keys that were kept: {}\n", grouped(kept));
  }

  Output output_;
  ProgressBar bar_{"rebuilding", "events"};
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  int code_ = 1;
};

// The exit code, or nothing when no server answers.
std::optional<int> rebuild_there(const Options& options, const std::string& app, Output output) {
  auto running = read_running_server(options.data);
  auto credentials = load_credentials(options.data);
  if (!running || !credentials) return {};
  Display display(output);
  auto fetched = net::fetch({.method = "POST",
                             .url = fmt::format("{}/admin/apps/{}/rebuild", url_of(running->http, running->tls), app),
                             .headers = {"authorization: Bearer " + credentials->admin_secret},
                             .trusted = true},
                            [&](std::string_view line) { display.line(line); });
  if (!fetched) return {};
  if (fetched->status == 200) return display.code();
  auto document = JsonDocument::parse(fetched->body);
  const JsonValue* error = document ? document->root().find("error") : nullptr;
  return fail({ErrorCode::unavailable, error != nullptr && error->is_string()
                                           ? std::string(error->string())
                                           : fmt::format("{} answered {}", running->http, fetched->status)});
}

Async<Result<app::RebuildReport>> start_and_rebuild(Backend& backend, std::vector<AppSource> sources,
                                                    const Options& options, std::string app, Display& display) {
  if (auto started = co_await backend.start(std::move(sources), options); !started) co_return started.error();
  for (RunningApp& running : backend.apps()) {
    if (running.source.model->name != app) continue;
    co_return co_await app::rebuild(
        *running.runner,
        [&](app::RebuildProgress progress) -> Async<void> {
          display.line(front::progress_line(progress));
          co_return;
        },
        app::Company::none);
  }
  co_return Error{ErrorCode::not_found, fmt::format("there is no app '{}'", app)};
}

int rebuild_here(Options options, std::vector<AppSource> sources, const std::string& app, Output output) {
  options.quiet = true;
  net::Reactor reactor;
  auto backend = Backend::open(reactor, options);
  if (!backend) return fail(backend.error());
  Display display(output);
  reactor.post([&] {
    start(start_and_rebuild(**backend, std::move(sources), options, app, display),
          [&](const Result<app::RebuildReport>& outcome) {
            display.line(front::outcome_line(outcome));
            reactor.stop();
          });
  });
  reactor.run();
  return display.code();
}

}  // namespace

int run_rebuild(const Options& options, const std::string& app, Output output) {
  auto sources = load_apps(options.files);
  if (!sources) return fail(sources.error());
  std::string name = app.empty() ? sources->front().model->name : app;
  if (auto code = rebuild_there(options, name, output)) return *code;
  return rebuild_here(options, std::move(*sources), name, output);
}

}  // namespace millrace::server
