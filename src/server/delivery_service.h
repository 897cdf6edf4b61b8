#pragma once

// Delivery as a server runs it: its database, who sends, and its HTTP door. Confined to the reactor.

#include <memory>

#include "base/async.h"
#include "base/result.h"
#include "delivery/delivery.h"
#include "front/qstash/door.h"
#include "net/outbound.h"
#include "net/reactor.h"
#include "server/credentials.h"
#include "server/options.h"
#include "store/embedded/embedded_store.h"

namespace millrace::server {

class DeliveryService {
 public:
  // All outlive it. `credentials` changes when the signing keys are rotated.
  DeliveryService(net::Reactor& reactor, store::EmbeddedStore& store, const Options& options, Credentials& credentials);
  ~DeliveryService();

  // Goes on where an earlier process ended.
  Async<Result<void>> start();

  // Waits for the attempts in flight.
  Async<void> stop();

  // Once started.
  delivery::Delivery& delivery() { return *delivery_; }
  front::QstashDoor& door() { return *door_; }

 private:
  Result<void> keep(const delivery::SigningKeys& keys);

  net::Reactor& reactor_;
  store::EmbeddedStore& store_;
  const Options& options_;
  Credentials& credentials_;
  std::unique_ptr<net::Outbound> outbound_{};
  std::unique_ptr<delivery::Delivery> delivery_{};
  std::unique_ptr<front::QstashDoor> door_{};
};

}  // namespace millrace::server
