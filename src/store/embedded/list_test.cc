#include "store/embedded/list.h"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

#include "kv/testing.h"
#include "store/embedded/counting_unit.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

class ListTest : public testing::Test {
 protected:
  Reply execute(Command command) { return take_now(store_.execute(database_, {std::move(command)})).value().at(0); }

  std::vector<std::string> elements(const std::string& key) {
    std::vector<std::string> all;
    for (const Reply& element : execute({"LRANGE", key, "0", "-1"}).elements) all.push_back(element.text);
    return all;
  }

  void fill(const std::string& key, std::size_t count) {
    for (std::size_t i = 0; i < count;) {
      Command push{"RPUSH", key};
      for (std::size_t end = std::min(count, i + 1000); i < end; ++i) push.push_back(fmt::format("element {}", i));
      execute(std::move(push));
    }
  }

  // What a command makes of its unit, which is dropped.
  struct Cost {
    std::uint64_t reads = 0;
    std::uint32_t writes = 0;
    bool operator==(const Cost&) const = default;
  };
  Cost cost(const Command& command) {
    CountingUnit unit(memory_.home().open());
    EXPECT_TRUE(store_.stage(unit, database_, command).has_value()) << command[0];
    return {unit.reads, unit.mark()};
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_ = take_now(store_.create_database("shop")).value();
};

TEST_F(ListTest, DoesAtItsEndsAndByIndexTheSameInAMillionAsInTwoHundred) {
  fill("short", 200);
  fill("long", 1'000'000);
  auto on = [](const std::string& key, Command command) {
    std::ranges::replace(command, std::string("KEY"), key);
    return command;
  };

  for (const Command& command : std::vector<Command>{{"LPUSH", "KEY", "x"},
                                                     {"RPUSH", "KEY", "x", "y"},
                                                     {"LPOP", "KEY"},
                                                     {"RPOP", "KEY", "3"},
                                                     {"LINDEX", "KEY", "100"},
                                                     {"LSET", "KEY", "-100", "x"},
                                                     {"LRANGE", "KEY", "-20", "-10"},
                                                     {"LTRIM", "KEY", "1", "-2"},
                                                     {"LINSERT", "KEY", "BEFORE", "element 3", "x"},
                                                     {"LMOVE", "KEY", "KEY", "LEFT", "RIGHT"},
                                                     {"LLEN", "KEY"},
                                                     {"DEL", "KEY"}}) {
    EXPECT_EQ(cost(on("long", command)), cost(on("short", command))) << command[0];
  }
}

TEST_F(ListTest, KeepsAFewOfAMillionWithoutTouchingTheRest) {
  fill("long", 100'000);

  EXPECT_LT(cost({"LTRIM", "long", "50000", "50009"}).writes, 100u);
  EXPECT_LT(cost({"LTRIM", "long", "0", "-10"}).writes, 100u);
  execute({"LTRIM", "long", "50000", "50009"});
  EXPECT_EQ(elements("long").size(), 10u);
  EXPECT_EQ(elements("long").front(), "element 50000");
}

// A list beside a deque that must always be its equal.
class Model {
 public:
  explicit Model(std::uint64_t seed) : dice_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(dice_); }
  std::string element() {
    std::uint64_t number = below(20);
    return std::string(below(40) == 0 ? 500 : 1, static_cast<char>('a' + number));
  }

  // A command on the list "key"; does the same to `all`.
  Command step() {
    std::size_t size = all.size();
    switch (below(grows ? 8 : 10)) {
      case 0:
      case 1: return push_many();
      case 2: return insert();
      case 3: return set();
      case 4: return remove();
      case 5: return pop(below(3));
      case 6: return rotate();
      case 7: return {"LLEN", "key"};
      case 8: return pop(below(size / 2 + 2));
      default: return trim();
    }
  }

  std::deque<std::string> all{};
  bool grows = true;

 private:
  Command push_many() {
    bool head = below(2) == 0;
    Command push{head ? "LPUSH" : "RPUSH", "key"};
    for (std::uint64_t i = below(8) + 1; i > 0; --i) {
      push.push_back(element());
      all.insert(head ? all.begin() : all.end(), push.back());
    }
    return push;
  }

  Command pop(std::uint64_t count) {
    bool head = below(2) == 0;
    for (std::uint64_t i = 0; i < count && !all.empty(); ++i) head ? all.pop_front() : all.pop_back();
    return {head ? "LPOP" : "RPOP", "key", std::to_string(count)};
  }

  Command insert() {
    bool before = below(2) == 0;
    std::string pivot = element();
    auto at = std::ranges::find(all, pivot);
    if (at != all.end()) all.insert(at + (before ? 0 : 1), "new");
    return {"LINSERT", "key", before ? "BEFORE" : "AFTER", pivot, "new"};
  }

  Command set() {
    if (all.empty()) return {"LLEN", "key"};
    std::uint64_t index = below(all.size());
    all[index] = element();
    return {"LSET", "key", std::to_string(index), all[index]};
  }

  Command remove() {
    std::string gone = below(4) == 0 ? "new" : element();
    int count = static_cast<int>(below(7)) - 3;
    int left = count == 0 ? INT32_MAX : std::abs(count);
    for (std::size_t i = 0; i < all.size() && left > 0;) {
      std::size_t at = count < 0 ? all.size() - 1 - i : i;
      if (all[at] == gone) {
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
        --left;
      } else {
        ++i;
      }
    }
    return {"LREM", "key", std::to_string(count), gone};
  }

  Command rotate() {
    if (!all.empty()) {
      all.push_back(all.front());
      all.pop_front();
    }
    return {"LMOVE", "key", "key", "LEFT", "RIGHT"};
  }

  Command trim() {
    if (all.empty()) return {"LLEN", "key"};
    std::uint64_t first = below(all.size());
    std::uint64_t last = below(all.size());
    std::deque<std::string> kept;
    for (std::uint64_t i = first; i <= last; ++i) kept.push_back(all[i]);
    all = std::move(kept);
    return {"LTRIM", "key", std::to_string(first), std::to_string(last)};
  }

  std::mt19937_64 dice_;
};

TEST_F(ListTest, IsAlwaysWhatADequeWouldBe) {
  std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Model model(seed);
  for (int i = 0; i < 6000; ++i) {
    if (model.all.size() > 1200) model.grows = false;
    if (model.all.size() < 3) model.grows = true;
    Command command = model.step();

    Reply reply = execute(command);

    ASSERT_FALSE(reply.is_error()) << command[0] << ": " << reply.text;
    ASSERT_EQ(execute({"LLEN", "key"}).integer, static_cast<std::int64_t>(model.all.size())) << i << command[0];
    if (i % 20 == 0) {
      ASSERT_EQ(elements("key"), std::vector<std::string>(model.all.begin(), model.all.end())) << i;
    }
  }
}

TEST_F(ListTest, ClosesLargeGapsAcrossChunksFromEitherSide) {
  for (std::string value : {"front", "back"}) {
    execute({"DEL", "key"});
    fill("key", 3000);
    std::vector<std::string> expected = elements("key");
    for (std::size_t i = 5; i < 1400; i += 7) {
      std::size_t at = value == "front" ? i : expected.size() - i;
      execute({"LSET", "key", std::to_string(at), "gone"});
      expected[at] = "gone";
    }
    std::erase(expected, "gone");

    EXPECT_EQ(execute({"LREM", "key", "0", "gone"}).integer, static_cast<std::int64_t>(3000 - expected.size()));
    EXPECT_EQ(elements("key"), expected);
    execute({"LINSERT", "key", "BEFORE", "element 1100", "new"});
    expected.insert(std::ranges::find(expected, "element 1100"), "new");
    execute({"LINSERT", "key", "AFTER", "element 1904", "new"});
    expected.insert(std::ranges::find(expected, "element 1904") + 1, "new");
    EXPECT_EQ(elements("key"), expected);
  }
}

TEST_F(ListTest, LeavesNoRowsBehind) {
  auto rows = [&] {
    memory_.homes().end_tick();  // reclaims
    std::size_t count = 0;
    auto unit = memory_.home().open_blocking();
    unit->scan({}, Direction::ascending, [&](auto, auto) { return ++count, Visit::more; }).value();
    return count;
  };
  fill("key", 1);
  execute({"DEL", "key"});
  std::size_t before = rows();

  for (Command end : std::vector<Command>{
           {"DEL", "key"}, {"LPOP", "key", "900"}, {"LTRIM", "key", "1000", "0"}, {"SET", "key", "text"}}) {
    fill("key", 700);
    execute({"LTRIM", "key", "0", "299"});
    execute({"RPOP", "key", "20"});
    execute(end);
    execute({"DEL", "key"});
    EXPECT_EQ(rows(), before) << end[0];
  }
}

class ListBlocking : public ListTest {
 protected:
  // As a client of the Redis protocol that can wait.
  Reply ask(const Command& command, bool again = false) {
    Context context(store_.live(), {.door = Door::redis});
    context.trying_again = again;
    auto unit = memory_.home().open();
    auto reply = store_.stage(*unit, context, database_, command);
    waits_for_ = context.blocking;
    take_now(memory_.home().commit(std::move(unit))).value();
    return reply.value();
  }

