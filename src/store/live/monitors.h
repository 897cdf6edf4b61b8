#pragma once

// Who is shown every command of a database (MONITOR). Confined to the reactor.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "store/caller.h"
#include "store/store.h"

namespace millrace::store {

class Monitor {
 public:
  virtual ~Monitor() = default;

  // One line as MONITOR prints it, without its end: 1724400000.242090 [0 10.0.0.7:50000] "SET" "k" "v"
  virtual void show(std::string_view line) = 0;
};

class Monitors {
 public:
  bool empty() const { return all_.empty(); }
  void add(DatabaseId database, Monitor& monitor) { all_.push_back({database, &monitor}); }
  void remove(Monitor& monitor) {
    std::erase_if(all_, [&](const Entry& entry) { return entry.monitor == &monitor; });
  }

  void saw(DatabaseId database, const Caller& caller, const Command& command);

 private:
  struct Entry {
    DatabaseId database{};
    Monitor* monitor = nullptr;
  };

  std::vector<Entry> all_{};
};

}  // namespace millrace::store
