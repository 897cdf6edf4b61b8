#include "server/wiring.h"

#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

#include "front/admin_routes.h"
#include "front/graphql_routes.h"
#include "front/group_admin.h"
#include "front/kafka/credential_admin.h"
#include "front/pages.h"
#include "front/projection_routes.h"
#include "front/record_admin.h"
#include "front/topic_admin.h"
#include "kv/rocksdb/open.h"
#include "server/database_access.h"
#include "server/progress.h"
#include "server/running_server.h"
#include "server/steps.h"

namespace millrace::server {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::chrono::milliseconds sync_interval{100};  // of Durability::interval: what a power loss may cost
constexpr std::chrono::seconds stop_grace{10};           // longer than any request may run
constexpr std::chrono::milliseconds reload_interval{500};
constexpr std::size_t target_bytes_max = std::size_t{128} << 10;  // events of 64 KiB travel in paths of /kafka/produce
constexpr std::size_t connections_max = 20'000;            // ten thousand may wait for records and others still come in
constexpr std::chrono::milliseconds expire_interval{100};  // how long what expired may still take space
constexpr std::chrono::milliseconds tidy_pause{2};         // between slices of 256 records: a third of the time at most
constexpr std::chrono::seconds notifier_pause{1};          // after a failure
constexpr std::chrono::seconds problem_interval{5};        // a full disk is told now and then, not with each command

graphql::ServiceOptions graphql_options(const Options& options) {
  graphql::ServiceOptions graphql;
  graphql.introspection = options.introspection;
  graphql.on_internal_error = [](std::string_view id, std::string_view detail) {
    print_problem(fmt::format("internal error {}: {}", id, detail));
  };
  return graphql;
}

Async<Result<store::DatabaseId>> open_database(store::EmbeddedStore& store, std::string name) {
  auto found = co_await store.find_database(name);
  if (found || found.error().code != ErrorCode::not_found) co_return found;
  co_return co_await store.create_database(name);
}

}  // namespace

Backend::Backend(net::Reactor& reactor) : reactor_(reactor) {}

Backend::~Backend() {
  // A sync that is still under way posts to the reactor, so it ends before the homes do.
  apps_.clear();
  store_.reset();
  groups_.reset();
  log_.reset();
  home_.reset();
  tick_end_ = {};
  syncer_.reset();
}

Result<std::unique_ptr<Backend>> Backend::open(net::Reactor& reactor, const Options& options) {
  auto engine = kv::open_rocksdb({.folder = options.data, .unsynced_writes = options.unsynced_writes});
  if (!engine) return engine.error();
  std::unique_ptr<Backend> backend(new Backend(reactor));
  backend->engine_ = std::move(*engine);
  backend->syncer_ = std::make_unique<kv::Syncer>(*backend->engine_);
  if (options.durability == kv::Durability::interval) backend->syncer_->every(sync_interval);
  kv::HomesOptions homes{.durability = options.durability, .row_cache_bytes = options.cache_bytes};
  homes.post = [&reactor](std::function<void()> call) { reactor.post(std::move(call)); };
  homes.on_background = [&reactor](std::function<void()> work) {
    millrace::start(reactor.on_background(std::move(work)), [] {});
  };
  backend->homes_ = std::make_unique<kv::Homes>(*backend->engine_, backend->syncer_.get(), std::move(homes));
  backend->tick_end_ = reactor.on_tick_end([homes = backend->homes_.get()] { homes->end_tick(); });
  backend->home_ = backend->homes_->make_home();
  backend->log_ = std::make_unique<eventlog::EmbeddedLog>(*backend->home_);
  backend->groups_ = std::make_unique<eventlog::EmbeddedGroups>(*backend->log_);
  backend->store_ = std::make_unique<store::EmbeddedStore>(*backend->home_);
  return backend;
}

Async<Result<void>> Backend::start(std::vector<AppSource> sources, const Options& options) {
  if (auto resumed = co_await store_->resume_reclaiming(); !resumed) co_return resumed.error();
  for (AppSource& source : sources) {
    if (auto started = co_await start_app(std::move(source), options); !started) co_return started.error();
  }
  co_return Result<void>{};
}

