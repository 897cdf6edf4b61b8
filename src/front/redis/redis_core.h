#pragma once

// What the sessions of the Redis protocol share. Confined to the reactor.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "base/unit.h"
#include "front/redis/database_directory.h"
#include "front/redis/outbox.h"
#include "net/reactor.h"
#include "store/embedded/embedded_store.h"

namespace millrace::front {

class Session;

struct RedisCore : std::enable_shared_from_this<RedisCore> {
  RedisCore(net::Reactor& owner, store::EmbeddedStore& in, const DatabaseDirectory& known)
      : reactor(owner), store(in), directory(known) {}

  // What a reply that tells of `receipt` waits for; `session` is told when it has landed.
  Outbox::Flight flight_of(const Home::Receipt& receipt, Session& session);

  // CLIENT PAUSE. A pause that is there already only gets longer and wider.
  void pause(store::DatabaseId database, std::int64_t until, bool all);
  void unpause(store::DatabaseId database);

  struct Pause {
    std::int64_t until = 0;  // milliseconds since 1970
    bool all = false;        // not only writes
    net::Timer end{};
  };

  // One tick's batch on its way to the disk, and who holds replies until then.
  struct FlyingBatch {
    Outbox::Flight number = Outbox::none;
    Home::Receipt receipt{};
    std::vector<std::shared_ptr<Session>> sessions{};
  };

  net::Reactor& reactor;
  store::EmbeddedStore& store;
  const DatabaseDirectory& directory;
  std::map<std::uint64_t, Session*> sessions{};  // by their numbers
  std::map<store::DatabaseId, Pause> pauses{};
  std::deque<FlyingBatch> flying{};  // by ascending number
  Outbox::Flight flights = Outbox::none;

 private:
  void land(Outbox::Flight flight, const Result<void>& outcome);
};

}  // namespace millrace::front
