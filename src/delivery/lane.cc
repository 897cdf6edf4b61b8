#include "delivery/lane.h"

namespace millrace::delivery {

FlowCountRow Lane::counted(Timestamp now) const {
  // A clock that was set back would keep a period open for as long.
  bool over = now >= counted_.period_start + limits_.period || now < counted_.period_start;
  return over ? FlowCountRow{now, 0} : counted_;
}

bool Lane::open(Timestamp now) const {
  if (limits_.paused) return false;
  if (limits_.parallelism && active_ >= *limits_.parallelism) return false;
  return !limits_.rate || counted(now).count < *limits_.rate;
}

void Lane::take(Timestamp now) {
  ++active_;
  counted_ = counted(now);
  ++counted_.count;
}

std::optional<Timestamp> Lane::opens_at(Timestamp now) const {
  if (limits_.paused || !limits_.rate) return {};
  FlowCountRow current = counted(now);
  if (current.count < *limits_.rate) return {};
  return current.period_start + limits_.period;
}

bool Lane::say(const FlowControl& flow) {
  FlowRow said = limits_;
  if (!said.parallelism_pinned) said.parallelism = flow.parallelism;
  if (!said.rate_pinned) {
    said.rate = flow.rate;
    said.period = flow.period;
  }
  if (known_ && said == limits_) return false;
  limits_ = said;
  known_ = true;
  return true;
}

}  // namespace millrace::delivery
