#pragma once

// Clients that wait for keys to fill: who blocked first is served first. Nothing of it is stored. Confined to the
// reactor.
//
// A command notes what it writes, and who has committed it serves: before any other command runs, so that nobody sees
// what a waiting client is about to take.

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace millrace::store {

class BlockedClients {
 public:
  class Client {
   public:
    virtual ~Client() = default;

    // Called when `key` was written. The client runs its command again, and leaves when that gave it something.
    virtual void try_again(std::string_view key) = 0;

    // Whether it needs the keys to be there, as the readers of a stream's group do.
    virtual bool needs_keys() const { return false; }
  };

  bool empty() const { return waiting_.empty(); }
  bool waits_for(DatabaseId database, std::string_view key) const;

  void wait(DatabaseId database, const std::vector<std::string>& keys, Client& client);
  void leave(DatabaseId database, const std::vector<std::string>& keys, Client& client);

  // `key` is written by a unit that may soon be committed. When it is not, its clients look in vain and wait on.
  void note(DatabaseId database, std::string key) { noted_.emplace_back(database, std::move(key)); }
  // Serves the clients of what was noted, in that order, and of what serving them wrote.
  void serve();

  // `key` was written, and the write is there for all to see.
  void written(DatabaseId database, const std::string& key);
  void all_written(DatabaseId database);
  std::size_t clients() const { return clients_; }
  std::size_t keys() const { return waiting_.size(); }
  std::size_t keys_needed() const;

 private:
  std::map<std::pair<DatabaseId, std::string>, std::deque<Client*>> waiting_{};
  std::deque<std::pair<DatabaseId, std::string>> noted_{};
  bool serving_ = false;
  std::size_t clients_ = 0;
};

}  // namespace millrace::store
