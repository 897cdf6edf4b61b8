#include "front/redis/outbox.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

class Peer final : public net::RespPeer {
 public:
  std::string& out() override { return sent; }
  void send(std::string bytes) override { sent += bytes; }
  std::size_t unsent() const override { return 0; }
  void go_on() override {}
  void close() override {}
  void close_after_replies() override {}
  const std::string& address() const override { return text_; }
  const std::string& server_address() const override { return text_; }
  std::uint64_t number() const override { return 1; }
  std::chrono::steady_clock::time_point heard_at() const override { return {}; }
  net::RespParser& parser() override { return parser_; }

  std::string sent{};

 private:
  std::string text_{};
  net::RespParser parser_{};
};

class OutboxTest : public testing::Test {
 protected:
  void write(std::string_view text, Outbox::Flight flight = Outbox::none) {
    outbox_.begin(flight).append(text);
    outbox_.end();
  }

  Peer peer_{};
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
