#include "net/http_server.h"

#include <algorithm>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "net/http_connection.h"
#include "net/listener.h"

namespace millrace::net {

namespace {

// Of the process's files these stay free for storage, outgoing connections and the like.
constexpr std::size_t files_kept_free = 256;
// So many clients beyond the limit are told why they are turned away; the others are only closed.
constexpr std::size_t refusals_at_once = 128;
// Seconds; when there are too many connections some close soon.
constexpr std::string_view retry_after = "1";

std::size_t connections_within(std::size_t files) {
  return files > 2 * files_kept_free ? files - files_kept_free : files / 2;
}

// Often enough that no time-out is late by more than a quarter, seldom enough to cost nothing.
std::chrono::milliseconds sweep_interval_for(const HttpLimits& limits) {
  const auto shortest = std::min({limits.header_time, limits.body_time, limits.idle_time, limits.write_time});
  return std::clamp(shortest / 4, std::chrono::milliseconds{5}, std::chrono::milliseconds{500});
}

}  // namespace

HttpServer::Core::Core(Reactor& owner, HttpServerOptions chosen, HttpHandler handle)
    : reactor(owner),
      options(std::move(chosen)),
      handler(std::move(handle)),
      parser_limits{.target_bytes = options.limits.target_bytes,
                    .header_bytes = options.limits.header_bytes,
                    .body_bytes = options.limits.body_bytes,
                    .body_limit = options.body_limit},
      sweep_interval(sweep_interval_for(options.limits)) {}

HttpResponse HttpServer::Core::error(int status, std::string_view reason, const HttpRequest* head) const {
  HttpResponse response;
  if (options.error_response) {
    response = options.error_response(status, reason, head);
  } else {
    response.content_type = "application/json";
    response.body = fmt::format(R"({{"error":"{}","status":{}}})", reason, status);
  }
  if (response.status == 200) response.status = status;
  if (status == 503 && !response.header("retry-after")) response.add_header("Retry-After", retry_after);
  return response;
}

void HttpServer::Core::accepted(boost::asio::ip::tcp::socket socket) {
  const bool room = connections.size() < connections_max;
  ++(room ? counts.connections_accepted : counts.connections_refused);
  if (connections.size() >= connections_max + refusals_at_once) return;
  auto connection = std::make_shared<HttpConnection>(std::move(socket), shared_from_this());
  add(connection);
  room ? connection->begin() : connection->refuse();
}

void HttpServer::Core::add(const std::shared_ptr<HttpConnection>& connection) {
  connection->place = connections.size();
  connections.push_back(connection);
}

void HttpServer::Core::remove(HttpConnection& connection) {
  const auto place = connection.place;
  std::swap(connections[place], connections.back());
  connections[place]->place = place;
  connections.pop_back();
  if (connections.empty()) end_stop();
}

// Wakes whoever waits for the server to stop, from the loop: the caller is in the middle of closing.
void HttpServer::Core::end_stop() {
  if (auto waiting = std::exchange(stop_waiting, {})) reactor.post([waiting] { waiting.resume(); });
}

std::vector<std::shared_ptr<HttpConnection>> HttpServer::Core::all() const {
  return connections;
}

void HttpServer::Core::sweep() {
  now = std::chrono::steady_clock::now();
  const auto second = std::time(nullptr);
  if (second != date_second) {
    date_second = second;
    date_line = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(second));
  }
  for (const auto& connection : all()) connection->sweep(now);
  sweep_timer = reactor.after(sweep_interval, [this] { sweep(); });
}

void HttpServer::Core::flush_later(HttpConnection& connection) {
  if (std::exchange(connection.flush_waiting, true)) return;
  flush_waiters.push_back(std::static_pointer_cast<HttpConnection>(connection.shared_from_this()));
}

void HttpServer::Core::flush_waiting() {
  if (flush_waiters.empty()) return;
  const auto waiters = std::exchange(flush_waiters, {});
  for (const auto& connection : waiters) connection->flush_now();
}

HttpServer::HttpServer(Reactor& reactor, HttpServerOptions options, HttpHandler handler)
    : core_(std::make_shared<Core>(reactor, std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() {
  core_->listener.reset();
  core_->sweep_timer.cancel();
  core_->stop_timer.cancel();
  core_->tick_end = {};
  for (const auto& connection : core_->all()) connection->close();
  core_->flush_waiters.clear();
}

Result<std::uint16_t> HttpServer::listen() {
  core_->connections_max = std::min(core_->options.limits.connections, connections_within(raise_file_limit()));
  auto listener = std::make_unique<Listener>(core_->reactor);
  auto port = listener->listen(core_->options.address, core_->options.port,
                               [core = core_.get()](auto socket) { core->accepted(std::move(socket)); });
  if (!port) return port;
  core_->listener = std::move(listener);
  core_->tick_end = core_->reactor.on_tick_end([core = core_.get()] { core->flush_waiting(); });
  core_->sweep();
  return port;
}

Async<std::size_t> HttpServer::stop(std::chrono::milliseconds grace) {
  struct Closed {
    Core& core;
    bool await_ready() const { return core.connections.empty(); }
    void await_suspend(std::coroutine_handle<> handle) { core.stop_waiting = handle; }
    void await_resume() const {}
  };
  auto core = core_;
  core->stopping = true;
  core->listener.reset();
  for (const auto& connection : core->all()) connection->retire();
  core->stop_timer = core->reactor.after(grace, [target = core.get()] { target->end_stop(); });
  co_await Closed{*core};
  core->stop_timer.cancel();
  std::size_t cut_off = 0;
  for (const auto& connection : core->all()) {
    cut_off += connection->unanswered();
    connection->close();
  }
  co_return cut_off;
}

HttpCounts HttpServer::counts() const {
  auto counts = core_->counts;
  counts.connections_open = core_->connections.size();
  return counts;
}

}  // namespace millrace::net
