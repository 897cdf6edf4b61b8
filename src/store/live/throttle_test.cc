#include "store/live/throttle.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

TEST(Throttle, LetsABurstPassAndSpreadsTheRest) {
  Throttle throttle;
  std::int64_t delay = 0;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(throttle.take({1}, 100, 1'000), 0);
  for (int i = 0; i < 100; ++i) delay = throttle.take({1}, 100, 1'000);

  EXPECT_EQ(delay, 1'000);
  EXPECT_EQ(throttle.take({2}, 100, 1'000), 0);
}

TEST(Throttle, ForgetsWhatIsPaid) {
  Throttle throttle;
  for (int i = 0; i < 110; ++i) throttle.take({1}, 100, 1'000);

  EXPECT_EQ(throttle.take({1}, 100, 3'000), 0);
}

}  // namespace
}  // namespace millrace::store
