#include "store/embedded/sorted_set.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "base/time.h"
#include "kv/testing.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/sorted_set_counts.h"

namespace millrace::store {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Sorted as a sorted set is.
using Model = std::set<std::pair<double, std::string>>;
using Elements = std::vector<std::pair<std::string, double>>;

class SortedSetTest : public testing::Test {
 protected:
  SortedSetTest() : database_(take_now(store_.create_database("test")).value()) {}

  // Runs `work` on the sorted set at `key` and saves it.
  template <class Work>
  void change(std::string_view key, const Work& work) {
    auto unit = memory_.home().open();
    Context context(store_.live(), {});
    context.writing = true;
    Keyspace keys(memory_.home(), *unit, context, database_, {0});
    auto set = SortedSet::open(keys, key).value();
    work(set);
    set.save().value();
    take_now(memory_.home().commit(std::move(unit))).value();
  }

  template <class Work>
  void with_keyspace(const Work& work) {
    auto unit = memory_.home().open();
    Context context(store_.live(), {});
    context.writing = true;
    Keyspace keys(memory_.home(), *unit, context, database_, {0});
    work(keys);
    take_now(memory_.home().commit(std::move(unit))).value();
  }

  std::size_t rows() {
    memory_.homes().end_tick();
    std::size_t count = 0;
    auto visit = [&](std::string_view, std::string_view) {
      ++count;
      return Visit::more;
    };
    memory_.home().open_blocking()->scan(all_elements(database_, {0}), Direction::ascending, visit).value();
    return count;
  }

  static Elements collect(SortedSet& set, const OrderRange& range = {}, Direction direction = Direction::ascending) {
    Elements all;
    auto keep = [&](std::string_view member, double score) {
      all.emplace_back(member, score);
      return Visit::more;
    };
    set.each(range, direction, keep).value();
    return all;
  }

  static Elements collect_ranked(SortedSet& set, std::uint64_t first, std::uint64_t last, Direction direction) {
    Elements all;
    auto keep = [&](std::string_view member, double score) {
      all.emplace_back(member, score);
      return Visit::more;
    };
    set.each_ranked(first, last, direction, keep).value();
    return all;
  }

  static void expect_equal(SortedSet& set, const Model& model, std::mt19937& dice) {
    Elements expected;
    for (const auto& [score, member] : model) expected.emplace_back(member, score);
    ASSERT_EQ(set.size(), model.size());
    ASSERT_EQ(collect(set), expected);
    for (int i = 0; i < 5 && !expected.empty(); ++i) {
      std::size_t rank = dice() % expected.size();
      const auto& [member, score] = expected[rank];
      ASSERT_EQ(set.score(member).value(), score);
      ASSERT_EQ(set.count_before(order_key(score, member)).value(), rank);
      std::size_t last = std::min(expected.size() - 1, rank + dice() % 20);
      Elements slice(expected.begin() + static_cast<std::ptrdiff_t>(rank),
                     expected.begin() + static_cast<std::ptrdiff_t>(last) + 1);
      ASSERT_EQ(collect_ranked(set, rank, last, Direction::ascending), slice);
      std::ranges::reverse(slice);
      ASSERT_EQ(collect_ranked(set, rank, last, Direction::descending), slice);
      double most = score + static_cast<double>(dice() % 3);
      std::size_t count = 0;
      for (const auto& [other, _] : model) count += other > score && other <= most ? 1 : 0;
      OrderRange range = range_of({.least = score, .most = most, .without_least = true});
      ASSERT_EQ(set.count(range).value(), count);
      ASSERT_EQ(collect(set, range, Direction::descending).size(), count);
    }
  }

