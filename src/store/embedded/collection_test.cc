#include "store/embedded/collection.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "kv/testing.h"
#include "store/embedded/counting_unit.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/packed.h"

namespace millrace::store {
namespace {

class CollectionTest : public testing::Test {
 protected:
  Reply execute(Command command) { return take_now(store_.execute(database_, {std::move(command)})).value().at(0); }

  // Adds what `name` makes of the numbers below `count`.
  template <class Name>
  void fill(const std::string& key, std::size_t count, const Name& name) {
    for (std::size_t i = 0; i < count;) {
      Command add{"SADD", key};
      for (std::size_t end = std::min(count, i + 1000); i < end; ++i) add.push_back(name(i));
      execute(std::move(add));
    }
  }

  std::vector<std::string> texts(const Reply& reply) {
    std::vector<std::string> all;
    for (const Reply& element : reply.elements) all.push_back(element.text);
    return all;
  }

  Timestamp now_{std::chrono::milliseconds(1'700'000'000'000)};
  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home(), [this] { return now_; }};
  DatabaseId database_ = take_now(store_.create_database("shop")).value();
};

TEST_F(CollectionTest, DoesTheSameForOneOfAMillionAsForOneOfTwoHundred) {
  auto name = [](std::size_t i) { return std::to_string(i); };
  for (auto [key, count] : {std::pair("short", 200), std::pair("long", 1'000'000)}) {
    fill(key, static_cast<std::size_t>(count), name);
    for (int i = 0; i < count;) {
      Command set{"HSET", std::string("hash ") + key};
      for (int end = std::min(count, i + 1000); i < end; ++i)
        set.insert(set.end(), {name(static_cast<std::size_t>(i)), "1"});
      execute(std::move(set));
    }
  }
  auto cost = [&](Command command, const std::string& key) {
    std::ranges::replace(command, std::string("SET"), key);
    std::ranges::replace(command, std::string("HASH"), "hash " + key);
    CountingUnit unit(memory_.home().open());
    EXPECT_FALSE(store_.stage(unit, database_, command).value().is_error()) << command[0];
    return std::pair(unit.reads, unit.mark());
  };

  for (const Command& command : std::vector<Command>{{"SADD", "SET", "new"},
                                                     {"SREM", "SET", "7"},
                                                     {"SISMEMBER", "SET", "7"},
                                                     {"SMISMEMBER", "SET", "7", "x"},
                                                     {"SCARD", "SET"},
                                                     {"SMOVE", "SET", "HASHSET", "7"},
                                                     {"HSET", "HASH", "new", "1"},
                                                     {"HGET", "HASH", "7"},
                                                     {"HDEL", "HASH", "7"},
                                                     {"HINCRBY", "HASH", "7", "1"},
                                                     {"HEXPIRE", "HASH", "7", "FIELDS", "1", "7"},
                                                     {"HLEN", "HASH"},
                                                     {"DEL", "SET", "HASH"}}) {
    EXPECT_EQ(cost(command, "long"), cost(command, "short")) << command[0];
  }
  EXPECT_LT(cost({"SRANDMEMBER", "SET"}, "long").first, 5'000u);
  EXPECT_LT(cost({"HRANDFIELD", "HASH"}, "long").first, 5'000u);
  EXPECT_LT(cost({"SPOP", "SET"}, "long").first, 5'000u);
}

struct Dice {
  std::mt19937_64 generator;

  std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(generator);
  }
  std::string member() {
    std::uint64_t number = below(400);
    return std::string(number % 50 == 0 ? 300 : 1, 'm') + std::to_string(number);
  }
};

TEST_F(CollectionTest, IsAlwaysTheSetThatItsModelIs) {
  std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Dice dice{std::mt19937_64(seed)};
  std::set<std::string> model;
  bool grows = true;
  for (int i = 0; i < 5000; ++i) {
    if (model.size() > 300) grows = false;
    if (model.empty()) grows = true;
    std::string member = dice.member();
    switch (dice.below(4)) {
      case 0:
      case 1: {
        bool changes = grows ? model.insert(member).second : model.erase(member) != 0;
        ASSERT_EQ(execute({grows ? "SADD" : "SREM", "key", member}).integer, changes ? 1 : 0);
        break;
      }
      case 2: ASSERT_EQ(execute({"SISMEMBER", "key", member}).integer, model.contains(member) ? 1 : 0); break;
      default: {
        if (grows) break;
        std::uint64_t count = dice.below(4);
        auto popped = texts(execute({"SPOP", "key", std::to_string(count)}));
        ASSERT_EQ(popped.size(), std::min(count, model.size()));
        for (const std::string& gone : popped) ASSERT_EQ(model.erase(gone), 1u) << gone;
      }
    }
    ASSERT_EQ(execute({"SCARD", "key"}).integer, static_cast<std::int64_t>(model.size()));
    if (i % 20 == 0) {
      ASSERT_EQ(texts(execute({"SMEMBERS", "key"})), std::vector<std::string>(model.begin(), model.end()));
    }
  }
}

// Fields with values and times, as the model and the store see them at `now`.
struct Field {
  std::string value{};
  std::int64_t expires_at = 0;
};

TEST_F(CollectionTest, IsAlwaysTheHashThatItsModelIs) {
  std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Dice dice{std::mt19937_64(seed)};
  std::map<std::string, Field> model;
  auto milliseconds = [&] { return now_.time_since_epoch().count(); };
  for (int i = 0; i < 5000; ++i) {
    std::string field = dice.member();
    bool there = model.contains(field);
    switch (dice.below(6)) {
      case 0:
      case 1: {
        model[field] = {std::to_string(i), 0};
        ASSERT_EQ(execute({"HSET", "key", field, std::to_string(i)}).integer, there ? 0 : 1) << field;
        break;
      }
      case 2: {
        model.erase(field);
        ASSERT_EQ(execute({"HDEL", "key", field}).integer, there ? 1 : 0) << field;
        break;
      }
      case 3: {
        std::int64_t at = milliseconds() + static_cast<std::int64_t>(dice.below(200));
        bool over = at <= milliseconds();
        if (there && over) model.erase(field);
        if (there && !over) model[field].expires_at = at;
        ASSERT_EQ(execute({"HPEXPIREAT", "key", std::to_string(at), "FIELDS", "1", field}).elements[0].integer,
                  there ? (over ? 2 : 1) : -2);
        break;
      }
      case 4: {
        auto found = execute({"HGET", "key", field});
        ASSERT_EQ(found.is_nil(), !there);
        if (there) {
          ASSERT_EQ(found.text, model[field].value);
        }
        break;
      }
      default: {
        now_ += std::chrono::milliseconds(dice.below(3));
        std::erase_if(model, [&](const auto& entry) {
          return entry.second.expires_at != 0 && entry.second.expires_at <= milliseconds();
        });
        if (dice.below(4) == 0) take_now(store_.expire_due()).value();
      }
    }
    if (i % 20 != 0) continue;
    std::vector<std::string> pairs;
    for (const auto& [name, entry] : model) {
      pairs.push_back(name);
      pairs.push_back(entry.value);
    }
    ASSERT_EQ(texts(execute({"HGETALL", "key"})), pairs) << i;
    ASSERT_GE(execute({"HLEN", "key"}).integer, static_cast<std::int64_t>(model.size()));
  }
}

TEST_F(CollectionTest, ChoosesAmongLiveFieldsOnly) {
  for (std::size_t count : {100u, 500u}) {
    execute({"DEL", "key"});
    Command set{"HSETEX", "key", "PX", "10", "FIELDS", std::to_string(count)};
    for (std::size_t i = 0; i < count; ++i) set.insert(set.end(), {std::to_string(i), "value"});
    execute(set);
    execute({"HSET", "key", "x", "1", "y", "2"});
    now_ += std::chrono::milliseconds(11);

    EXPECT_EQ(texts(execute({"HRANDFIELD", "key", "10", "WITHVALUES"})),
              (std::vector<std::string>{"x", "1", "y", "2"}));
    EXPECT_EQ(execute({"HRANDFIELD", "key", "-10"}).elements.size(), 10u);
    execute({"HDEL", "key", "x", "y"});
    EXPECT_TRUE(execute({"HRANDFIELD", "key"}).is_nil());
    EXPECT_TRUE(execute({"HRANDFIELD", "key", "-10"}).elements.empty());
  }
}

// How unevenly `choose` chooses among `count` elements, by the place of each: the mean square of the difference from
// what each of 50 groups should get, in units of what chance alone would make of it (1).
template <class Choose>
double unevenness(std::size_t count, int choices, const Choose& choose) {
  constexpr std::size_t groups = 50;
  std::vector<double> hits(groups);
  for (int i = 0; i < choices; ++i) hits[choose() * groups / count] += 1;
  double expected = static_cast<double>(choices) / groups;
  double sum = 0;
  for (double hit : hits) sum += (hit - expected) * (hit - expected) / expected;
  return sum / (groups - 1);
}

TEST_F(CollectionTest, ChoosesUniformlyAmongAFewThousand) {
  constexpr std::size_t count = 1500;
  fill("key", count, [](std::size_t i) { return fmt::format("{:04}", i); });
  execute({"HSET", "small", "a", "1", "b", "2", "c", "3"});

  double uneven = unevenness(count, 5000, [&] { return std::stoul(execute({"SRANDMEMBER", "key"}).text); });
  EXPECT_LT(uneven, 2.5);
  std::map<std::string, int> hits;
  for (const std::string& field : texts(execute({"HRANDFIELD", "small", "-3000"}))) ++hits[field];
  for (const auto& [field, times] : hits) EXPECT_NEAR(times, 1000, 200) << field;
}

// Kinds of members that differ in how their bytes are spread.
std::vector<std::pair<std::string, std::function<std::string(std::size_t)>>> shapes() {
  return {
      {"numbers of one length", [](std::size_t i) { return fmt::format("{:08}", i); }},
      {"numbers", [](std::size_t i) { return std::to_string(i); }},
      {"hexadecimal",
       [](std::size_t i) {
         std::mt19937_64 mix(i);
         return fmt::format("{:016x}", mix());
       }},
      {"few of one prefix, many of another",
       [](std::size_t i) {
         std::mt19937_64 mix(i);
         return i < 10 ? fmt::format("a{}", i) : fmt::format("session:{:016x}", mix());
       }},
      {"words of several lengths",
       [](std::size_t i) {
         std::mt19937_64 mix(i);
         std::string word;
         for (std::uint64_t rest = mix(); rest > (std::uint64_t{1} << 30); rest /= 13) {
           word += static_cast<char>('a' + rest % 13 * rest % 26);
         }
         return word + std::to_string(i);
       }},
  };
}

TEST_F(CollectionTest, ChoosesNearlyUniformlyAmongMany) {
  constexpr std::size_t count = 20'000;
  for (const auto& [shape, name] : shapes()) {
    execute({"DEL", "key"});
    fill("key", count, name);
    std::map<std::string, std::size_t> places;
    for (const std::string& member : texts(execute({"SMEMBERS", "key"}))) places.emplace(member, places.size());

    double uneven = unevenness(places.size(), 2000, [&] { return places.at(execute({"SRANDMEMBER", "key"}).text); });

    EXPECT_LT(uneven, 5) << shape;
    RecordProperty("unevenness of " + shape, std::to_string(uneven));
  }
}

TEST_F(CollectionTest, GivesDistinctMembersOfManyAndAsManyAsAsked) {
  fill("key", 20'000, [](std::size_t i) { return std::to_string(i); });
  for (std::string count : {"1", "20", "3000", "19999", "40000"}) {
    auto members = texts(execute({"SRANDMEMBER", "key", count}));
    EXPECT_EQ(members.size(), std::min<std::size_t>(std::stoul(count), 20'000));
    EXPECT_EQ(std::set<std::string>(members.begin(), members.end()).size(), members.size());
    EXPECT_EQ(execute({"SRANDMEMBER", "key", "-" + count}).elements.size(), std::stoul(count));
  }
  EXPECT_EQ(execute({"SPOP", "key", "25"}).elements.size(), 25u);
  EXPECT_EQ(execute({"SCARD", "key"}).integer, 19'975);
  EXPECT_EQ(execute({"SPOP", "key", "50000"}).elements.size(), 19'975u);
  EXPECT_EQ(execute({"EXISTS", "key"}).integer, 0);
}

TEST_F(CollectionTest, CombinesLargeSetsAsTheirModels) {
  std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Dice dice{std::mt19937_64(seed)};
  for (int round = 0; round < 20; ++round) {
    std::vector<std::set<std::string>> models(3);
    Command names{"key0", "key1", "key2"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      execute({"DEL", names[i]});
      Command add{"SADD", names[i]};
      std::uint64_t size = 1 + dice.below(dice.below(2) == 0 ? 20 : 1500);
      while (models[i].size() < size) models[i].insert(std::to_string(dice.below(2000)));
      add.insert(add.end(), models[i].begin(), models[i].end());
      execute(add);
    }
    std::vector<std::string> all, common, first_only;
    for (const std::string& member : models[0]) {
      bool in_1 = models[1].contains(member);
      bool in_2 = models[2].contains(member);
      if (in_1 && in_2) common.push_back(member);
      if (!in_1 && !in_2) first_only.push_back(member);
    }
    std::set<std::string> any = models[0];
    any.insert(models[1].begin(), models[1].end());
    any.insert(models[2].begin(), models[2].end());
    all.assign(any.begin(), any.end());

    EXPECT_EQ(texts(execute({"SINTER", "key0", "key1", "key2"})), common);
    EXPECT_EQ(texts(execute({"SUNION", "key0", "key1", "key2"})), all);
    EXPECT_EQ(texts(execute({"SDIFF", "key0", "key1", "key2"})), first_only);
    EXPECT_EQ(execute({"SUNIONSTORE", "key1", "key0", "key1", "key2"}).integer, static_cast<std::int64_t>(all.size()));
    EXPECT_EQ(texts(execute({"SMEMBERS", "key1"})), all);
  }
}

}  // namespace
}  // namespace millrace::store
