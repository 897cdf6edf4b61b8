#include <gtest/gtest.h>

#include "eventlog/event_log.h"

namespace millrace::eventlog {
namespace {

// The hash itself, for a modulus beyond its range gives it back without its sign.
std::uint32_t hash(std::string_view key) {
  return partition_of_key(key, 0x80000000U);
}

TEST(Partitioner, HashesAsKafkaDoes) {
  EXPECT_EQ(hash("21"), static_cast<std::uint32_t>(-973932308) & 0x7fffffffU);
  EXPECT_EQ(hash("foobar"), static_cast<std::uint32_t>(-790332482) & 0x7fffffffU);
  EXPECT_EQ(hash("abc"), 479470107u);
  EXPECT_EQ(hash("a-little-bit-long-string"), static_cast<std::uint32_t>(-985981536) & 0x7fffffffU);
  EXPECT_EQ(hash("a-little-bit-longer-string"), static_cast<std::uint32_t>(-1486304829) & 0x7fffffffU);
}

TEST(Partitioner, TakesAnEmptyKeyLikeAnyOther) {
  EXPECT_EQ(partition_of_key("", 7), partition_of_key(std::string(), 7));
  EXPECT_LT(partition_of_key("", 7), 7u);
}

}  // namespace
}  // namespace millrace::eventlog