  // `members` different members at most: few stay packed, more are spread, many need several levels of counts.
  void run_random_changes(unsigned seed, int rounds, int changes, int members, double scores) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 dice(seed);
    Model model;
    std::map<std::string, double> scores_of;
    for (int round = 0; round < rounds; ++round) {
      bool shrinking = round % 4 == 3;
      change("key", [&](SortedSet& set) {
        for (int i = 0; i < changes; ++i) {
          std::string member = fmt::format("member {}", dice() % static_cast<unsigned>(members));
          auto known = scores_of.find(member);
          bool is_known = known != scores_of.end();
          if (dice() % 10 < (shrinking ? 9u : 2u)) {
            ASSERT_EQ(set.erase(member).value(), is_known);
            if (is_known) model.erase({known->second, member});
            if (is_known) scores_of.erase(known);
            continue;
          }
          double score = std::floor(std::uniform_real_distribution<>(-scores, scores)(dice));
          ASSERT_EQ(set.put(member, score).value(), !is_known);
          if (is_known) model.erase({known->second, member});
          model.insert({score, member});
          scores_of[member] = score;
        }
      });
      change("key", [&](SortedSet& set) { expect_equal(set, model, dice); });
      if (HasFatalFailure()) return;
    }
    change("key", [&](SortedSet& set) {
      for (const auto& [member, score] : scores_of) set.erase(member).value();
      ASSERT_EQ(set.size(), 0u);
    });
    EXPECT_EQ(rows(), 0u);
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_;
};

TEST(SortedSetOrder, IsThatOfTheScores) {
  const std::vector<double> ascending{-infinity,          -1e300, -2,      -1.5, -1e-300, 0, 5e-324, 1,
                                      1.0000000000000002, 1e300,  infinity};
  for (std::size_t i = 0; i + 1 < ascending.size(); ++i) {
    EXPECT_LT(order_key(ascending[i], "z"), order_key(ascending[i + 1], "a"));
    EXPECT_EQ(score_of(order_key(ascending[i], "member")), ascending[i]);
  }
  EXPECT_EQ(order_key(-0.0, "a"), order_key(0.0, "a"));
  EXPECT_FALSE(std::signbit(score_of(order_key(-0.0, ""))));
}

TEST(SortedSetOrder, ARangeHasItsBoundsUnlessTheyAreLeftOut) {
  OrderRange with = range_of({.least = 1, .most = infinity});
  OrderRange without = range_of({.least = 1, .most = infinity, .without_least = true, .without_most = true});

  EXPECT_LE(with.begin, order_key(1, ""));
  EXPECT_GT(with.end, order_key(infinity, "zzz"));
  EXPECT_GT(without.begin, order_key(1, "zzz"));
  EXPECT_LE(without.end, order_key(infinity, ""));
  EXPECT_TRUE(range_of({.least = 2, .most = 1}).is_empty());
}

TEST_F(SortedSetTest, DoesAsAPlainModelWhilePacked) {
  for (unsigned i = 0; i < 20; ++i) run_random_changes(std::random_device{}(), 8, 20, 40, 5);
}

TEST_F(SortedSetTest, DoesAsAPlainModelAcrossTheBorderOfPackedAndSpread) {
  for (unsigned i = 0; i < 10; ++i) run_random_changes(std::random_device{}(), 12, 60, 250, 20);
}

TEST_F(SortedSetTest, DoesAsAPlainModelWithManyBlocks) {
  run_random_changes(std::random_device{}(), 16, 2'000, 8'000, 1'000);
}

TEST_F(SortedSetTest, DoesAsAPlainModelWhereAllScoresAreEqual) {
  run_random_changes(std::random_device{}(), 8, 1'000, 3'000, 0.5);
}

TEST_F(SortedSetTest, TellsRanksWithSeveralLevelsOfNodes) {
  constexpr int size = 40'000;
  for (int part = 0; part < 10; ++part) {
    change("key", [&](SortedSet& set) {
      for (int i = part; i < size; i += 10) set.put(fmt::format("{:06}", i), i).value();
    });
  }

  change("key", [&](SortedSet& set) {
    for (int rank : {0, 1, 127, 128, 129, 5'000, 20'000, 39'000, 39'998, 39'999}) {
      auto at = static_cast<std::uint64_t>(rank);
      Elements one{{fmt::format("{:06}", rank), rank}};
      EXPECT_EQ(set.count_before(order_key(rank, one[0].first)).value(), at);
      EXPECT_EQ(collect_ranked(set, at, at, Direction::ascending), one);
      EXPECT_EQ(collect_ranked(set, at, at, Direction::descending), one);
    }
  });
}

TEST_F(SortedSetTest, AQueueLeavesNothingBehind) {
  int begin = 0;
  int end = 0;
  for (; end < 2'000; ++end) {
    change("key", [&](SortedSet& set) { set.put(fmt::format("{:06}", end), end).value(); });
  }
  std::size_t rows_first = rows();
  for (int round = 0; round < 20; ++round) {
    change("key", [&](SortedSet& set) {
      for (int i = 0; i < 1'000; ++i, ++begin, ++end) {
        set.put(fmt::format("{:06}", end), end).value();
        ASSERT_TRUE(set.erase(fmt::format("{:06}", begin)).value());
      }
    });
  }

  EXPECT_LE(rows(), rows_first + 10);
  change("key", [&](SortedSet& set) {
    EXPECT_EQ(set.count_before(order_key(begin + 1'500, "")).value(), 1'500u);
    EXPECT_EQ(collect(set).front().second, begin);
  });
}

TEST_F(SortedSetTest, ReplacesWhateverStandsThere) {
  for (std::size_t size : {3u, 128u, 129u, 20'000u, 2u}) {
    std::vector<ScoredMember> members;
    Model model;
    for (std::size_t i = 0; i < size; ++i) {
      auto score = static_cast<double>((i * 7919) % size);
      members.push_back({std::to_string(i), score});
      model.insert({score, std::to_string(i)});
    }
    with_keyspace([&](Keyspace& keys) { SortedSet::replace(keys, "key", members).value(); });
    std::mt19937 dice(1);
    change("key", [&](SortedSet& set) { expect_equal(set, model, dice); });
  }
  with_keyspace([&](Keyspace& keys) { SortedSet::replace(keys, "key", {}).value(); });

  change("key", [&](SortedSet& set) { EXPECT_FALSE(set.exists()); });
  EXPECT_EQ(rows(), 0u);
}

TEST_F(SortedSetTest, IteratesByMemberWhereverItsElementsAre) {
  for (int size : {50, 500}) {
    change("key", [&](SortedSet& set) {
      for (int i = 0; i < size; ++i) set.put(fmt::format("{:03}", i), -i).value();
    });
    change("key", [&](SortedSet& set) {
      std::vector<std::string> members;
      auto keep = [&](std::string_view member, double score) {
        EXPECT_EQ(score, -std::stoi(std::string(member)));
        members.emplace_back(member);
        return members.size() < 3 ? Visit::more : Visit::stop;
      };
      set.each_member_after("009", keep).value();
      EXPECT_EQ(members, (std::vector<std::string>{"010", "011", "012"}));
    });
  }
}

TEST_F(SortedSetTest, AddingToALargeOneWritesAFewRows) {
  std::vector<ScoredMember> members;
  for (int i = 0; i < 100'000; ++i) members.push_back({std::to_string(i), static_cast<double>(i)});
  with_keyspace([&](Keyspace& keys) { SortedSet::replace(keys, "key", members).value(); });
  std::uint64_t before = memory_.homes().stats().rows_written;

  change("key", [&](SortedSet& set) { EXPECT_TRUE(set.put("new", 50'000.5).value()); });
  EXPECT_LE(memory_.homes().stats().rows_written - before, 8u);
}

}  // namespace
}  // namespace millrace::store
