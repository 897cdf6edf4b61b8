#include "base/crc64.h"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Crc64, GivesTheSumsOfRedis) {
  EXPECT_EQ(crc64(""), 0u);
  EXPECT_EQ(crc64("123456789"), 0xe9c6d914c4b8d9ca);
}

}  // namespace
}  // namespace millrace