Async<Result<void>> Backend::start_app(AppSource source, const Options& options) {
  RunningApp app{.source = std::move(source)};
  app::ModelPointer model = app.source.model;
  std::string name(apps_.empty() ? default_database : std::string_view(model->name));
  auto database = co_await open_database(*store_, std::move(name));
  if (!database) co_return database.error();
  app::InlineRunnerOptions runner;
  if (!options.quiet) runner.observer = print_steps;
  runner.on_unavailable = [last = Timestamp()](const Error& error) mutable {
    auto now = system_now();
    if (now - last < problem_interval) return;
    last = now;
    print_problem("millrace: " + error.message);
  };
  app.runner = std::make_unique<app::InlineRunner>(model, *home_, *log_, *store_, *database, std::move(runner));
  app.service = std::make_unique<app::Service>(model, *app.runner, graphql_options(options));
  if (auto ready = co_await app.runner->prepare(); !ready) co_return ready.error();
  if (auto caught_up = co_await app.runner->catch_up(); !caught_up) co_return caught_up.error();
  for (const std::string& topic : model->topics) log_->claim(topic, model->name);
  log_->add_hold([runner = app.runner.get()](Unit& unit, std::string_view topic, eventlog::PartitionNumber) {
    return runner->unread_from(unit, topic);
  });
  apps_.push_back(std::move(app));
  co_return Result<void>{};
}

std::uint64_t Backend::largest_record() {
  auto unit = home_->open_blocking();
  auto topics = log_->topics(*unit);
  std::uint64_t largest = 0;
  if (!topics) return largest;
  for (const eventlog::Topic& topic : *topics) largest = std::max(largest, topic.settings.record_bytes_max);
  return largest;
}

Async<void> Backend::settle() {
  co_await home_->synced();
}

Async<void> Backend::expire() {
  std::chrono::milliseconds pause = expire_interval;
  for (;;) {
    net::WaitEnd end = co_await reactor_.sleep(pause);
    if (end == net::WaitEnd::stopped) co_return;
    auto done = co_await store_->expire_due();
    auto tidied = co_await log_->tidy();
    auto grouped = co_await groups_->expire_due();
    (void)grouped;  // who calls next meets the same fault and is told
    bool keys_due = done && *done, records_due = tidied && *tidied;
    pause = keys_due ? std::chrono::milliseconds(0) : records_due ? tidy_pause : expire_interval;
  }
}

Server::Server(net::Reactor& reactor, Options options, std::unique_ptr<Backend> backend, Credentials credentials)
    : reactor_(reactor),
      options_(std::move(options)),
      backend_(std::move(backend)),
      credentials_(std::move(credentials)),
      http_(options_.http),
      redis_(options_.redis) {}

Server::~Server() = default;

Async<Result<void>> Server::start(std::vector<AppSource> sources) {
  if (auto loaded = load_certificate(); !loaded) co_return loaded.error();
  if (auto started = co_await backend_->start(std::move(sources), options_); !started) co_return started.error();
  if (auto admitted = co_await admit_databases(); !admitted) co_return admitted.error();
  if (auto opened = co_await open_log(); !opened) co_return opened.error();
  delivery_ = std::make_unique<DeliveryService>(reactor_, backend_->store(), options_, credentials_);
  if (auto started = co_await delivery_->start(); !started) co_return started.error();
  start_notifier();
  add_routes();
  if (auto listening = listen(); !listening) co_return listening.error();
  millrace::start(backend_->expire(), [] {});
  for (RunningApp& app : backend_->apps()) millrace::start(app.runner->follow(stopping_.get_token()), [] {});
  co_return write_running_server(
      options_.data,
      {.process = static_cast<int>(::getpid()), .http = http_.text(), .tls = options_.tls(), .redis = redis_.text()});
}

// Makes messages of the records of topics that somebody is to be told of, until the server stops.
void Server::start_notifier() {
  app::NotifierOptions options;
  options.pause = [this]() -> Async<void> { co_await reactor_.sleep(notifier_pause); };
  options.on_problem = [](const std::string& line) { print_problem("millrace: " + line); };
  notifier_ = std::make_unique<app::Notifier>(backend_->log(), delivery_->delivery(), std::move(options));
  backend_->log().on_topics_changed([this] { notifier_->look_again(); });
  millrace::start(notifier_->follow(stopping_.get_token()), [] {});
}

