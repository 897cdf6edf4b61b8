#include "server/import/copy.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace millrace::server {
namespace {

using Kind = RedisReply::Kind;
using testing::ElementsAre;
using testing::HasSubstr;

RedisReply text(std::string bytes) {
  return {.kind = Kind::text, .text = std::move(bytes)};
}
RedisReply integer(std::int64_t number) {
  return {.kind = Kind::integer, .integer = number};
}
RedisReply error(std::string words) {
  return {.kind = Kind::error, .text = std::move(words)};
}
RedisReply array(std::vector<RedisReply> elements) {
  return {.kind = Kind::array, .elements = std::move(elements)};
}

// Answers commands by their names, and remembers what was asked.
class FakePeer final : public Peer {
 public:
  using Answer = std::function<RedisReply(const RedisCommand&)>;

  Result<std::vector<RedisReply>> run(const std::vector<RedisCommand>& commands) override {
    if (calls_left-- == 0) return Error{ErrorCode::unavailable, "the connection has ended"};
    largest = std::max(largest, commands.size());
    std::vector<RedisReply> replies;
    for (const RedisCommand& command : commands) {
      asked.push_back(command);
      auto answer = answers.find(command[0]);
      replies.push_back(answer != answers.end() ? answer->second(command) : RedisReply(text("OK")));
    }
    return replies;
  }

  std::ptrdiff_t count(std::string_view name) const {
    return std::ranges::count_if(asked, [&](const RedisCommand& command) { return command[0] == name; });
  }

  std::map<std::string, Answer> answers{};
  std::vector<RedisCommand> asked{};
  std::size_t largest = 0;
  int calls_left = -1;  // then it fails; below 0: never
};

class CopyTest : public testing::Test {
 protected:
  CopyTest() {
    source.answers["DBSIZE"] = [](const RedisCommand&) { return integer(3); };
    source.answers["SCAN"] = [](const RedisCommand&) { return array({text("0"), array({text("a"), text("b")})}); };
    source.answers["DUMP"] = [](const RedisCommand&) { return text("dump"); };
    source.answers["PEXPIRETIME"] = [](const RedisCommand&) { return integer(-1); };
    source.answers["TYPE"] = [](const RedisCommand&) { return text("string"); };
    source.answers["STRLEN"] = [](const RedisCommand&) { return integer(5); };
    source.answers["GETRANGE"] = [](const RedisCommand&) { return text("value"); };
    target.answers["DBSIZE"] = [](const RedisCommand&) { return integer(0); };
    target.answers["RENAMENX"] = [](const RedisCommand&) { return integer(1); };
  }

  Result<void> run(Existing existing = Existing::refuse) {
    Copy copy(source, target, existing, [](const CopyReport&) {});
    auto outcome = copy.run();
    report = copy.report();
    return outcome;
  }

  FakePeer source{};
  FakePeer target{};
  CopyReport report{};
};

TEST_F(CopyTest, CountsAKeyOnceThatAScanNamesTwice) {
  source.answers["SCAN"] = [](const RedisCommand& command) {
    bool first = command[1] == "0";
    return array({text(first ? "7" : "0"), array({text("a"), text(first ? "b" : "c")})});
  };
  target.answers["RESTORE"] = [seen = std::map<std::string, int>()](const RedisCommand& command) mutable {
    return seen[command[1]]++ == 0 ? text("OK") : error("BUSYKEY Target key name already exists.");
  };

  ASSERT_TRUE(run());
  EXPECT_EQ(report.copied, 3U);
  EXPECT_EQ(report.kept, 0U);
}

TEST_F(CopyTest, KeepsTimesOfExpiryAndLeavesOutWhatIsOver) {
  source.answers["PEXPIRETIME"] = [](const RedisCommand& command) {
    return integer(command[1] == "a" ? 1'999'999'999'123 : 1'000);
  };

  ASSERT_TRUE(run());
  EXPECT_EQ(report.copied, 1U);
  EXPECT_EQ(report.gone, 1U);
  EXPECT_THAT(target.asked.back(), ElementsAre("RESTORE", "a", "1999999999123", "dump", "ABSTTL"));
}

TEST_F(CopyTest, CopiesByTypeOnceDumpsAreOfALaterVersion) {
  source.answers["SCAN"] = [](const RedisCommand& command) {
    return array({text(command[1] == "0" ? "7" : "0"), array({text("key after " + command[1])})});
  };
  target.answers["RESTORE"] = [](const RedisCommand&) {
    return error("ERR DUMP payload version or checksum are wrong");
  };

  ASSERT_TRUE(run());
  EXPECT_EQ(report.copied, 2U);
  EXPECT_EQ(source.count("DUMP"), 2);  // that which asks whether there is DUMP, and the first key's
  EXPECT_EQ(target.count("RENAMENX"), 2);
}

TEST_F(CopyTest, LeavesNothingBehindOfAKeyThatCannotBeCopied) {
  target.answers["RESTORE"] = [](const RedisCommand&) { return error("ERR Bad data format"); };
  target.answers["SET"] = [](const RedisCommand&) { return error("ERR max request size exceeded."); };

  ASSERT_TRUE(run());
  EXPECT_EQ(report.failed, 2U);
  EXPECT_THAT(report.failures.front().reason, HasSubstr("max request size"));
  EXPECT_EQ(target.asked.back()[0], "UNLINK");
  EXPECT_THAT(target.asked.back()[1], HasSubstr("millrace:import:"));
}

TEST_F(CopyTest, StopsWhenTheDatabaseIsFull) {
  target.answers["RESTORE"] = [](const RedisCommand& command) {
    return command[1] == "a" ? text("OK") : error("ERR DB capacity quota exceeded. Threshold: 1 bytes");
  };

  EXPECT_EQ(run().error().code, ErrorCode::over_limit);
  EXPECT_EQ(report.copied, 1U);
}

TEST_F(CopyTest, SaysHowFarItCameWhenAPeerFails) {
  source.answers["SCAN"] = [](const RedisCommand& command) { return array({text("7"), array({text(command[1])})}); };
  source.calls_left = 6;  // to look around twice, then a page and its keys, and another

  EXPECT_EQ(run().error().code, ErrorCode::unavailable);
  EXPECT_EQ(report.copied, 2U);
}

TEST_F(CopyTest, AsksForFewerKeysAtOnceWhenTheyAreLarge) {
  std::vector<RedisReply> names;
  for (int i = 0; i < 300; ++i) names.push_back(text("key " + std::to_string(i)));
  source.answers["SCAN"] = [&](const RedisCommand&) { return array({text("0"), array(names)}); };
  source.answers["DUMP"] = [](const RedisCommand&) { return text(std::string(1 << 19, 'x')); };

  ASSERT_TRUE(run());
  EXPECT_EQ(report.copied, 300U);
  EXPECT_EQ(source.largest, 2 * 16U);  // only the first time
  EXPECT_LT(source.asked.size(), 650U);
}

TEST_F(CopyTest, RefusesToMixUnasked) {
  target.answers["DBSIZE"] = [](const RedisCommand&) { return integer(2); };

  EXPECT_EQ(run().error().code, ErrorCode::conflict);
  EXPECT_TRUE(run(Existing::keep));
  ASSERT_TRUE(run(Existing::replace));
  EXPECT_EQ(target.asked.back().back(), "REPLACE");
}

}  // namespace
}  // namespace millrace::server
