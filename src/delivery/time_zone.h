#pragma once

// The time zones of the system's IANA database. Any thread; loaded zones stay in memory.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"

namespace millrace::delivery {

// Whether the system knows a zone of this name ("Europe/Berlin"). Looks into a file.
bool time_zone_exists(const std::string& name);

// A moment by the clock on a wall. Local time has no zone in its type: local_time + its zone give a Timestamp.
using LocalTime = std::chrono::local_seconds;

class TimeZone {
 public:
  // "" is UTC. Nothing when there is no such zone.
  static std::optional<TimeZone> load(const std::string& name);

  LocalTime local(Timestamp time) const;

  // When the wall shows `local`: the first time, if twice; nothing, if it is jumped over.
  std::optional<Timestamp> first_time(LocalTime local) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_{};
};

}  // namespace millrace::delivery
