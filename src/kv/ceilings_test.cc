#include "kv/ceilings.h"

#include <gtest/gtest.h>
#include <map>
#include <random>

#include "kv/testing.h"

namespace millrace::kv {
namespace {

const std::string group(Ceilings::group_bytes, 'g');

TEST(Ceilings, KnowNothingBeforeTheyLearn) {
  Ceilings ceilings;

  EXPECT_FALSE(ceilings.above(group + "a"));
  EXPECT_FALSE(ceilings.missed(group + "a"));
  EXPECT_TRUE(ceilings.missed(group + "b"));
}

TEST(Ceilings, TellWhatLiesAboveTheHighestKey) {
  Ceilings ceilings;
  ceilings.missed(group + "a");
  ceilings.learn(group + "a", group + "m");

  EXPECT_FALSE(ceilings.above(group + "a"));
  EXPECT_FALSE(ceilings.above(group + "m"));
  EXPECT_TRUE(ceilings.above(group + "n"));
  ceilings.raise(group + "x");
  EXPECT_FALSE(ceilings.above(group + "n"));
  EXPECT_TRUE(ceilings.above(group + "y"));
}

TEST(Ceilings, LeaveShortKeysAlone) {
  Ceilings ceilings;

  EXPECT_FALSE(ceilings.missed(group));
  EXPECT_FALSE(ceilings.missed(group));
  EXPECT_FALSE(ceilings.above(group));
}

TEST(Ceilings, GiveUpWhereTheHighestKeyCannotBeHad) {
  Ceilings ceilings;
  int looks = 0;
  for (int i = 0; i < 100; ++i) looks += ceilings.missed(group + "a") ? 1 : 0;

  EXPECT_LT(looks, 10);
}

TEST(Ceilings, NeverHideARowOfAHome) {
  std::mt19937 random(std::random_device{}());
  auto seed = random();
  SCOPED_TRACE(seed);
  random.seed(seed);
  // Caches of hardly a row, so that reads go past them.
  auto engine = make_memory_engine();
  Homes homes(*engine, nullptr, {.ticks = Ticks::each_commit, .row_cache_bytes = 300, .range_cache_bytes = 300});
  auto home = homes.make_home();
  std::map<std::string, std::string> model;
  std::uint64_t next = 1000;
  for (int step = 0; step < 20'000; ++step) {
    auto unit = home->open();
    std::string prefix(Ceilings::group_bytes, static_cast<char>('a' + random() % 3));
    for (int i = 0; i < 3; ++i) {
      std::string key = prefix + std::to_string(random() % 4 == 0 ? next++ : 900 + random() % (next - 890));
      auto found = unit->get(key).value();
      auto expected = model.find(key);
      ASSERT_EQ(found.has_value(), expected != model.end()) << key << " at step " << step;
      if (random() % 3 == 0) {
        unit->put(key, "v");
        model[key] = "v";
      } else if (random() % 5 == 0) {
        unit->erase(key);
        model.erase(key);
      }
    }
    take_now(home->commit(std::move(unit))).value();
  }
}

}  // namespace
}  // namespace millrace::kv
