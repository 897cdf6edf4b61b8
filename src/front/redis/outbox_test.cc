#include "front/redis/outbox.h"

#include <gtest/gtest.h>

#include "front/redis/testing.h"

namespace millrace::front {
namespace {

class OutboxTest : public testing::Test {
 protected:
  void write(std::string_view text, Outbox::Flight flight = Outbox::none) {
    outbox_.begin(flight).append(text);
    outbox_.end();
  }

  TestPeer peer_{};
  Outbox outbox_{peer_};
};

TEST_F(OutboxTest, SendsAtOnceWhatWaitsForNothing) {
  write("a");
  write("b");

  EXPECT_EQ(peer_.sent, "ab");
  EXPECT_FALSE(outbox_.holding());
}

TEST_F(OutboxTest, HoldsAReplyAndAllBehindIt) {
  write("a");
  write("b", 1);
  write("c");
  EXPECT_EQ(peer_.sent, "a");
  EXPECT_EQ(outbox_.held_bytes(), 2u);

  outbox_.land(1, true, "");

  EXPECT_EQ(peer_.sent, "abc");
  EXPECT_FALSE(outbox_.holding());
}

TEST_F(OutboxTest, ReleasesWhatLiesBeforeTheNextFlight) {
  write("a", 1);
  write("b");
  write("c", 2);
  write("d");

  outbox_.land(1, true, "");
  EXPECT_EQ(peer_.sent, "ab");
  outbox_.land(2, true, "");
  EXPECT_EQ(peer_.sent, "abcd");
}

TEST_F(OutboxTest, KeepsTheOrderWhenALaterFlightFailsFirst) {
  write("a", 1);
  write("b", 2);
  write("c", 2);
  write("d");

  outbox_.land(2, false, "MISCONF full");
  EXPECT_EQ(peer_.sent, "");
  outbox_.land(1, true, "");
  EXPECT_EQ(peer_.sent, "a-MISCONF full\r\n-MISCONF full\r\nd");
}

TEST_F(OutboxTest, DropsWhatIsWrittenWhileMuted) {
  write("a", 1);
  outbox_.mute(true);
  write("b", 1);
  write("c");
  outbox_.mute(false);
  write("d");

  outbox_.land(1, true, "");

  EXPECT_EQ(peer_.sent, "ad");
}

}  // namespace
}  // namespace millrace::front
