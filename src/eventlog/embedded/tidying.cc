#include "eventlog/embedded/tidying.h"

#include <algorithm>

#include "eventlog/embedded/appending.h"
#include "eventlog/embedded/expiring.h"
#include "eventlog/embedded/topic_rows.h"

namespace millrace::eventlog {
namespace {

constexpr int jobs_max = 64;                        // partitions with nothing to do that one slice looks at
constexpr std::size_t idempotency_keys_max = 1000;  // looked at in one pass
constexpr int idempotency_rounds = 8;               // within a window: an eighth of it is kept too long at most

bool is_tidied(const TopicSettings& settings) {
  return settings.cleanup == Cleanup::compact || settings.retention_time || settings.retention_bytes;
}

Result<Offset> lowest(Unit& unit, const KeyRange& rows, Offset held) {
  bool readable = true;
  auto done = unit.scan(rows, Direction::ascending, [&](std::string_view, std::string_view value) {
    auto offset = decode_offset(value);
    readable = offset.has_value();
    if (readable) held = std::min(held, *offset);
    return readable ? Visit::more : Visit::stop;
  });
  if (!done) return done.error();
  if (!readable) return Error{ErrorCode::corrupt, "an offset that somebody committed cannot be read"};
  return held;
}

}  // namespace

Async<Result<bool>> Tidying::slice() {
  if (!resumed_) {
    if (auto resumed = co_await resume(); !resumed) co_return resumed.error();
  }
  if (jobs_.empty()) {
    if (options_.clock() < pass_next_) co_return false;
    if (auto begun = co_await begin_pass(); !begun) co_return begun.error();
  }
  for (int count = 0; count < jobs_max && !jobs_.empty(); ++count) {
    const Job job = jobs_.front();
    auto done = co_await run_command<Done>(home_, [&](Unit& unit) { return run(unit, job); });
    if (!done || !done->more) jobs_.pop_front();
    if (!done) co_return done.error();
    if (done->looked_at) looked_at_.insert(*done->looked_at);
    for (KeyRange& range : done->unlinked) home_.reclaim(std::move(range));
    if (done->wrote) break;
  }
  co_return !jobs_.empty();
}

// What is left of topics that were removed when the process ended.
Async<Result<void>> Tidying::resume() {
  auto left = co_await run_command<std::vector<TopicNumber>>(home_, [](Unit& unit) -> Result<std::vector<TopicNumber>> {
    std::vector<TopicNumber> topics;
    auto done = unit.scan(removed_rows(), Direction::ascending, [&](std::string_view key, std::string_view) {
      topics.push_back(topic_of_removed_row(key));
      return Visit::more;
    });
    if (!done) return done.error();
    return topics;
  });
  if (!left) co_return left.error();
  for (TopicNumber topic : *left) {
    for (KeyRange& range : remains(topic)) home_.reclaim(std::move(range));
  }
  resumed_ = true;
  co_return Result<void>{};
}

Async<Result<void>> Tidying::begin_pass() {
  pass_next_ = options_.clock() + options_.interval;
  auto topics = co_await run_command<std::vector<TopicRow>>(home_, [](Unit& unit) { return read_topics(unit); });
  if (!topics) co_return topics.error();
  for (const TopicRow& row : *topics) {
    if (!is_tidied(row.topic.settings)) continue;
    for (PartitionNumber partition = 0; partition < row.topic.settings.partitions; ++partition) {
      jobs_.push_back({row.topic.name, partition});
    }
  }
  if (options_.clock() < idempotency_next_) co_return Result<void>{};
  auto all = co_await run_command<bool>(home_, [&](Unit& unit) { return forget_idempotency_keys(unit); });
  if (!all) co_return all.error();
  co_return Result<void>{};
}

Result<Tidying::Done> Tidying::run(Unit& unit, const Job& job) {
  auto topic = look_up_topic(unit, job.topic);
  if (!topic) return topic.error();
  if (!*topic || (*topic)->topic.name != job.topic || job.partition >= (*topic)->topic.settings.partitions) {
    return Done{};  // removed since the pass began
  }
  Done done;
  if (auto looked = find_remains(unit, **topic, job.partition, done); !looked) return looked.error();
  SliceRequest request{.topic = **topic,
                       .partition = job.partition,
                       .now = options_.clock(),
                       .compaction_delay = options_.compaction_delay,
                       .tombstones_kept = options_.tombstones_kept};
  request.held = [&](PartitionNumber partition) { return held_at(unit, **topic, partition); };
  bool compacts = (*topic)->topic.settings.cleanup == Cleanup::compact;
  auto slice = compacts ? stage_compaction(unit, request) : stage_expiry(unit, request);
  if (!slice) return slice.error();
  done.more = slice->more;
  done.wrote = slice->wrote;
  if (slice->unlinked) done.unlinked.push_back(std::move(*slice->unlinked));
  return done;
}

// Rows of records below the first: of a slice that was committed when the process ended before they were reclaimed.
Result<void> Tidying::find_remains(Unit& unit, const TopicRow& topic, PartitionNumber partition, Done& done) {
  if (looked_at_.contains({topic.number, partition})) return {};
  auto bounds = read_bounds(unit, topic, partition);
  if (!bounds) return bounds.error();
  KeyRange below{record_key(topic.number, partition, 0), record_key(topic.number, partition, bounds->first)};
  bool found = false;
  auto scanned = unit.scan(below, Direction::ascending, [&](auto, auto) {
    found = true;
    return Visit::stop;
  });
  if (!scanned) return scanned.error();
  done.looked_at.emplace(topic.number, partition);
  if (found) done.unlinked.push_back(std::move(below));
  return {};
}

Result<Offset> Tidying::held_at(Unit& unit, const TopicRow& topic, PartitionNumber partition) {
  Offset held = UINT64_MAX;
  if (topic.topic.settings.unread_expires) return held;
  for (const KeyRange& rows :
       {committed_rows(topic.number, partition), checkpoint_hold_rows(topic.number, partition)}) {
    auto lower = lowest(unit, rows, held);
    if (!lower) return lower.error();
    held = *lower;
  }
  for (const Hold& hold : holds_) {
    auto offset = hold(unit, topic.topic.name, partition);
    if (!offset) return offset.error();
    if (*offset) held = std::min(held, **offset);
  }
  return held;
}

// Goes through all idempotency keys, some at a time; true at their end.
Result<bool> Tidying::forget_idempotency_keys(Unit& unit) {
  KeyRange rows = idempotency_rows();
  if (!idempotency_from_.empty()) rows.begin = idempotency_from_;
  std::vector<std::string> over;
  std::size_t count = 0;
  std::string next;
  auto done = unit.scan(rows, Direction::ascending, [&](std::string_view key, std::string_view value) {
    if (count++ == idempotency_keys_max) {
      next = key;
      return Visit::stop;
    }
    auto row = decode_idempotency(value);
    if (row && options_.clock() - row->accepted >= options_.idempotency_window) over.emplace_back(key);
    return Visit::more;
  });
  if (!done) return done.error();
  for (const std::string& key : over) unit.erase(key);
  idempotency_from_ = std::move(next);
  if (idempotency_from_.empty())
    idempotency_next_ = options_.clock() + options_.idempotency_window / idempotency_rounds;
  return idempotency_from_.empty();
}

}  // namespace millrace::eventlog
