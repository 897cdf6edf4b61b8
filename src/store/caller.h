#pragma once

// On whose behalf commands run, and by which door they came: where the Redis protocol and REST differ, the command asks
// this.

#include <cstdint>
#include <string>

namespace millrace::store {

enum class Door : std::uint8_t { app, redis, rest };

struct Caller {
  Door door = Door::app;
  bool read_only = false;    // the second secret of a database: only reads, and no powerful ones
  int protocol = 2;          // of RESP, 2 or 3: a few commands answer other shapes in 3
  std::uint64_t client = 0;  // as CLIENT ID gives it; 0 where there is no connection
  std::string address{};     // as MONITOR shows it: "127.0.0.1:50000"

  const char* user() const { return read_only ? "default_ro" : "default"; }
};

}  // namespace millrace::store
