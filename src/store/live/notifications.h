#pragma once

// Keyspace notifications: which classes of events a database publishes, as notify-keyspace-events says. Confined to the
// reactor.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace millrace::store {

// The classes of events, by the letter that Redis gives them: g generic, $ string, l list, s set, h hash, z sorted set,
// x expired, e evicted, t stream, d module (JSON), m miss, n new. K and E choose the channels.
class Notifications {
 public:
  bool empty() const { return classes_.empty(); }

  // The letters in the form that CONFIG GET shows; nothing when there is an unknown letter among them.
  static std::optional<std::string> normalize(std::string_view letters);

  void set(DatabaseId database, std::string normalized);
  std::string get(DatabaseId database) const;
  bool wants(DatabaseId database, char letter) const;

 private:
  std::map<DatabaseId, std::string> classes_{};
};

}  // namespace millrace::store
