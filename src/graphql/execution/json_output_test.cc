#include "graphql/execution/json_output.h"

#include <gtest/gtest.h>
#include <random>

#include "base/json_writer.h"

namespace millrace::graphql {
namespace {

TEST(JsonOutput, EscapesAsTheOtherWriterDoes) {
  auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (auto& byte : text) byte = static_cast<char>(random() % 4 == 0 ? random() % 256 : 'a' + random() % 26);
    JsonOutput out;
    out.string(text);
    std::string expected;
    append_json_string(expected, text);

    ASSERT_EQ(out.finish(), expected);
  }
}

TEST(JsonOutput, GrowsAsFarAsNeeded) {
  JsonOutput out;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    out.integer(i);
    out.raw(",");
    expected += std::to_string(i) + ",";
  }
  std::string large(100'000, '\n');
  out.string(large);

  EXPECT_EQ(out.size(), expected.size() + 200'002);
  EXPECT_EQ(out.finish().substr(0, expected.size()), expected);
}

TEST(JsonOutput, CutsBack) {
  JsonOutput out;
  out.raw("[1,");
  auto start = out.size();
  out.string("begun");
  out.truncate(start);
  out.null();

  EXPECT_EQ(out.finish(), "[1,null");
}

TEST(JsonOutput, WritesNumbersAsJavaScriptDoes) {
  auto written = [](double value) {
    JsonOutput out;
    out.number(value);
    return out.finish();
  };

  EXPECT_EQ(written(-0.0), "0");
  EXPECT_EQ(written(100000), "100000");
  EXPECT_EQ(written(1e21), "1e+21");
  EXPECT_EQ(written(0.1), "0.1");
  EXPECT_EQ(written(9007199254740993.0), "9007199254740992");
}

}  // namespace
}  // namespace millrace::graphql
