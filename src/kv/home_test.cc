#include "kv/home.h"

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kv/faulty/faulty_engine.h"
#include "kv/key.h"
#include "kv/memory/memory_engine.h"

namespace millrace::kv {
namespace {

using Call = FaultyEngine::Call;

// Stands in for a reactor: runs what was posted, and ends the tick after it.
class TestReactor {
 public:
  void post(std::function<void()> call) {
    {
      std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    changed_.notify_one();
  }

  // Runs rounds until `done` says so.
  template <class Done>
  void run_until(Homes& homes, Done done) {
    for (;;) {
      homes.end_tick();
      if (done()) return;
      std::unique_lock lock(mutex_);
      ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return !calls_.empty(); }))
          << "nothing comes";
      auto calls = std::exchange(calls_, {});
      lock.unlock();
      for (auto& call : calls) call();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
};

// How a commit ended, once it did.
using Outcome = std::optional<Result<void>>;

// A coroutine that runs at once and ends with its holder, even while it waits.
struct Waiting {
  struct promise_type {
    Waiting get_return_object() { return Waiting(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };

  explicit Waiting(std::coroutine_handle<promise_type> started) : handle(started) {}
  Waiting(Waiting&& other) noexcept : handle(std::exchange(other.handle, {})) {}
  ~Waiting() {
    if (handle) handle.destroy();
  }

  std::coroutine_handle<promise_type> handle;
};

class HomesTest : public testing::Test {
 protected:
  HomesOptions options() {
    return {.post = [this](auto call) { reactor_.post(std::move(call)); },
            .on_background = [this](auto work) { background_.emplace_back(std::move(work)); }};
  }

  ~HomesTest() override {
    for (auto& thread : background_) thread.join();
  }

  std::shared_ptr<Outcome> commit(Home& home, const std::vector<std::pair<std::string, std::string>>& rows) {
    auto unit = home.open();
    for (const auto& [key, value] : rows) unit->put(key, value);
    return watch(home.commit(std::move(unit)));
  }

  std::shared_ptr<Outcome> watch(Async<Result<void>> work) {
    auto outcome = std::make_shared<Outcome>();
    waiting_.push_back([](Async<Result<void>> mine, std::shared_ptr<Outcome> result) -> Waiting {
      *result = co_await mine;
    }(std::move(work), outcome));
    return outcome;
  }

  void run_until_idle() {
    reactor_.run_until(*homes_, [&] { return homes_->idle(); });
  }

  std::string get(Home& home, std::string_view key) {
    auto value = home.open_blocking()->get(key).value();
    return value ? std::string(*value) : "(none)";
  }

  std::string stored(std::string_view key) {
    std::string value;
    auto found = engine_->get(key, {}, value);
    return found && *found == Found::yes ? value : "(none)";
  }

  // Made again with other options by some tests.
  void use(HomesOptions options) {
    home_.reset();
    homes_ = std::make_unique<Homes>(*engine_, &*syncer_, std::move(options));
    home_ = homes_->make_home();
  }

