// Many producers and readers at once, on a home whose batches are synced by another thread.

#include <condition_variable>
#include <deque>
#include <gtest/gtest.h>
#include <mutex>
#include <random>

#include "eventlog/embedded/embedded_log.h"
#include "kv/home.h"
#include "kv/memory/memory_engine.h"
#include "kv/syncer.h"

namespace millrace::eventlog {
namespace {

constexpr PartitionNumber partitions = 3;

// A loop in the place of a reactor.
class Loop {
 public:
  void post(std::function<void()> call) {
    std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    changed_.notify_one();
  }

  template <class Done>
  void run_until(kv::Homes& homes, Done done) {
    for (homes.end_tick(); !done(); homes.end_tick()) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !calls_.empty(); });
      auto ready = std::exchange(calls_, {});
      lock.unlock();
      for (auto& call : ready) call();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
};

class ConcurrencyTest : public testing::Test {
 protected:
  ConcurrencyTest() {
    kv::HomesOptions options;
    options.post = [this](std::function<void()> call) { loop_.post(std::move(call)); };
    homes_.emplace(*engine_, &*syncer_, std::move(options));
    home_ = homes_->make_home();
    log_.emplace(*home_);
  }
  ~ConcurrencyTest() override {
    log_.reset();
    home_.reset();
    homes_.reset();
    syncer_.reset();
  }

  // Appends `count` times, and notes where the records stand.
  Async<Result<void>> produce(std::string name, int count, unsigned seed) {
    std::mt19937 dice(seed);
    std::vector<Offset> last(partitions, 0);
    for (int i = 0; i < count; ++i) {
      std::vector<NewRecord> records(1 + dice() % 4);
      for (NewRecord& record : records) {
        record = {.key = name, .value = name + "-" + std::to_string(i), .partition = dice() % partitions};
      }
      auto appended = co_await log_->append("events", records);
      if (!appended) co_return appended.error();
      for (std::size_t j = 0; j < records.size(); ++j) {
        const Appended& at = (*appended)[j];
        EXPECT_TRUE(acknowledged_[at.partition].emplace(at.offset, *records[j].value).second);
        EXPECT_GE(at.offset, last[at.partition]);
        last[at.partition] = at.offset + 1;
      }
      if (dice() % 3 == 0) co_await home_->turn();
    }
    co_return Result<void>{};
  }

  // Reads until `total` records of all partitions were seen; every offset must be the next one.
  Async<Result<void>> consume(std::size_t total, unsigned seed) {
    std::mt19937 dice(seed);
    for (unsigned turns = dice() % 20; turns > 0; --turns) co_await home_->turn();
    std::vector<Position> positions;
    for (PartitionNumber partition = 0; partition < partitions; ++partition)
      positions.push_back({"events", partition, 0});
    for (std::size_t seen = 0; seen < total;) {
      auto woken = co_await log_->wait(positions, {});
      if (!woken) co_return woken.error();
      Position& from = positions[dice() % partitions];
      auto batch = co_await log_->read("events", from.partition, from.offset, {.records_max = 1 + dice() % 50});
      if (!batch) co_return batch.error();
      for (const Record& record : batch->records) {
        EXPECT_EQ(record.offset, from.offset++);
        auto [known, fresh] = read_[from.partition].emplace(record.offset, *record.value);
        EXPECT_EQ(known->second, *record.value);
      }
      EXPECT_LE(from.offset, batch->bounds.next);
      seen += batch->records.size();
    }
    co_return Result<void>{};
  }

  Loop loop_{};
  std::unique_ptr<kv::Engine> engine_ = kv::make_memory_engine();
  std::optional<kv::Syncer> syncer_{std::in_place, *engine_};
  std::optional<kv::Homes> homes_{};
  std::unique_ptr<Home> home_{};
  std::optional<EmbeddedLog> log_{};
  std::vector<std::map<Offset, std::string>> acknowledged_{partitions};
  std::vector<std::map<Offset, std::string>> read_{partitions};
};

TEST_F(ConcurrencyTest, ReadersSeeEveryOffsetInOrderAndNoneBeforeALowerOne) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  int running = 1;
  auto ended = [&](Result<void> done) {
    EXPECT_TRUE(done);
    --running;
  };
  start(log_->create("events", {.partitions = partitions}), [&](auto) { --running; });
  loop_.run_until(*homes_, [&] { return running == 0; });

  constexpr int producers = 50, readers = 50;
  running = producers;
  for (int i = 0; i < producers; ++i) start(produce("p" + std::to_string(i), 40, seed + i), ended);
  // Readers begin before, while and after the records come; those that end first set the goal of none.
  std::size_t some = 1'000;
  running += readers;
  for (int i = 0; i < readers; ++i) start(consume(some, seed + 1000 + i), ended);
  loop_.run_until(*homes_, [&] { return running == 0; });

  std::size_t total = 0;
  for (const auto& partition : acknowledged_) total += partition.size();
  running = 1;
  start(consume(total, seed), ended);
  loop_.run_until(*homes_, [&] { return running == 0; });
  for (PartitionNumber partition = 0; partition < partitions; ++partition) {
    EXPECT_EQ(read_[partition], acknowledged_[partition]);
    if (!acknowledged_[partition].empty()) {
      EXPECT_EQ(acknowledged_[partition].rbegin()->first + 1, acknowledged_[partition].size());  // no gaps
    }
  }
}

// Waiters that no record reaches are not looked at: with 10,000 of them appends take as many turns of the loop as
// without, and each record wakes exactly the one that waits for it.
TEST_F(ConcurrencyTest, ARecordWakesOnlyThoseWhoWaitForIt) {
  int made = 0;
  start(log_->create("events", {}), [&](auto) { ++made; });
  loop_.run_until(*homes_, [&] { return made == 1; });
  constexpr Offset waiters = 10'000;
  std::vector<Offset> woken;
  for (Offset offset = 0; offset < waiters; ++offset) {
    start(log_->wait({{"events", 0, offset}}, {}), [&woken, offset](Result<bool> done) {
      EXPECT_TRUE(done.value());
      woken.push_back(offset);
    });
  }
  for (Offset offset = 0; offset < 100; ++offset) {
    bool appended = false;
    start(log_->append("events", {{.value = "v"}}), [&](auto) { appended = true; });
    loop_.run_until(*homes_, [&] { return appended; });
    ASSERT_EQ(woken.size(), offset + 1);
    ASSERT_EQ(woken.back(), offset);
  }
  std::vector<NewRecord> rest(waiters - 100, NewRecord{.value = "v"});
  bool appended = false;
  start(log_->append("events", std::move(rest)), [&](auto) { appended = true; });
  loop_.run_until(*homes_, [&] { return appended; });
  EXPECT_EQ(woken.size(), waiters);
}

}  // namespace
}  // namespace millrace::eventlog
