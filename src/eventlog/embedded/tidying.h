#pragma once

// What removes old records: expiry by age and size, compaction, and forgetting idempotency keys whose window is over.
// It works in slices, each a unit of its own, so that appends and reads go on between them; a crash in between loses
// nothing of it and leaves nothing half done. Confined to the reactor.
//
// Retention removes whole segments from a partition's low end. Compaction passes closed segments, and there removes the
// record before each that it finds: the newest of a key is the one that none follows. Neither touches what somebody
// has yet to read, unless the topic says that unread records expire.

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

// The offset from which somebody outside the log has yet to read the partition; nothing when nobody cares.
using Hold =
    std::function<Result<std::optional<Offset>>(Unit& unit, std::string_view topic, PartitionNumber partition)>;

struct TidyingOptions {
  Clock clock = system_now;
  std::chrono::milliseconds idempotency_window = std::chrono::days{7};
  std::chrono::milliseconds interval{1'000};           // how long what is due may wait to be found
  std::chrono::milliseconds compaction_delay{60'000};  // a segment that does not fill is compacted when it is this old
  std::chrono::milliseconds tombstones_kept = std::chrono::hours{24};  // from the moment compaction passes them
};

class Tidying {
 public:
  Tidying(Home& home, TidyingOptions options) : home_(home), options_(std::move(options)) {}

  void add_hold(Hold hold) { holds_.push_back(std::move(hold)); }

  // One slice of what is due. True when there is more to do at once.
  Async<Result<bool>> slice();

 private:
  struct Job {
    std::string topic{};
    PartitionNumber partition = 0;
  };
  struct Done {
    bool more = false;  // of the same job
    bool wrote = false;
    std::vector<KeyRange> unlinked{};
    std::optional<std::pair<TopicNumber, PartitionNumber>> looked_at{};
  };

  Async<Result<void>> resume();
  Async<Result<void>> begin_pass();
  Result<Done> run(Unit& unit, const Job& job);
  Result<void> find_remains(Unit& unit, const TopicRow& topic, PartitionNumber partition, Done& done);
  Result<Offset> held_at(Unit& unit, const TopicRow& topic, PartitionNumber partition);
  Result<bool> forget_idempotency_keys(Unit& unit);

  Home& home_;
  TidyingOptions options_;
  std::vector<Hold> holds_{};
  std::deque<Job> jobs_{};
  bool resumed_ = false;
  Timestamp pass_next_{};
  std::set<std::pair<TopicNumber, PartitionNumber>> looked_at_{};  // for what a crash left
  std::string idempotency_from_{};                                 // where the next look begins; empty: at the first
  Timestamp idempotency_next_{};
};

}  // namespace millrace::eventlog
