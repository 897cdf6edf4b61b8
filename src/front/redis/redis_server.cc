#include "front/redis/redis_server.h"

#include <algorithm>

#include "front/redis/redis_core.h"
#include "front/redis/session.h"
#include "net/meanwhile.h"
#include "store/scripting/scripting_state.h"

namespace millrace::front {

Outbox::Flight RedisCore::flight_of(const Home::Receipt& receipt, Session& session) {
  if (store.home().durable(receipt)) return Outbox::none;
  if (flying.empty() || flying.back().receipt != receipt) {
    flying.push_back({++flights, receipt, {}});
    start(store.home().settled(receipt), [weak = weak_from_this(), number = flights](Result<void> outcome) {
      if (auto self = weak.lock()) self->land(number, outcome);
    });
  }
  FlyingBatch& batch = flying.back();
  if (session.last_flight != batch.number) {
    session.last_flight = batch.number;
    batch.sessions.push_back(session.shared_from_this());
  }
  return batch.number;
}

void RedisCore::land(Outbox::Flight flight, const Result<void>& outcome) {
  const auto found = std::ranges::find(flying, flight, &FlyingBatch::number);
  const auto landed = std::move(found->sessions);
  flying.erase(found);
  for (const auto& session : landed) session->land(flight, outcome);
}

void RedisCore::pause(store::DatabaseId database, std::int64_t until, bool all) {
  Pause& pause = pauses[database];
  pause.until = std::max(pause.until, until);
  pause.all = pause.all || all;
  const auto now = store.live().clock().time_since_epoch().count();
  pause.end = reactor.after(std::chrono::milliseconds(std::max<std::int64_t>(pause.until - now, 0)),
                            [this, database] { unpause(database); });
}

void RedisCore::unpause(store::DatabaseId database) {
  pauses.erase(database);
  for (const auto& [number, session] : sessions) {
    if (session->database() != database) continue;
    reactor.post([paused = session->shared_from_this()] { paused->end_pause(); });
  }
}

RedisServer::RedisServer(net::Reactor& reactor, net::RespServerOptions options, store::EmbeddedStore& store,
                         const DatabaseDirectory& directory)
    : core_(std::make_shared<RedisCore>(reactor, store, directory)),
      server_(reactor, std::move(options),
              [core = core_](net::RespPeer& peer) { return std::make_shared<Session>(peer, core); }) {
  store::LoadedScripts::of(store.live()).set_turn([&reactor] { net::run_meanwhile(reactor); });
}

RedisServer::~RedisServer() = default;

Result<std::uint16_t> RedisServer::listen() {
  return server_.listen();
}

Async<std::size_t> RedisServer::stop(std::chrono::milliseconds grace) {
  return server_.stop(grace);
}

void RedisServer::disconnect(store::DatabaseId database) {
  for (const auto& [number, session] : core_->sessions) {
    if (session->database() == database) session->kill();
  }
}

net::RespCounts RedisServer::counts() const {
  return server_.counts();
}

}  // namespace millrace::front
