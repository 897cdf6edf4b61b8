// dev and serve: the server until it is told to stop.

#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <pthread.h>
#include <signal.h>
#include <thread>

#include "server/commands/commands.h"
#include "server/progress.h"
#include "server/running_server.h"
#include "server/wiring.h"

namespace millrace::server {
namespace {

enum class Mode { development, production };

// The signals that end the server, blocked in every thread made from now on.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// The data folder's secrets, made at the first start; MILLRACE_TOKEN replaces one of them.
Result<Credentials> prepare_credentials(const Options& options, Mode mode) {
  auto loaded = load_credentials(options.data);
  if (!loaded && loaded.error().code != ErrorCode::not_found) return loaded.error();
  Credentials credentials =
      loaded ? *loaded
             : make_credentials(mode == Mode::development ? CredentialKind::development : CredentialKind::production);
  if (!options.token.empty()) credentials.database_secret = options.token;
  if (!loaded || *loaded != credentials) {
    if (auto saved = save_credentials(options.data, credentials); !saved) return saved.error();
  }
  return credentials;
}

std::string_view durability_word(kv::Durability durability) {
  switch (durability) {
    case kv::Durability::always: return "always: acknowledged means synced to disk";
    case kv::Durability::interval: return "interval: a power loss may cost the last 100 ms";
    case kv::Durability::os: return "os: a power loss may cost what the system had not written";
  }
  return {};
}

void print_welcome(const Server& server, const Options& options, Mode mode) {
  std::string url = url_of(server.http().text(), options.tls());
  fmt::print("millrace is running.\n\n");
  if (options.playground) fmt::print("  GraphiQL    {}/graphql\n", url);
  fmt::print("  GraphQL     {}/graphql\n", url);
  fmt::print("  Redis       {}://{}   (with its secret: millrace env)\n", options.tls() ? "rediss" : "redis",
             server.redis().text());
  fmt::print("  Redis REST  {}/redis\n", url);
  fmt::print("  Log         {}/kafka   (with its user: millrace env)\n", url);
  fmt::print("  Console     {}/console\n", url);
  fmt::print("  Data        {}\n", std::filesystem::absolute(options.data).lexically_normal().string());
  fmt::print("  Durability  {}\n", durability_word(options.durability));
  if (mode == Mode::development) fmt::print("  Settings    millrace env   (for a .env.local)\n");
  fmt::print("\nCtrl+C stops it.\n\n");
  std::fflush(stdout);
}

int serve_until_stopped(const Options& options, Mode mode) {
  auto sources = load_apps(options.files);
  if (!sources) return fail(sources.error());
  sigset_t signals = block_stop_signals();
  net::Reactor reactor;
  auto backend = Backend::open(reactor, options);
  if (!backend) return fail(backend.error());
  auto credentials = prepare_credentials(options, mode);
  if (!credentials) return fail(credentials.error());

  auto server = std::make_unique<Server>(reactor, options, std::move(*backend), *credentials);
  std::promise<Result<void>> outcome;
  reactor.post([&] {
    start(server->start(std::move(*sources)), [&](Result<void> started) {
      if (started) print_welcome(*server, options, mode);
      if (started && mode == Mode::development) start(server->reload_on_save(print_line), [] {});
      outcome.set_value(std::move(started));
    });
  });
  std::thread thread([&] { reactor.run(); });
  Result<void> started = outcome.get_future().get();
  if (started) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (!options.quiet) print_line("stopping: finishing what is in flight");
  }
  reactor.post([&] { start(server->stop(), [&] { reactor.stop(); }); });
  thread.join();
  server.reset();
  return started ? 0 : fail(started.error());
}

// What a production server must not be started with.
Result<void> check_safe(const Options& options) {
  for (const Endpoint* endpoint : {&options.http, &options.redis}) {
    if (endpoint->loopback() || options.behind_proxy || options.tls()) continue;
    return Error{ErrorCode::invalid,
                 fmt::format("serving in plain text at {} would send secrets in the clear: serve at 127.0.0.1, name "
                             "tls-certificate and tls-key, or say behind-proxy = true when a proxy in front of it ends "
                             "TLS",
                             endpoint->text())};
  }
  if (!options.token.empty() && options.token.size() < 16) {  // 16: beyond guessing over a network
    return Error{ErrorCode::invalid, "the token has fewer than 16 characters: make it longer"};
  }
  return {};
}

}  // namespace

int run_dev(Options options) {
  if (!options.http.loopback()) {
    return fail(
        {ErrorCode::invalid,
         fmt::format("dev serves this machine only, and {} is beyond it: use millrace serve", options.http.text())});
  }
  if (!options.redis.loopback()) {
    return fail(
        {ErrorCode::invalid,
         fmt::format("dev serves this machine only, and {} is beyond it: use millrace serve", options.redis.text())});
  }
  options.development = true;
  return serve_until_stopped(options, Mode::development);
}

int run_serve(Options options) {
  if (options.files.empty()) {
    return fail({ErrorCode::invalid, "no schema file to serve: write schema = [\"FILE\"] into the configuration file"});
  }
  if (auto safe = check_safe(options); !safe) return fail(safe.error());
  return serve_until_stopped(options, Mode::production);
}

int fail(const Error& error) {
  print_problem("millrace: " + error.message);
  return 1;
}

}  // namespace millrace::server