Result<void> Server::listen() {
  auto taken = [](const Error& error, std::string_view option) {
    std::string advice;
    if (error.code == ErrorCode::conflict) advice = fmt::format("; choose another with {} ADDRESS:PORT", option);
    return Error{error.code, error.message + advice};
  };
  net::HttpServerOptions http{.address = options_.http.address, .port = options_.http.port};
  http.limits.body_bytes = options_.body_bytes_max;
  http.limits.target_bytes = target_bytes_max;
  http.limits.connections = connections_max;
  http.tls = tls_;
  http.body_limit = [this](const HttpRequest& head) {
    if (front::KafkaDoor::owns(head.path)) return kafka_->body_bytes_max(head);
    if (front::QstashDoor::owns(head.path)) return delivery_->door().body_bytes_max(head);
    if (front::RestDoor::owns(head.path)) return rest_->body_bytes_max(head);
    return front::record_admin_body_bytes_max(head, credentials_.admin_secret, options_.body_bytes_max);
  };
  http.error_response = [this](int status, std::string_view reason, const HttpRequest* head) {
    return refuse(status, reason, head);
  };
  http_server_ = std::make_unique<net::HttpServer>(reactor_, std::move(http),
                                                   [this](HttpRequest& request) { return router_.answer(request); });
  auto port = http_server_->listen();
  if (!port) return taken(port.error(), "--http");
  http_.port = *port;

  net::RespServerOptions redis{.address = options_.redis.address, .port = options_.redis.port, .tls = tls_};
  redis_server_ = std::make_unique<front::RedisServer>(reactor_, std::move(redis), backend_->store(), databases_);
  port = redis_server_->listen();
  if (!port) return taken(port.error(), "--redis");
  redis_.port = *port;
  databases_.on_revoked([this](store::DatabaseId database) { redis_server_->disconnect(database); });
  return {};
}

Result<void> Server::load_certificate() {
  if (options_.tls_certificate.empty() != options_.tls_key.empty()) {
    return Error{ErrorCode::invalid, "tls-certificate and tls-key belong together: name both"};
  }
  if (!options_.tls()) return {};
  auto loaded = net::TlsContext::load(options_.tls_certificate, options_.tls_key);
  if (!loaded) return loaded.error();
  tls_ = std::move(*loaded);
  return {};
}

Async<Result<void>> Server::admit_databases() {
  std::vector<std::string> apps;
  for (RunningApp& app : backend_->apps()) apps.push_back(app.source.model->name);
  database_admin_ = std::make_unique<front::DatabaseAdmin>(
      backend_->store(), databases_, database_admin_options(options_, credentials_, std::move(apps)));
  if (auto admitted = co_await database_admin_->admit_all(); !admitted) co_return admitted.error();
  rest_ = std::make_unique<front::RestDoor>(reactor_, backend_->store(), databases_);
  co_return Result<void>();
}

Async<Result<void>> Server::open_log() {
  front::LogAccessOptions access{.default_secrets = {credentials_.kafka_username, credentials_.kafka_password}};
  log_credentials_ = std::make_unique<front::LogCredentials>(backend_->home(), reactor_, std::move(access));
  if (auto loaded = co_await log_credentials_->load(); !loaded) co_return loaded.error();
  front::KafkaOptions options{.largest_record = [this] { return backend_->largest_record(); }};
  kafka_ = std::make_unique<front::KafkaDoor>(reactor_, backend_->log(), backend_->groups(), *log_credentials_,
                                              std::move(options));
  co_return Result<void>();
}

HttpResponse Server::refuse(int status, std::string_view reason, const HttpRequest* head) {
  if (head != nullptr && front::KafkaDoor::owns(head->path)) return kafka_->refuse(status, reason, *head);
  if (head != nullptr && front::QstashDoor::owns(head->path)) return delivery_->door().refuse(status, reason);
  bool rest = head != nullptr && front::RestDoor::owns(head->path);
  return rest ? rest_->refuse(status, reason, *head) : front::json_error(status, reason);
}

