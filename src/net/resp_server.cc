#include "net/resp_server.h"

#include <algorithm>
#include <fmt/format.h>
#include <sys/socket.h>

#include "net/resp_connection.h"

namespace millrace::net {
namespace {

// Of the process's files these stay free for storage, other servers, outgoing connections and the like.
constexpr std::size_t files_kept_free = 256;
// So many clients beyond the limit are told why they are turned away; the others are only closed.
constexpr std::size_t refusals_at_once = 128;
constexpr std::chrono::milliseconds sweep_interval{500};

std::size_t connections_within(std::size_t files) {
  return files > 2 * files_kept_free ? files - files_kept_free : files / 2;
}

// Many clients listen and never send: the system finds out which of them are gone.
void keep_alive(boost::asio::ip::tcp::socket& socket) {
  const int on = 1;
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace

void RespServer::Core::accepted(boost::asio::ip::tcp::socket socket) {
  const bool room = connections.size() < connections_max;
  ++(room ? counts.connections_accepted : counts.connections_refused);
  if (connections.size() >= connections_max + refusals_at_once) return;
  keep_alive(socket);
  auto connection =
      std::make_shared<RespConnection>(std::move(socket), shared_from_this(), counts.connections_accepted);
  connection->place = connections.size();
  connections.push_back(connection);
  room ? connection->begin() : connection->refuse();
}

void RespServer::Core::remove(RespConnection& connection) {
  const auto place = connection.place;
  std::swap(connections[place], connections.back());
  connections[place]->place = place;
  connections.pop_back();
  if (connections.empty()) end_stop();
}

// Wakes whoever waits for the server to stop, from the loop: the caller is in the middle of closing.
void RespServer::Core::end_stop() {
  if (auto waiting = std::exchange(stop_waiting, {})) reactor.post([waiting] { waiting.resume(); });
}

void RespServer::Core::sweep() {
  now = std::chrono::steady_clock::now();
  const auto all = connections;
  for (const auto& connection : all) connection->sweep(now);
  sweep_timer = reactor.after(sweep_interval, [this] { sweep(); });
}

void RespServer::Core::settle_later(RespConnection& connection) {
  if (std::exchange(connection.settle_waiting, true)) return;
  settle_waiters.push_back(std::static_pointer_cast<RespConnection>(connection.shared_from_this()));
}

void RespServer::Core::settle_waiting() {
  if (settle_waiters.empty()) return;
  const auto waiters = std::exchange(settle_waiters, {});
  for (const auto& connection : waiters) connection->settle();
}

RespServer::RespServer(Reactor& reactor, RespServerOptions options, Greet greet)
    : core_(std::make_shared<Core>(reactor, std::move(options), std::move(greet))) {}

RespServer::~RespServer() {
  core_->listener.reset();
  core_->sweep_timer.cancel();
  core_->stop_timer.cancel();
  core_->tick_end = {};
  const auto all = core_->connections;
  for (const auto& connection : all) connection->Link::close();
  core_->settle_waiters.clear();
}

Result<std::uint16_t> RespServer::listen() {
  const auto& options = core_->options;
  core_->connections_max = std::min(options.limits.connections, connections_within(raise_file_limit()));
  auto listener = std::make_unique<Listener>(core_->reactor);
  auto port = listener->listen(options.address, options.port,
                               [core = core_.get()](auto socket) { core->accepted(std::move(socket)); });
  if (!port) return port;
  core_->address = fmt::format("{}:{}", options.address, *port);
  core_->listener = std::move(listener);
  core_->tick_end = core_->reactor.on_tick_end([core = core_.get()] { core->settle_waiting(); });
  core_->sweep();
  return port;
}

Async<std::size_t> RespServer::stop(std::chrono::milliseconds grace) {
  struct Closed {
    Core& core;
    bool await_ready() const { return core.connections.empty(); }
    void await_suspend(std::coroutine_handle<> handle) { core.stop_waiting = handle; }
    void await_resume() const {}
  };
  auto core = core_;
  core->listener.reset();
  const auto retired = core->connections;
  for (const auto& connection : retired) connection->retire();
  core->stop_timer = core->reactor.after(grace, [target = core.get()] { target->end_stop(); });
  Closed closed{*core};
  co_await closed;
  core->stop_timer.cancel();
  const auto left = core->connections;
  for (const auto& connection : left) connection->Link::close();
  co_return left.size();
}

RespCounts RespServer::counts() const {
  auto counts = core_->counts;
  counts.connections_open = core_->connections.size();
  return counts;
}

}  // namespace millrace::net
