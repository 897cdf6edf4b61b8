#include "net/resp_parser.h"

#include <gtest/gtest.h>
#include <random>

namespace millrace::net {
namespace {

using Words = std::vector<std::string>;
using Outcome = RespParser::Outcome;

// What a peer that is known, or not yet, gets for `text`: its commands, then the fault if there is one.
struct Told {
  std::vector<Words> commands{};
  std::string fault{};
  bool failed = false;

  bool operator==(const Told&) const = default;
};

Told told(RespParser& parser, std::string_view text, std::size_t piece = SIZE_MAX) {
  Told told;
  while (!text.empty()) {
    auto bytes = text.substr(0, piece);
    text.remove_prefix(bytes.size());
    while (!bytes.empty()) {
      const auto outcome = parser.take(bytes);
      if (outcome == Outcome::command) told.commands.push_back(parser.words());
      if (outcome == Outcome::failed) return {std::move(told.commands), parser.fault(), true};
    }
  }
  return told;
}

Told told(std::string_view text, std::size_t piece = SIZE_MAX) {
  RespParser parser;
  parser.set_known(true);
  return told(parser, text, piece);
}

std::string fault_of(std::string_view text) {
  return told(text).fault;
}

std::vector<Words> commands_of(std::string_view text) {
  const auto all = told(text);
  EXPECT_FALSE(all.failed) << all.fault;
  return all.commands;
}

TEST(RespParser, ReadsCommandsThatFollowOneAnother) {
  const auto commands = commands_of("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n");

  EXPECT_EQ(commands, (std::vector<Words>{{"GET", "k"}, {"PING"}}));
}

TEST(RespParser, TakesAnyBytesInBulks) {
  const std::string value("\0\r\n$*\xff", 6);

  EXPECT_EQ(commands_of("*2\r\n$4\r\nECHO\r\n$6\r\n" + value + "\r\n"), (std::vector<Words>{{"ECHO", value}}));
}

TEST(RespParser, GivesTheSameForEveryCutOfTheBytes) {
  const std::string text =
      "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\nPING  \"a b\" 'c'\r\n*0\r\n*-1\r\n\r\n*1\r\n$4\r\nQUIT\r\n*1\r\n!";
  const auto whole = told(text);

  for (std::size_t piece = 1; piece < text.size(); ++piece) EXPECT_EQ(told(text, piece), whole) << piece;
  EXPECT_EQ(whole.commands, (std::vector<Words>{{"SET", "k", ""}, {"PING", "a b", "c"}, {"QUIT"}}));
}

TEST(RespParser, SplitsALineLikeAShell) {
  EXPECT_EQ(commands_of("set  k\tv\r\n"), (std::vector<Words>{{"set", "k", "v"}}));
  EXPECT_EQ(commands_of("set k v\n"), (std::vector<Words>{{"set", "k", "v"}}));
  EXPECT_EQ(commands_of(R"(a "x\n\x41\"\q" 'it\'s \n' "" b"c d")"
                        "\n"),
            (std::vector<Words>{{"a", "x\nA\"q", "it's \\n", "", "bc d"}}));
}

TEST(RespParser, RefusesQuotesThatDoNotEnd) {
  for (const char* text : {"a \"b\n", "a 'b\n", "a \"b\"c\n", "a 'b'c\n", "a \"b\\\n"}) {
    EXPECT_EQ(fault_of(text), "ERR Protocol error: unbalanced quotes in request") << text;
  }
}

TEST(RespParser, PassesOverCommandsWithoutWords) {
  EXPECT_TRUE(commands_of("\r\n\n   \r\n*0\r\n*-1\r\n*-10\r\n").empty());
}

TEST(RespParser, RefusesACountThatIsNone) {
  for (const char* text : {"*3000000000\r\n", "*blabla\r\n", "*\r\n", "*+1\r\n", "*01\r\n", "*-0\r\n", "* 1\r\n",
                           "*99999999999999999999999\r\n"}) {
    EXPECT_EQ(fault_of(text), "ERR Protocol error: invalid multibulk length") << text;
  }
}

TEST(RespParser, RefusesWordsWithoutALength) {
  EXPECT_EQ(fault_of("*1\r\nfoo\r\n"), "ERR Protocol error: expected '$', got 'f'");
  EXPECT_EQ(fault_of("*1\r\n\r\n"), "ERR Protocol error: expected '$', got ' '");
  for (const char* text :
       {"*1\r\n$-10\r\n", "*1\r\n$2000000000\r\n", "*1\r\n$blabla\r\n", "*1\r\n$\r\n", "*1\r\n$536870913\r\n"}) {
    EXPECT_EQ(fault_of(text), "ERR Protocol error: invalid bulk length") << text;
  }
}

TEST(RespParser, RefusesLinesWithoutAnEnd) {
  const std::string long_text(70'000, '1');

  EXPECT_EQ(fault_of(long_text), "ERR Protocol error: too big inline request");
  EXPECT_EQ(fault_of(long_text + "\n"), "ERR Protocol error: too big inline request");
  EXPECT_EQ(fault_of("*" + long_text), "ERR Protocol error: too big mbulk count string");
  EXPECT_EQ(fault_of("*1\r\n$" + long_text), "ERR Protocol error: too big bulk count string");
}

TEST(RespParser, AllowsAnUnknownPeerShortCommandsOnly) {
  RespParser one;
  EXPECT_EQ(told(one, "*11\r\n").fault, "ERR Protocol error: unauthenticated multibulk length");

  RespParser other;
  EXPECT_EQ(told(other, "*1\r\n$16385\r\n").fault, "ERR Protocol error: unauthenticated bulk length");

  RespParser short_one;
  EXPECT_FALSE(told(short_one, "*10\r\n$16384\r\n").failed);
}

TEST(RespParser, ReadsTheNextCommandByWhatTheLastHasMadeOfThePeer) {
  RespParser parser;
  std::string_view text = "*1\r\n$4\r\nAUTH\r\n*11\r\n";
  ASSERT_EQ(parser.take(text), Outcome::command);

  parser.set_known(true);

  EXPECT_EQ(parser.take(text), Outcome::incomplete);
}

TEST(RespParser, ObeysTheLimitOfBulksThatItIsGiven) {
  RespParser parser;
  parser.set_known(true);
  parser.set_bulk_bytes(4);

  EXPECT_EQ(told(parser, "*2\r\n$4\r\nECHO\r\n$5\r\n").fault, "ERR Protocol error: invalid bulk length");
}

TEST(RespParser, EndsWithoutAWordWhenACommandOutgrowsTheMemory) {
  RespParser parser({.command_bytes = 1000});
  parser.set_known(true);

  const auto end = told(parser, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$950\r\n");

  EXPECT_TRUE(end.failed);
  EXPECT_EQ(end.fault, "");
}

TEST(RespParser, TakesMemoryForWhatHasArrivedOnly) {
  RespParser parser;
  parser.set_known(true);
  std::string_view text = "*2147483647\r\n$536870912\r\nabc";

  EXPECT_EQ(parser.take(text), Outcome::incomplete);

  EXPECT_LT(parser.words().at(0).capacity(), 1000u);
  EXPECT_LT(parser.words().capacity(), 10u);
}

TEST(RespParser, ReadsALargeBulkInManyPieces) {
  const std::string value(3'000'000, 'x');

  const auto all = told("*2\r\n$4\r\nECHO\r\n$3000000\r\n" + value + "\r\n", 16384);

  EXPECT_EQ(all.commands, (std::vector<Words>{{"ECHO", value}}));
}

TEST(RespParser, KeepsNoLargeWordsOnceTrimmed) {
  RespParser parser;
  parser.set_known(true);
  told(parser, "*1\r\n$100000\r\n" + std::string(100'000, 'x') + "\r\n");

  parser.trim();

  for (const auto& word : parser.words()) EXPECT_LT(word.capacity(), 20'000u);
  EXPECT_EQ(told(parser, "PING\n").commands, (std::vector<Words>{{"PING"}}));
}

TEST(RespParser, SaysWhetherACommandHasBegun) {
  RespParser parser;
  EXPECT_FALSE(parser.in_command());
  told(parser, "*1\r");
  EXPECT_TRUE(parser.in_command());
  told(parser, "\n$4\r\nPING\r\n");
  EXPECT_FALSE(parser.in_command());
}

TEST(RespParser, ReadsBackWhateverIsWritten) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 dice(seed);
  std::vector<Words> commands;
  std::string text;
  for (int number = 0; number < 300; ++number) {
    Words words(1 + dice() % 5);
    text += "*" + std::to_string(words.size()) + "\r\n";
    for (auto& word : words) {
      word.resize(dice() % (dice() % 20 == 0 ? 40'000 : 40));
      for (auto& c : word) c = static_cast<char>(dice());
      text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    commands.push_back(std::move(words));
  }

  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, text.size()}) {
    EXPECT_EQ(told(text, piece).commands, commands) << piece;
  }
}

}  // namespace
}  // namespace millrace::net
