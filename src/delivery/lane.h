#pragma once

// A limit that several messages share: of a host, or of a flow-control key. Who finds it closed waits for it in the
// store. Pure but for its owner's clock.
//
// Confined to the reactor. Kept in memory while an attempt is in flight on it, messages wait for it, or somebody uses
// it; what must outlive that stands in the rows of flow control.

#include <cstdint>
#include <optional>
#include <string>

#include "delivery/rows.h"

namespace millrace::delivery {

class Lane {
 public:
  Lane(std::string name, FlowRow limits, FlowCountRow counted, bool known)
      : name_(std::move(name)), limits_(limits), counted_(counted), known_(known) {}

  // "h" and a host, or "f" and a key.
  const std::string& name() const { return name_; }
  bool of_flow() const { return name_.front() == 'f'; }
  std::string key() const { return name_.substr(1); }

  // Whether one more attempt may start, and the turns that are taken for it and given back. A turn of a rate is not
  // given back.
  bool open(Timestamp now) const;
  void take(Timestamp now);
  void give() { --active_; }

  // When it opens by itself: nothing when it is open or waits for a turn to be given back, or for a person.
  std::optional<Timestamp> opens_at(Timestamp now) const;

  int active() const { return active_; }
  const FlowRow& limits() const { return limits_; }
  FlowCountRow counted(Timestamp now) const;

  // What a message says; a pinned value stays. Whether the row must be written.
  bool say(const FlowControl& flow);
  void set_limits(const FlowRow& limits) { limits_ = limits; }
  void reset_rate(Timestamp now) { counted_ = {now, 0}; }
  void forget_row() { known_ = false; }  // it could not be written
  bool known() const { return known_; }

  // The messages that wait in the store.
  bool waiting = false;
  bool pumping = false;
  bool again = false;
  std::int64_t cursor = 0;  // those with a lower score are in flight
  std::int64_t rewind = INT64_MAX;

 private:
  std::string name_;
  FlowRow limits_;
  FlowCountRow counted_;
  bool known_;
  int active_ = 0;
};

}  // namespace millrace::delivery
