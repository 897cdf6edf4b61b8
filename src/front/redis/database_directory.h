#pragma once

// Which secret opens which database, for both doors: as the password of the Redis protocol and as the token of REST.
// Filled and changed while the server runs. Confined to the reactor.
//
// Secrets are kept and looked up by their hashes, so that the time of a look-up tells nothing of them.

#include <cstddef>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/crypto.h"
#include "store/store.h"

namespace millrace::front {

struct DatabaseAccess {
  store::DatabaseId database{};
  bool read_only = false;

  bool operator==(const DatabaseAccess&) const = default;
};

class DatabaseDirectory {
 public:
  // Empty secrets open nothing. A secret that opened another database opens this one from now on.
  void admit(std::string_view secret, DatabaseAccess access) {
    if (!secret.empty()) by_hash_.insert_or_assign(sha256(secret), access);
  }

  void revoke(std::string_view secret) { by_hash_.erase(sha256(secret)); }

  // Every secret of a database: before it is deleted or gets new ones. Looks at all there are.
  void revoke_all(store::DatabaseId database) {
    std::erase_if(by_hash_, [&](const auto& entry) { return entry.second.database == database; });
    if (revoked_) revoked_(database);
  }

  // Called by revoke_all(): who came in by those secrets must leave.
  void on_revoked(std::function<void(store::DatabaseId)> call) { revoked_ = std::move(call); }

  std::optional<DatabaseAccess> find(std::string_view secret) const {
    if (secret.empty()) return std::nullopt;
    auto found = by_hash_.find(sha256(secret));
    return found == by_hash_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  struct FirstBytes {
    std::size_t operator()(const Sha256& hash) const {
      std::size_t number = 0;
      std::memcpy(&number, hash.data(), sizeof number);
      return number;
    }
  };

  std::unordered_map<Sha256, DatabaseAccess, FirstBytes> by_hash_{};
  std::function<void(store::DatabaseId)> revoked_{};
};

}  // namespace millrace::front
