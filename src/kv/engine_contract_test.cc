#include "kv/engine_contract.h"

#include <random>
#include <thread>

#include "kv/key.h"

namespace millrace::kv {

TEST_P(EngineContract, ReadsWhatWasWritten) {
  write({{"a", "1"}, {"b", ""}, {std::string_view("c\0d", 3), std::string_view("\0\xff", 2)}});

  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(get("b"), "");
  EXPECT_EQ(get(std::string_view("c\0d", 3)), std::string("\0\xff", 2));
  EXPECT_EQ(get("c"), "(none)");
}

TEST_P(EngineContract, ReadsFromMemoryWhatWasJustWritten) {
  write({{"a", "1"}});

  EXPECT_EQ(get("a", {.tier = ReadTier::memory}), "1");
}

TEST_P(EngineContract, ErasesRows) {
  write({{"a", "1"}, {"b", "1"}});
  write({{"a", {}}, {"c", {}}});

  EXPECT_EQ(get("a"), "(none)");
  EXPECT_EQ(keys(all()), "b");
}

TEST_P(EngineContract, CountsTheLastOfSeveralWritesOfAKey) {
  write({{"a", "1"}, {"a", "2"}, {"b", "1"}, {"b", {}}, {"c", {}}, {"c", "3"}});

  EXPECT_EQ(get("a"), "2");
  EXPECT_EQ(get("b"), "(none)");
  EXPECT_EQ(get("c"), "3");
}

TEST_P(EngineContract, WritesAnEmptyBatch) {
  write({});
}

TEST_P(EngineContract, ReadsSeveralAtOnceInTheirOrder) {
  write({{"a", "1"}, {"c", "3"}});
  std::vector<std::string> wanted{"c", "b", "a"}, values;

  auto found = engine_->multi_get(wanted, {}, values).value();
  EXPECT_EQ(found, (std::vector{Found::yes, Found::no, Found::yes}));
  EXPECT_EQ(values[0], "3");
  EXPECT_EQ(values[2], "1");
}

TEST_P(EngineContract, ScansARangeBothWays) {
  write({{"a", "1"}, {"b", "1"}, {"ba", "1"}, {"c", "1"}, {"\xff", "1"}});

  EXPECT_EQ(keys({"b", "c"}), "b ba");
  EXPECT_EQ(keys({"b", "c"}, Direction::descending), "ba b");
  EXPECT_EQ(keys({"ba", ""}), "ba c \xff");
  EXPECT_EQ(keys({"", ""}, Direction::descending), "\xff c ba b a");
  EXPECT_EQ(keys({"bb", "bc"}), "");
  EXPECT_EQ(keys({"c", "b"}), "");
  EXPECT_EQ(keys({"c", "b"}, Direction::descending), "");
}

TEST_P(EngineContract, StopsAScanWhenToldTo) {
  write({{"a", "1"}, {"b", "1"}});
  int visited = 0;
  auto end = engine_->scan(all(), Direction::ascending, {}, [&](auto, auto) {
    ++visited;
    return Visit::stop;
  });

  EXPECT_EQ(end.value(), ScanEnd::stopped);
  EXPECT_EQ(visited, 1);
}

TEST_P(EngineContract, KeepsASnapshotAsItWas) {
  write({{"a", "1"}, {"b", "1"}});
  auto before = engine_->snapshot();
  write({{"a", "2"}, {"b", {}}, {"c", "2"}});

  EXPECT_EQ(get("a", {.snapshot = before.get()}), "1");
  EXPECT_EQ(keys(all(), Direction::ascending, {.snapshot = before.get()}), "a b");
  EXPECT_EQ(keys(all()), "a c");
}

TEST_P(EngineContract, ErasesAFewRowsOfARange) {
  write({{"a", "1"}, {"b", "1"}, {"ba", "1"}, {"c", "1"}});
  ASSERT_TRUE(engine_->erase_range({"b", "c"}));

  EXPECT_EQ(keys(all()), "a c");
}

TEST_P(EngineContract, ErasesManyRowsOfARange) {
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) names.push_back("row" + std::to_string(10000 + i));
  std::vector<Write> batch{{"a", "1"}, {"z", "1"}};
  for (const auto& name : names) batch.push_back({name, "value"});
  write(batch);
  ASSERT_TRUE(engine_->erase_range(prefix_range("row")));
  EXPECT_EQ(keys(all()), "a z");
  write({{"row10500", "again"}});

  EXPECT_EQ(keys(all()), "a row10500 z");
}

TEST_P(EngineContract, SyncsWhileOthersWrite) {
  std::thread syncing([&] {
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(engine_->sync());
  });
  for (int i = 0; i < 500; ++i) write({{"a", std::to_string(i)}});
  syncing.join();

  EXPECT_EQ(get("a"), "499");
}

TEST_P(EngineContract, VerifiesWhatIsSound) {
  write({{"a", "1"}});

  EXPECT_TRUE(engine_->verify());
}

TEST_P(EngineContract, DoesWhatAMapDoes) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 dice(seed);
  auto random_key = [&] { return std::string(1, static_cast<char>('a' + dice() % 3)) + std::to_string(dice() % 40); };
  Rows expected;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::pair<std::string, std::optional<std::string>>> rows;
    for (auto n = dice() % 5; n > 0; --n) {
      rows.emplace_back(random_key(), dice() % 3 ? std::optional(std::to_string(dice())) : std::nullopt);
    }
    std::vector<Write> batch;
    for (auto& [key, value] : rows) {
      batch.push_back({key, value ? std::optional<std::string_view>(*value) : std::nullopt});
      if (value) {
        expected[key] = *value;
      } else {
        expected.erase(key);
      }
    }
    write(batch);
    KeyRange range{random_key(), random_key()};
    if (dice() % 10 == 0 && range.begin < range.end) {
      ASSERT_TRUE(engine_->erase_range(range));
      std::erase_if(expected, [&](const auto& row) { return contains(range, row.first); });
    }
    Rows found;
    auto direction = dice() % 2 ? Direction::ascending : Direction::descending;
    ASSERT_TRUE(engine_->scan(range, direction, {}, [&](auto key, auto value) {
      found.emplace(key, value);
      return Visit::more;
    }));
    Rows wanted;
    for (const auto& row : expected) {
      if (contains(range, row.first)) wanted.insert(row);
    }
    ASSERT_EQ(found, wanted);
  }
}

}  // namespace millrace::kv