  std::optional<Blocking> waits_for_{};
};

TEST_F(ListBlocking, WaitsForItsKeysUntilItsTimeout) {
  EXPECT_EQ(ask({"BLPOP", "a", "b", "0"}), Reply::nil_array());
  ASSERT_TRUE(waits_for_);
  EXPECT_EQ(waits_for_->keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(waits_for_->until, 0);
  EXPECT_EQ(ask({"BLMPOP", "10", "2", "a", "b", "LEFT"}), Reply::nil_array());
  ASSERT_TRUE(waits_for_);
  EXPECT_EQ(waits_for_->keys, (std::vector<std::string>{"a", "b"}));
  EXPECT_GT(waits_for_->until, Context::now_of(store_.live()) + 9'000);
  EXPECT_EQ(ask({"BLMOVE", "a", "b", "LEFT", "LEFT", "0"}), Reply::nil());
  ASSERT_TRUE(waits_for_);
  EXPECT_EQ(waits_for_->keys, (std::vector<std::string>{"a"}));

  execute({"RPUSH", "b", "x"});
  EXPECT_EQ(ask({"BLPOP", "a", "b", "0"}), Reply::array({Reply::bulk("b"), Reply::bulk("x")}));
  EXPECT_FALSE(waits_for_);
}

TEST_F(ListBlocking, PassesOverAnotherTypeOnceItWaits) {
  execute({"SADD", "a", "x"});
  EXPECT_TRUE(ask({"BLPOP", "a", "b", "0"}).is_error());
  EXPECT_FALSE(waits_for_);

  EXPECT_EQ(ask({"BLPOP", "a", "b", "0"}, true), Reply::nil_array());
  EXPECT_TRUE(waits_for_);
  execute({"RPUSH", "b", "x"});
  EXPECT_EQ(ask({"BLPOP", "a", "b", "0"}, true), Reply::array({Reply::bulk("b"), Reply::bulk("x")}));

  EXPECT_EQ(ask({"BLMOVE", "a", "b", "LEFT", "LEFT", "0"}, true), Reply::nil());
  EXPECT_TRUE(waits_for_);
  execute({"RPUSH", "b", "x"});
  EXPECT_TRUE(ask({"BLMOVE", "b", "a", "LEFT", "LEFT", "0"}, true).is_error());
}

}  // namespace
}  // namespace millrace::store
