#pragma once

// Which clients keep values of keys in a cache of their own (CLIENT TRACKING), and whom to tell that such a key has
// changed. Nothing of it is stored. Confined to the reactor.
//
// A client either reads keys, and is told once when one of them changes, or names prefixes, and is told of every change
// below them. A write notes its keys when it is staged; `send` tells of them, after the writer's own reply. A write
// that then comes to nothing has dropped a good value from a cache, which does no harm.

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/store.h"

namespace millrace::store {

class TrackedKeys {
 public:
  class Client {
   public:
    virtual ~Client() = default;

    // The values of these keys are no longer good. Must not run commands.
    virtual void invalidate(std::span<const std::string> keys) = 0;
    virtual void invalidate_all() = 0;
  };

  using ClientId = std::uint64_t;  // as CLIENT ID gives it; 0: no client

  // Begins with prefixes to be told of all keys below them, and without to be told of those that it reads. Once more:
  // with more prefixes. What it has read before goes on to count.
  void begin(DatabaseId database, ClientId id, Client& client, bool tells_own, const std::set<std::string>& prefixes);
  void end(ClientId id);

  // The client has read these keys.
  void remember(DatabaseId database, ClientId id, std::span<const std::string> keys);

  // Whether nobody tracks: then nobody need look.
  bool empty() const { return clients_.empty(); }

  // Where the keys go that the command under way reads; nothing unless its client tracks. While it lives.
  class Reads {
   public:
    Reads(TrackedKeys& all, std::vector<std::string>* keys) : all_(all), before_(all.reads_) { all.reads_ = keys; }
    ~Reads() { all_.reads_ = before_; }
    Reads(const Reads&) = delete;
    Reads& operator=(const Reads&) = delete;

   private:
    TrackedKeys& all_;
    std::vector<std::string>* before_;
  };
  std::vector<std::string>* reads() const { return reads_; }

  // `writer` changes a key, or all of them. Whether somebody is to be told.
  bool note(DatabaseId database, std::string_view key, ClientId writer);
  bool note_all(DatabaseId database);

  // Tells of what was noted.
  void send();

  // Forgets keys until there are so many at most, and tells those who have read them.
  void limit(DatabaseId database, std::size_t keys_max);

  struct Size {
    std::size_t clients = 0;
    std::size_t keys = 0;
    std::size_t items = 0;  // pairs of a key and a client
    std::size_t prefixes = 0;
  };
  Size size(DatabaseId database) const;
  std::size_t keys(DatabaseId database) const;

 private:
  struct Tracker {
    DatabaseId database{};
    Client* client = nullptr;
    bool tells_own = true;  // of its own writes
    std::set<std::string> prefixes{};
  };
  struct OfDatabase {
    std::unordered_map<std::string, std::vector<ClientId>> readers{};  // by key
    std::map<std::string, std::set<ClientId>> prefixes{};
  };
  struct Change {
    DatabaseId database{};
    std::string key{};
    ClientId writer = 0;
    bool all = false;
  };

  void tell_readers(const Change& change);
  void tell_all(DatabaseId database);
  void tell_listeners(DatabaseId database, std::span<const Change> changes);

  std::vector<std::string>* reads_ = nullptr;
  std::map<ClientId, Tracker> clients_{};
  std::map<DatabaseId, OfDatabase> databases_{};
  std::vector<Change> noted_{};
};

}  // namespace millrace::store
