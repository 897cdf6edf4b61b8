#include "delivery/message_ids.h"

#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

constexpr Timestamp now{std::chrono::milliseconds(1'760'000'000'000)};

TEST(MessageIds, HaveAWordAndTwentyEightDigits) {
  MessageIds ids;
  std::string id = ids.next("msg_", now);

  EXPECT_EQ(id.size(), 32u);
  EXPECT_TRUE(id.starts_with("msg_"));
  EXPECT_EQ(id.find_first_of("0OIl", 4), std::string::npos);
}

TEST(MessageIds, AscendWithinAMillisecondAndWhenTheClockGoesBack) {
  MessageIds ids;
  std::string last;
  for (int i = 0; i < 10'000; ++i) {
    std::string next = ids.next("msg_", now - std::chrono::milliseconds(i % 7));
    ASSERT_LT(last, next);
    last = next;
  }
}

TEST(MessageIds, AscendWithTheClock) {
  MessageIds ids;
  std::string before = ids.next("msg_", now);

  EXPECT_LT(before, ids.next("msg_", now + std::chrono::milliseconds(1)));
  EXPECT_LT(before, MessageIds().next("msg_", now + std::chrono::hours(24 * 365 * 20)));
}

TEST(RandomIds, Differ) {
  EXPECT_NE(random_id("sig_"), random_id("sig_"));
}

}  // namespace
}  // namespace millrace::delivery
