#pragma once

// The records of one key, newest to oldest along the places that each keeps of the one before it; sparse rows let a
// walk begin in the middle. Lives for one call.

#include <functional>
#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

Result<Record> read_record(Place place, std::string_view stored);

class KeyHistory {
 public:
  KeyHistory(Unit& unit, TopicNumber topic, std::string_view key) : unit_(unit), topic_(topic), key_(key) {}

  Result<Version> version();
  Result<std::vector<Record>> ascending(Version from, ReadLimits limits);
  Result<std::vector<Record>> descending(Version from, ReadLimits limits);

 private:
  using Visitor = std::function<Visit(Record)>;

  Result<KeyRow> newest();

  // The place of version `from` or of the nearest one above it that can be found at once.
  Result<KeyRow> near(Version from, const KeyRow& newest);

  // Visits `from`, from - 1, … down to `to`; ends early where records are no longer kept.
  Result<void> walk(Version from, Version to, const KeyRow& newest, const Visitor& visit);

  Unit& unit_;
  TopicNumber topic_;
  std::string_view key_;
};

}  // namespace millrace::eventlog
