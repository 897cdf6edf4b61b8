#pragma once

// Who listens to which channels, per database. Nothing of it is stored. Confined to the reactor.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace millrace::store {

struct Message {
  enum class Kind : std::uint8_t { message, pmessage, smessage };

  Kind kind = Kind::message;
  std::string_view pattern{};  // of pmessage
  std::string_view channel{};
  std::string_view payload{};
};

class Subscriber {
 public:
  virtual ~Subscriber() = default;

  // Must not subscribe, unsubscribe or publish.
  virtual void deliver(const Message& message) = 0;
};

// Channels, patterns and shard channels are spaces of their own.
enum class Subscription : std::uint8_t { channel, pattern, shard };

class PubSub {
 public:
  // Whether it is new. A subscriber must have left everything before it ends.
  bool subscribe(DatabaseId database, Subscription kind, std::string_view name, Subscriber& who);
  bool unsubscribe(DatabaseId database, Subscription kind, std::string_view name, Subscriber& who);

  // Delivers now. How many it was delivered to: a subscriber counts once for each subscription that matches.
  std::int64_t publish(DatabaseId database, std::string_view channel, std::string_view payload);
  std::int64_t publish_to_shard(DatabaseId database, std::string_view channel, std::string_view payload);

  // How many would be reached now.
  std::int64_t receivers(DatabaseId database, std::string_view channel) const;
  std::int64_t subscribers(DatabaseId database, Subscription kind, std::string_view name) const;

  // Names with subscribers, in the order of their bytes.
  std::vector<std::string> names(DatabaseId database, Subscription kind) const;

 private:
  struct Key {
    DatabaseId database{};
    Subscription kind{};
    std::string name{};

    auto operator<=>(const Key&) const = default;
  };
  using Listeners = std::map<Key, std::vector<Subscriber*>>;

  template <class Visit>
  void each_of_kind(DatabaseId database, Subscription kind, const Visit& visit) const;

  Listeners listeners_{};
};

}  // namespace millrace::store