void Server::add_routes() {
  router_.add(rest_->routes());
  router_.add(kafka_->routes());
  router_.add(delivery_->door().routes());
  router_.add(front::credential_admin_routes(*log_credentials_, credentials_.admin_secret));
  front::NotifyTopic notify = [this](std::string topic, std::string group) {
    if (group.empty()) return notifier_->end(std::move(topic));
    return notifier_->notify(std::move(topic), std::move(group));
  };
  router_.add(front::topic_admin_routes(backend_->log(), credentials_.admin_secret, std::move(notify)));
  router_.add(front::group_admin_routes(backend_->groups(), credentials_.admin_secret));
  record_admin_ = std::make_unique<front::RecordAdmin>(reactor_, backend_->log());
  router_.add(front::record_admin_routes(*record_admin_, credentials_.admin_secret));
  router_.add(front::database_admin_routes(*database_admin_, credentials_.admin_secret));
  router_.add({.methods = "GET, HEAD", .path = "/health", .handle = [](HttpRequest&) {
                 return front::ready(front::json_response(200, R"({"status":"ok"})"));
               }});
  std::vector<front::Served> served;
  auto keys = [this] { return delivery_->delivery().keys(); };
  for (RunningApp& app : backend_->apps()) {
    const std::string& name = app.source.model->name;
    std::vector<std::string> places = {"/apps/" + name};
    if (served.empty()) places.insert(places.begin(), "");
    for (const std::string& place : places) {
      router_.add(front::graphql_routes(
          *app.service,
          {.endpoint = place + "/graphql",
           .statuses = options_.draft_statuses ? front::StatusProfile::draft_2026 : front::StatusProfile::audited,
           .playground = options_.playground,
           .introspection = options_.introspection}));
      router_.add(front::projection_routes(*app.runner, place + "/projection", keys));
    }
    served.push_back(
        {"GraphQL: " + name, places.front() + "/graphql", "Queries and mutations; GraphiQL when a browser opens it."});
    served.push_back({"Schema: " + name, places.front() + "/graphql/schema.graphql", "The public schema as text."});
    served.push_back({"Notices: " + name, places.front() + "/projection",
                      "Takes signed notices of new events and answers when the projection has caught up."});
    router_.add(front::admin_routes(*app.runner, "/admin/apps/" + name, credentials_.admin_secret));
  }
  served.push_back({"Redis over REST", "/redis", "Commands for the SDKs of Upstash, with the database's token."});
  served.push_back({"Event log over REST", "/kafka", "Topics for the SDK of Upstash Kafka and plain HTTP clients."});
  served.push_back({"Messages", "/v2", "Publishes messages to HTTP endpoints, for the SDKs of QStash."});
  served.push_back({"Health", "/health", "Says ok while the server serves."});
  router_.add(front::page_routes(std::move(served)));
}

Async<void> Server::stop() {
  stopping_.request_stop();
  if (http_server_) co_await http_server_->stop(stop_grace);
  if (redis_server_) co_await redis_server_->stop(stop_grace);
  if (delivery_) co_await delivery_->stop();
  co_await backend_->settle();
  remove_running_server(options_.data);
}

// --- Reloading ---

Async<void> Server::reload_on_save(std::function<void(const std::string&)> report) {
  namespace fs = std::filesystem;
  auto saved_at = [](const std::string& file) {
    std::error_code missing;
    return fs::last_write_time(file, missing);
  };
  std::vector<fs::file_time_type> seen;
  for (RunningApp& app : backend_->apps()) seen.push_back(saved_at(app.source.file));
  while (!stopping_.stop_requested()) {
    if (co_await reactor_.sleep(reload_interval) == net::WaitEnd::stopped) co_return;
    for (std::size_t at = 0; at < seen.size(); ++at) {
      RunningApp& app = backend_->apps()[at];
      auto now = saved_at(app.source.file);
      if (app.source.file.empty() || now == seen[at]) continue;
      seen[at] = now;
      auto reloaded = reload(app);
      if (reloaded) {
        auto ready = co_await app.runner->prepare();
        report(ready ? fmt::format("{} was saved: the new schema is served", app.source.file) : ready.error().message);
      } else {
        report(reloaded.error().message + "\nthe former schema stays");
      }
    }
  }
}

Result<bool> Server::reload(RunningApp& app) {
  auto text = read_file(app.source.file);
  if (!text) return text.error();
  auto model = compile_text(*text, app.source.file);
  if (!model) return Error{ErrorCode::invalid, describe(model.error())};
  app.source.model = *model;
  app.runner->replace_model(*model);
  app.service->replace_model(*model);
  return true;
}

}  // namespace millrace::server
