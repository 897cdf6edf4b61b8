#pragma once

// Puts the parts together: the only place that names backends. A Backend is a data folder with its engines and the apps
// on them; a Server is a backend with its doors.
//
// Threads: open() and the constructors run before the reactor does; everything that is asynchronous, on the reactor.

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/inline_runner.h"
#include "app/notifier.h"
#include "app/service.h"
#include "eventlog/groups/embedded_groups.h"
#include "front/database_admin.h"
#include "front/kafka/kafka_access.h"
#include "front/kafka/kafka_door.h"
#include "front/record_admin.h"
#include "front/redis/database_directory.h"
#include "front/redis/redis_server.h"
#include "front/redis/rest_routes.h"
#include "front/router.h"
#include "kv/engine.h"
#include "kv/home.h"
#include "kv/syncer.h"
#include "net/http_server.h"
#include "net/reactor.h"
#include "server/apps.h"
#include "server/credentials.h"
#include "server/delivery_service.h"
#include "server/options.h"

namespace millrace::server {

// One app with what runs it. The first lives in the default database, another in one of its own name.
struct RunningApp {
  AppSource source{};
  std::unique_ptr<app::InlineRunner> runner{};
  std::unique_ptr<app::Service> service{};
};

class Backend {
 public:
  // Opens the data folder. The reactor outlives the backend.
  static Result<std::unique_ptr<Backend>> open(net::Reactor& reactor, const Options& options);
  ~Backend();

  // Makes `sources` run: databases and topics are there and every projection is up to its log.
  Async<Result<void>> start(std::vector<AppSource> sources, const Options& options);

  // Returns when nothing waits to be written or synced.
  Async<void> settle();

  // Deletes what has expired in the store and in the log, and takes out of their groups who no longer calls. Until the
  // reactor stops.
  Async<void> expire();

  std::vector<RunningApp>& apps() { return apps_; }
  store::EmbeddedStore& store() { return *store_; }
  eventlog::EmbeddedLog& log() { return *log_; }
  std::uint64_t largest_record();  // that some topic takes; reads all topics
  eventlog::ConsumerGroups& groups() { return *groups_; }
  Home& home() { return *home_; }
  net::Reactor& reactor() { return reactor_; }

 private:
  explicit Backend(net::Reactor& reactor);
  Async<Result<void>> start_app(AppSource source, const Options& options);

  net::Reactor& reactor_;
  std::unique_ptr<kv::Engine> engine_{};
  std::unique_ptr<kv::Syncer> syncer_{};
  std::unique_ptr<kv::Homes> homes_{};
  net::TickEnd tick_end_{};
  std::unique_ptr<Home> home_{};  // of all databases and topics, as long as one reactor has them all
  std::unique_ptr<eventlog::EmbeddedLog> log_{};
  std::unique_ptr<eventlog::EmbeddedGroups> groups_{};
  std::unique_ptr<store::EmbeddedStore> store_{};
  std::vector<RunningApp> apps_{};
};

class Server {
 public:
  Server(net::Reactor& reactor, Options options, std::unique_ptr<Backend> backend, Credentials credentials);
  ~Server();

  // Starts the apps and listens. Fails with what is wrong and what to do about it.
  Async<Result<void>> start(std::vector<AppSource> sources);

  // Finishes what is in flight, syncs, and returns; the reactor may stop then.
  Async<void> stop();

  // Looks at the schema files twice a second and serves what was saved; tells `report` each outcome. Until stop().
  Async<void> reload_on_save(std::function<void(const std::string& line)> report);

  // Where it serves: the address as given, with the port that was taken.
  Endpoint http() const { return http_; }
  Endpoint redis() const { return redis_; }

 private:
  Result<void> listen();
  void add_routes();
  Async<Result<void>> admit_databases();
  Async<Result<void>> open_log();
  void start_notifier();
  Result<void> load_certificate();
  net::HttpResponse refuse(int status, std::string_view reason, const net::HttpRequest* head);
  Result<bool> reload(RunningApp& app);

  net::Reactor& reactor_;
  Options options_;
  std::unique_ptr<Backend> backend_;
  Credentials credentials_;
  front::DatabaseDirectory databases_{};
  std::unique_ptr<front::DatabaseAdmin> database_admin_{};
  std::unique_ptr<front::RestDoor> rest_{};
  std::unique_ptr<front::LogCredentials> log_credentials_{};
  std::unique_ptr<front::KafkaDoor> kafka_{};
  std::unique_ptr<front::RecordAdmin> record_admin_{};
  std::unique_ptr<DeliveryService> delivery_{};
  std::unique_ptr<app::Notifier> notifier_{};
  std::shared_ptr<const net::TlsContext> tls_{};
  front::Router router_;
  std::unique_ptr<net::HttpServer> http_server_{};
  std::unique_ptr<front::RedisServer> redis_server_{};
  Endpoint http_{};
  Endpoint redis_{};
  std::stop_source stopping_{};
};

}  // namespace millrace::server
