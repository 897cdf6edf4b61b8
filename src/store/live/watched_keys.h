#pragma once

// Which clients watch which keys (WATCH), and whether one was written since. Nothing of it is stored. A write marks its
// watchers when it is staged; one that then comes to nothing leaves the mark, which WATCH allows: the transaction is
// tried again. Confined to the reactor.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace millrace::store {

class WatchedKeys {
 public:
  // What one client watches. Ends with the transaction, and before the WatchedKeys.
  class Watch {
   public:
    explicit Watch(WatchedKeys& all) : all_(all) {}
    ~Watch() { clear(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void add(DatabaseId database, std::string_view key);
    void clear();  // as UNWATCH
    bool written() const { return written_; }
    void mark_written() { written_ = true; }

   private:
    friend class WatchedKeys;

    WatchedKeys& all_;
    std::vector<std::pair<DatabaseId, std::string>> keys_{};
    bool written_ = false;
  };

  bool empty() const { return watches_.empty(); }
  void written(DatabaseId database, std::string_view key);
  void all_written(DatabaseId database);
  std::vector<std::string> keys(DatabaseId database) const;  // that somebody watches

 private:
  std::map<std::pair<DatabaseId, std::string>, std::vector<Watch*>> watches_{};
};

}  // namespace millrace::store
