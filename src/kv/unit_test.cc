#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "kv/faulty/faulty_engine.h"
#include "kv/testing.h"

namespace millrace::kv {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

class UnitTest : public testing::Test {
 protected:
  void commit(std::unique_ptr<Unit> unit) { ASSERT_TRUE(take_now(home().commit(std::move(unit)))); }

  void commit_rows(const Pairs& rows) {
    auto unit = home().open();
    for (const auto& [key, value] : rows) unit->put(key, value);
    commit(std::move(unit));
  }

  std::string get(Unit& unit, std::string_view key) {
    auto value = unit.get(key).value();
    return value ? std::string(*value) : "(none)";
  }

  Pairs scan(Unit& unit, const KeyRange& range, Direction direction = Direction::ascending, std::size_t rows_max = 99) {
    Pairs rows;
    auto done = unit.scan(range, direction, [&](auto key, auto value) {
      rows.emplace_back(key, value);
      return rows.size() < rows_max ? Visit::more : Visit::stop;
    });
    EXPECT_TRUE(done);
    return rows;
  }

  Home& home() { return memory_.home(); }

  MemoryHome memory_{};
};

TEST_F(UnitTest, ReadsItsOwnWrites) {
  auto unit = home().open();
  unit->put("a", "1");
  unit->put("b", "2");
  unit->erase("a");
  unit->put("b", "3");

  EXPECT_EQ(get(*unit, "a"), "(none)");
  EXPECT_EQ(get(*unit, "b"), "3");
}

TEST_F(UnitTest, LeavesNothingWhenItIsDropped) {
  auto unit = home().open();
  unit->put("a", "1");
  unit.reset();

  EXPECT_EQ(get(*home().open(), "a"), "(none)");
  EXPECT_EQ(memory_.homes().stats().batches, 0u);
}

TEST_F(UnitTest, ShowsWhatEarlierUnitsCommitted) {
  commit_rows({{"a", "1"}});

  EXPECT_EQ(get(*home().open(), "a"), "1");
}

TEST_F(UnitTest, GoesBackToAMark) {
  auto unit = home().open();
  unit->put("a", "1");
  unit->put("b", "1");
  auto mark = unit->mark();
  unit->put("a", "2");
  unit->erase("b");
  unit->put("c", "2");
  unit->after_sync([] { FAIL() << "it was rolled back"; });
  unit->rollback(mark);

  EXPECT_EQ(get(*unit, "a"), "1");
  EXPECT_EQ(get(*unit, "b"), "1");
  EXPECT_EQ(get(*unit, "c"), "(none)");
  commit(std::move(unit));
  EXPECT_EQ(get(*home().open(), "a"), "1");
}

TEST_F(UnitTest, GoesBackToAnOlderMarkAfterANewerOne) {
  auto unit = home().open();
  auto begin = unit->mark();
  unit->put("a", "1");
  auto later = unit->mark();
  unit->put("a", "2");
  unit->rollback(later);
  EXPECT_EQ(get(*unit, "a"), "1");
  unit->rollback(begin);

  EXPECT_EQ(get(*unit, "a"), "(none)");
}

TEST_F(UnitTest, FindsEachOfManyWrites) {
  auto unit = home().open();
  unit->put("0", "before");
  auto mark = unit->mark();
  for (int i = 0; i < 1000; ++i) unit->put(std::to_string(i), std::string(i, 'x'));

  for (int i = 0; i < 1000; ++i) ASSERT_EQ(get(*unit, std::to_string(i)), std::string(i, 'x'));
  unit->rollback(mark);
  EXPECT_EQ(get(*unit, "0"), "before");
  EXPECT_EQ(get(*unit, "999"), "(none)");
}

TEST_F(UnitTest, ScansItsOwnWritesAmongTheRows) {
  commit_rows({{"a", "1"}, {"c", "1"}, {"e", "1"}, {"z", "1"}});
  auto unit = home().open();
  unit->put("b", "2");
  unit->put("c", "2");
  unit->erase("e");
  unit->put("g", "2");

  Pairs expected{{"a", "1"}, {"b", "2"}, {"c", "2"}, {"g", "2"}};
  for (int again = 0; again < 2; ++again) {  // the second time from the cache
    EXPECT_EQ(scan(*unit, {"a", "h"}), expected);
    EXPECT_EQ(scan(*unit, {"a", "h"}, Direction::descending), Pairs(expected.rbegin(), expected.rend()));
    EXPECT_EQ(scan(*unit, {"a", "h"}, Direction::ascending, 2), Pairs(expected.begin(), expected.begin() + 2));
  }
}

TEST_F(UnitTest, ScansRowsCommittedAfterTheRangeWasCached) {
  commit_rows({{"a1", "1"}, {"a2", "1"}});
  auto first = scan(*home().open(), prefix_range("a"));
  auto unit = home().open();
  unit->put("a0", "2");
  unit->put("a2", "2");
  unit->erase("a1");
  commit(std::move(unit));

  EXPECT_EQ(scan(*home().open(), prefix_range("a")), (Pairs{{"a0", "2"}, {"a2", "2"}}));
  EXPECT_EQ(memory_.homes().stats().range_misses, 1u);
}

TEST_F(UnitTest, CallsAfterTheSyncInOrder) {
  std::string calls;
  auto unit = home().open();
  unit->put("a", "1");
  unit->after_sync([&] { calls += '1'; });
  unit->after_sync([&] { calls += '2'; });
  EXPECT_EQ(calls, "");
  commit(std::move(unit));

  EXPECT_EQ(calls, "12");
}

TEST_F(UnitTest, CallsAfterTheSyncEvenWithoutWrites) {
  bool called = false;
  auto unit = home().open();
  unit->after_sync([&] { called = true; });
  commit(std::move(unit));

  EXPECT_TRUE(called);
}

TEST_F(UnitTest, ReclaimsRows) {
  commit_rows({{"a1", "1"}, {"a2", "1"}, {"b", "1"}});
  home().reclaim(prefix_range("a"));
  memory_.homes().end_tick();

  std::string value;
  EXPECT_EQ(memory_.engine().get("a1", {}, value).value(), Found::no);
  EXPECT_EQ(memory_.engine().get("b", {}, value).value(), Found::yes);
}

TEST_F(UnitTest, RunsACommandWholly) {
  auto count = [](Unit& unit) -> Result<int> {
    auto before = unit.get("n");
    if (!before) return before.error();
    int n = *before ? std::stoi(std::string(**before)) : 0;
    unit.put("n", std::to_string(n + 1));
    return n + 1;
  };

  EXPECT_EQ(take_now(run_command<int>(home(), count)).value(), 1);
  EXPECT_EQ(take_now(run_command<int>(home(), count)).value(), 2);
}

TEST(MemoryHome, TellsWhoeverCommitsThatTheBatchCouldNotBeWritten) {
  auto faulty = std::make_unique<FaultyEngine>(make_memory_engine());
  FaultyEngine& engine = *faulty;
  MemoryHome memory(std::move(faulty));
  engine.fail(FaultyEngine::Call::write, 1);
  auto unit = memory.home().open();
  unit->put("a", "1");

  EXPECT_EQ(take_now(memory.home().commit(std::move(unit))).error().code, ErrorCode::unavailable);
  EXPECT_EQ(memory.home().open()->get("a").value(), std::nullopt);
}

}  // namespace
}  // namespace millrace::kv