  TestReactor reactor_{};
  std::vector<std::thread> background_{};
  std::unique_ptr<FaultyEngine> engine_ = std::make_unique<FaultyEngine>(make_memory_engine());
  std::optional<Error> sync_failure_{};
  std::optional<Syncer> syncer_{std::in_place, *engine_, [this](const Error& error) { sync_failure_ = error; }};
  std::unique_ptr<Homes> homes_ = std::make_unique<Homes>(*engine_, &*syncer_, options());
  std::unique_ptr<Home> home_ = homes_->make_home();
  std::deque<Waiting> waiting_{};
};

TEST_F(HomesTest, CommitsAtOnceButReturnsWhenSynced) {
  engine_->hold_syncs();
  auto outcome = commit(*home_, {{"a", "1"}});
  EXPECT_EQ(get(*home_, "a"), "1");
  EXPECT_EQ(stored("a"), "(none)") << "the tick has not ended";
  homes_->end_tick();
  engine_->await_held_sync();
  EXPECT_EQ(stored("a"), "1");
  EXPECT_FALSE(*outcome);
  engine_->release_syncs();
  run_until_idle();

  EXPECT_TRUE(outcome->has_value() && outcome->value());
}

TEST_F(HomesTest, WritesATickAsOneBatchAndARowOnce) {
  auto other = homes_->make_home();
  for (int i = 0; i < 10; ++i)
    commit(i % 2 ? *home_ : *other, {{"count", std::to_string(i)}, {"row" + std::to_string(i), ""}});
  run_until_idle();

  auto stats = homes_->stats();
  EXPECT_EQ(stats.commits, 10u);
  EXPECT_EQ(stats.batches, 1u);
  EXPECT_EQ(stats.rows_written, 11u);
  EXPECT_EQ(stored("count"), "9");
}

TEST_F(HomesTest, CoversTheTicksWrittenDuringASyncByTheNext) {
  engine_->hold_syncs();
  std::vector<std::shared_ptr<Outcome>> outcomes{commit(*home_, {{"a", "1"}})};
  homes_->end_tick();
  engine_->await_held_sync();
  for (int i = 0; i < 5; ++i) {
    outcomes.push_back(commit(*home_, {{"b", std::to_string(i)}}));
    homes_->end_tick();
  }
  engine_->release_syncs();
  reactor_.run_until(*homes_, [&] { return outcomes[0]->has_value(); });
  run_until_idle();

  for (const auto& outcome : outcomes) EXPECT_TRUE(outcome->has_value() && outcome->value());
  EXPECT_EQ(syncer_->syncs(), 2u);
  EXPECT_EQ(homes_->stats().batches, 6u);
}

TEST_F(HomesTest, SyncsByItselfWhileThereIsOneWriterOnly) {
  for (int i = 0; i < 20; ++i) {
    commit(*home_, {{"a", std::to_string(i)}});
    run_until_idle();
  }
  auto alone = homes_->stats().syncs_inline;
  EXPECT_GT(alone, 0u);
  for (int i = 0; i < 20; ++i) {
    commit(*home_, {{"a", std::to_string(i)}});
    (void)home_->open();
    run_until_idle();
  }

  EXPECT_EQ(homes_->stats().syncs_inline, alone) << "somebody reads";
  EXPECT_EQ(homes_->stats().syncs, 40u);
}

TEST_F(HomesTest, ReadersWaitForWhatTheirHomeHasNotSynced) {
  auto other = homes_->make_home();
  engine_->hold_syncs();
  auto nothing_yet = watch(home_->synced());
  EXPECT_TRUE(nothing_yet->has_value());
  commit(*home_, {{"a", "1"}});
  auto reader = watch(home_->synced());
  auto scan = home_->open();
  EXPECT_TRUE(scan->scan({}, Direction::ascending, [](auto, auto) { return Visit::more; }));
  auto read_only = watch(home_->commit(std::move(scan)));
  auto elsewhere = watch(other->synced());
  homes_->end_tick();
  engine_->await_held_sync();

  EXPECT_FALSE(reader->has_value());
  EXPECT_FALSE(read_only->has_value());
  EXPECT_TRUE(elsewhere->has_value()) << "another home has nothing to wait for";
  engine_->release_syncs();
  run_until_idle();
  EXPECT_TRUE(reader->has_value() && reader->value());
  EXPECT_TRUE(read_only->has_value() && read_only->value());
}

TEST_F(HomesTest, ReadersOfRowsWaitForThoseRowsOnly) {
  commit(*home_, {{"old", "1"}});
  run_until_idle();
  engine_->hold_syncs();
  commit(*home_, {{"new", "1"}});
  auto read = [&](std::string_view key) {
    auto unit = home_->open();
    EXPECT_TRUE(unit->get(key));
    return watch(home_->commit(std::move(unit)));
  };
  auto before_the_write = read("new");
  homes_->end_tick();
  engine_->await_held_sync();
  auto of_new = read("new");
  auto of_old = read("old");
  auto of_none = read("none");

  EXPECT_TRUE(of_old->has_value());
  EXPECT_TRUE(of_none->has_value());
  for (const auto& waits : {before_the_write, of_new}) EXPECT_FALSE(waits->has_value());
  engine_->release_syncs();
  run_until_idle();
  for (const auto& waits : {before_the_write, of_new}) EXPECT_TRUE(waits->has_value());
}

TEST_F(HomesTest, ReadersOfRowsThatLeftTheMemoryWaitAsWell) {
  auto small = options();
  small.row_cache_bytes = 0;
  small.range_cache_bytes = 0;
  small.on_background = {};
  use(std::move(small));
  engine_->hold_syncs();
  commit(*home_, {{"new", "1"}});
  homes_->end_tick();
  engine_->await_held_sync();
  auto unit = home_->open();
  EXPECT_EQ(unit->get("new").value(), "1");
  auto reader = watch(home_->commit(std::move(unit)));

  EXPECT_FALSE(reader->has_value());
  engine_->release_syncs();
  run_until_idle();
  EXPECT_TRUE(reader->has_value());
}

TEST_F(HomesTest, WakesFollowersAfterTheSyncOnly) {
  engine_->hold_syncs();
  std::string calls;
  for (const char* name : {"1", "2"}) {
    auto unit = home_->open();
    unit->put("a", name);
    unit->after_sync([&calls, name] { calls += name; });
    watch(home_->commit(std::move(unit)));
  }
  homes_->end_tick();
  engine_->await_held_sync();
  EXPECT_EQ(calls, "");
  engine_->release_syncs();
  run_until_idle();

  EXPECT_EQ(calls, "12");
}

TEST_F(HomesTest, AFailedWriteFailsAllOfItsTickAndLeavesNothing) {
  commit(*home_, {{"a", "before"}});
  run_until_idle();
  ASSERT_TRUE(home_->open()->scan(prefix_range("a"), Direction::ascending, [](auto, auto) { return Visit::more; }));
  engine_->fail(Call::write, 1);
  auto first = commit(*home_, {{"a", "1"}, {"b", "1"}});
  auto second = commit(*home_, {{"a2", "2"}});
  auto reader = watch(home_->synced());
  auto unit = home_->open();
  unit->put("c", "read from what failed");
  unit->after_sync([] { FAIL() << "it was never written"; });
  homes_->end_tick();
  auto late = watch(home_->commit(std::move(unit)));
  homes_->end_tick();

  for (const auto& outcome : {first, second, reader, late}) {
    ASSERT_TRUE(outcome->has_value());
    ASSERT_FALSE(outcome->value());
    EXPECT_EQ(outcome->value().error().code, ErrorCode::unavailable);
  }
  EXPECT_EQ(get(*home_, "a"), "before");
  EXPECT_EQ(get(*home_, "b"), "(none)");
  int rows = 0;
  ASSERT_TRUE(home_->open()->scan(prefix_range("a"), Direction::ascending, [&](auto, auto value) {
    EXPECT_EQ(value, "before");
    ++rows;
    return Visit::more;
  }));
  EXPECT_EQ(rows, 1);
  auto after = watch(home_->synced());
  EXPECT_TRUE(after->has_value() && after->value()) << "what failed is not waited for";
}

TEST_F(HomesTest, GivesAReceiptAtOnceThatSettlesWithItsBatch) {
  auto commit_now = [this](const std::string& key) {
    auto unit = home_->open();
    unit->put(key, "1");
    return home_->commit_now(std::move(unit)).value();
  };
  auto first = commit_now("a");
  EXPECT_EQ(commit_now("b"), first) << "they are of one tick";
  EXPECT_EQ(get(*home_, "b"), "1");
  EXPECT_FALSE(home_->durable(first));
  auto settled = watch(home_->settled(first));
  run_until_idle();
  EXPECT_TRUE(home_->durable(first));
  EXPECT_TRUE(settled->has_value() && settled->value());

  engine_->fail(Call::write, 1);
  auto failing = commit_now("c");
  auto failed = watch(home_->settled(failing));
  homes_->end_tick();
  EXPECT_TRUE(failed->has_value() && !failed->value());
  EXPECT_NE(commit_now("d"), failing) << "though the batch has the same number";
}

TEST_F(HomesTest, CommitsAgainAfterAFailedWrite) {
  engine_->fail(Call::write, 1);
  commit(*home_, {{"a", "1"}});
  homes_->end_tick();
  auto again = commit(*home_, {{"a", "2"}});
  run_until_idle();

  EXPECT_TRUE(again->has_value() && again->value());
  EXPECT_EQ(stored("a"), "2");
}

TEST_F(HomesTest, AUnitWhoseScanFindsTheDiskFullCannotCommit) {
  auto first = commit(*home_, {{"a", "1"}});
  engine_->fail(Call::write, 1);
  auto unit = home_->open();
  ASSERT_EQ(unit->get("a").value(), "1");
  EXPECT_FALSE(unit->scan({}, Direction::ascending, [](auto, auto) { return Visit::more; }));
  EXPECT_FALSE(first->has_value()) << "nobody is resumed in the middle of a command";
  unit->put("b", "saw a");
  auto second = watch(home_->commit(std::move(unit)));
  homes_->end_tick();

  EXPECT_TRUE(first->has_value() && !first->value());
  EXPECT_TRUE(second->has_value() && !second->value());
  EXPECT_EQ(stored("b"), "(none)");
}

TEST_F(HomesTest, AFailedSyncIsTheEnd) {
  engine_->fail(Call::sync, 1);
  auto outcome = commit(*home_, {{"a", "1"}});
  homes_->end_tick();
  syncer_.reset();  // joins the thread

  EXPECT_TRUE(sync_failure_);
  EXPECT_FALSE(outcome->has_value()) << "it must never be acknowledged";
  home_.reset();
  homes_.reset();
}

TEST_F(HomesTest, ACommitNobodyWaitsForAnyMoreIsStillWritten) {
  {
    auto unit = home_->open();
    unit->put("a", "1");
    Waiting waiting = [](Home& home, std::unique_ptr<Unit> mine) -> Waiting {
      (void)co_await home.commit(std::move(mine));
      ADD_FAILURE() << "it was destroyed while it waited";
    }(*home_, std::move(unit));
  }
  auto other = commit(*home_, {{"b", "1"}});
  run_until_idle();

  EXPECT_EQ(stored("a"), "1");
}

TEST_F(HomesTest, ReturnsOnceWrittenWhenTheSystemIsTrusted) {
  auto relaxed = options();
  relaxed.durability = Durability::os;
  use(relaxed);
  auto outcome = commit(*home_, {{"a", "1"}});
  EXPECT_FALSE(outcome->has_value());
  homes_->end_tick();

  EXPECT_TRUE(outcome->has_value() && outcome->value());
  EXPECT_EQ(stored("a"), "1");
  EXPECT_EQ(syncer_->syncs(), 0u);
}

TEST_F(HomesTest, SyncsNowAndThenWithAnInterval) {
  auto relaxed = options();
  relaxed.durability = Durability::interval;
  use(relaxed);
  syncer_->every(std::chrono::milliseconds(1));
  auto outcome = commit(*home_, {{"a", "1"}});
  homes_->end_tick();
  EXPECT_TRUE(outcome->has_value());
  while (syncer_->syncs() < 3) std::this_thread::yield();
  syncer_.reset();
  engine_->lose_power();

  EXPECT_EQ(stored("a"), "1");
  home_.reset();
  homes_.reset();
}

TEST_F(HomesTest, FetchesWhatIsNotInMemoryInTheBackground) {
  commit(*home_, {{"a", "1"}, {"b", "2"}});
  run_until_idle();
  use(options());  // with cold caches
  engine_->forget_memory();
  int runs = 0;
  auto command = [&](Unit& unit) -> Result<std::string> {
    ++runs;
    auto value = unit.get("a");
    if (!value) return value.error();
    return std::string(**value);
  };
  std::optional<Result<std::string>> answer;
  start(run_command<std::string>(*home_, command), [&](auto result) { answer = std::move(result); });
  EXPECT_FALSE(answer) << "the reactor must not have read it";
  reactor_.run_until(*homes_, [&] { return answer.has_value(); });

  EXPECT_EQ(answer->value(), "1");
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(homes_->stats().fetches, 1u);
}

TEST_F(HomesTest, FetchesRangesInTheBackground) {
  commit(*home_, {{"a", "1"}, {"b", "2"}});
  run_until_idle();
  use(options());
  engine_->forget_memory();
  auto command = [](Unit& unit) -> Result<int> {
    int rows = 0;
    auto done = unit.scan({}, Direction::descending, [&](auto, auto) {
      ++rows;
      return Visit::more;
    });
    if (!done) return done.error();
    return rows;
  };
  std::optional<Result<int>> answer;
  start(run_command<int>(*home_, command), [&](auto result) { answer = std::move(result); });
  reactor_.run_until(*homes_, [&] { return answer.has_value(); });

  EXPECT_EQ(answer->value(), 2);
}

TEST_F(HomesTest, ReclaimsOnlyAfterTheUnlinkingWasWritten) {
  commit(*home_, {{"x1", "1"}, {"x2", "1"}, {"link", "x"}});
  run_until_idle();
  auto unlink = [&] {
    auto unit = home_->open();
    unit->erase("link");
    watch(home_->commit(std::move(unit)));
    home_->reclaim(prefix_range("x"));
  };
  engine_->fail(Call::write, 1);
  unlink();
  homes_->end_tick();
  homes_->end_tick();
  EXPECT_EQ(stored("x1"), "1") << "the unlinking failed";
  unlink();
  run_until_idle();
  for (auto& thread : background_) thread.join();
  background_.clear();

  EXPECT_EQ(stored("x1"), "(none)");
  EXPECT_EQ(stored("x2"), "(none)");
}

// Random commits; whatever was acknowledged must be there after a loss of power, each commit wholly or not at all.
TEST_F(HomesTest, LosesNothingAcknowledgedWhenThePowerFails) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::shared_ptr<Outcome>> outcomes;
    auto name = [&](char letter, std::size_t i) { return letter + std::to_string(round) + "." + std::to_string(i); };
    for (int tick = 0; tick < 5; ++tick) {
      for (auto n = dice() % 4; n > 0; --n) {
        outcomes.push_back(commit(*home_, {{name('a', outcomes.size()), "1"}, {name('b', outcomes.size()), "1"}}));
      }
      if (dice() % 2) {
        homes_->end_tick();
      } else {
        run_until_idle();
      }
    }
    syncer_.reset();
    home_.reset();
    homes_.reset();
    engine_->lose_power();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      bool acknowledged = outcomes[i]->has_value();
      ASSERT_TRUE(!acknowledged || stored(name('a', i)) == "1");
      ASSERT_EQ(stored(name('a', i)), stored(name('b', i)));
    }
    syncer_.emplace(*engine_);
    use(options());
  }
}

// Commands in tiny caches against a plain map.
TEST_F(HomesTest, ShowsWhatAMapShowsWhateverIsCached) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  auto small = options();
  small.row_cache_bytes = 3000;
  small.range_cache_bytes = 4000;
  use(small);
  std::map<std::string, std::string> committed;
  auto random_key = [&] { return std::string(1, static_cast<char>('a' + dice() % 4)) + std::to_string(dice() % 30); };
  auto random_range = [&]() -> KeyRange {
    if (dice() % 2) return prefix_range(std::string(1, static_cast<char>('a' + dice() % 4)));
    return {random_key(), dice() % 8 ? random_key() : std::string()};
  };
  for (int command = 0; command < 5000; ++command) {
    auto unit = home_->open_blocking();
    auto expected = committed;
    std::optional<std::pair<Unit::Mark, std::map<std::string, std::string>>> marked;
    for (auto n = dice() % 8; n > 0; --n) {
      auto key = random_key();
      switch (dice() % 8) {
        case 0: {
          auto found = unit->get(key).value();
          auto at = expected.find(key);
          ASSERT_EQ(found.has_value(), at != expected.end()) << key;
          ASSERT_TRUE(!found || *found == at->second) << key;
          break;
        }
        case 1:
          unit->erase(key);
          expected.erase(key);
          break;
        case 2: marked = {unit->mark(), expected}; break;
        case 3:
          if (marked) {
            unit->rollback(marked->first);
            expected = marked->second;
          }
          break;
        case 4:
        case 5: {
          auto range = random_range();
          auto direction = dice() % 2 ? Direction::ascending : Direction::descending;
          std::vector<std::pair<std::string, std::string>> found, wanted;
          auto rows_max = dice() % 4 ? 1000 : dice() % 6 + 1;
          ASSERT_TRUE(unit->scan(range, direction, [&](auto k, auto v) {
            found.emplace_back(k, v);
            return found.size() < rows_max ? Visit::more : Visit::stop;
          }));
          for (const auto& row : expected) {
            if (contains(range, row.first)) wanted.push_back(row);
          }
          if (direction == Direction::descending) std::reverse(wanted.begin(), wanted.end());
          if (wanted.size() > rows_max) wanted.resize(rows_max);
          ASSERT_EQ(found, wanted) << range.begin << " to " << range.end;
          break;
        }
        default: {
          std::string value(dice() % 50, static_cast<char>('a' + dice() % 26));
          unit->put(key, value);
          expected[key] = value;
        }
      }
    }
    if (dice() % 4) {
      watch(home_->commit(std::move(unit)));
      committed = expected;
    }
    if (dice() % 3 == 0) homes_->end_tick();
    if (dice() % 50 == 0) run_until_idle();
  }
  run_until_idle();
  for (const auto& [key, value] : committed) ASSERT_EQ(stored(key), value);
  EXPECT_LT(homes_->stats().row_cache_bytes, 3500u);
  EXPECT_GT(homes_->stats().range_hits, 0u);
}

}  // namespace
}  // namespace millrace::kv
