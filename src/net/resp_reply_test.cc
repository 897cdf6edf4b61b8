#include "net/resp_reply.h"

#include <deque>
#include <gtest/gtest.h>

namespace millrace::net {
namespace {

using Kind = RespReply::Kind;

// Gives `text` in pieces of `size` bytes, then an end.
RespReplyReader reader_of(std::string text, std::size_t size) {
  auto left = std::make_shared<std::string>(std::move(text));
  return RespReplyReader([left, size](std::string& input) -> Result<void> {
    if (left->empty()) return Error{ErrorCode::unavailable, "the end"};
    input += left->substr(0, size);
    left->erase(0, size);
    return {};
  });
}

TEST(RespReplyReader, ReadsEveryKindInPiecesOfAnySize) {
  for (std::size_t size : {1, 2, 3, 7, 1000}) {
    auto reader =
        reader_of("+OK\r\n-ERR no\r\n:-12\r\n$4\r\na\r\nb\r\n$-1\r\n*-1\r\n*2\r\n*1\r\n:1\r\n$0\r\n\r\n", size);

    EXPECT_EQ(reader.read()->text, "OK");
    RespReply error = *reader.read();
    EXPECT_TRUE(error.is_error());
    EXPECT_EQ(error.text, "ERR no");
    EXPECT_EQ(reader.read()->integer, -12);
    EXPECT_EQ(reader.read()->text, "a\r\nb");
    EXPECT_TRUE(reader.read()->is_nil());
    EXPECT_TRUE(reader.read()->is_nil());
    RespReply array = *reader.read();
    ASSERT_EQ(array.elements.size(), 2U);
    EXPECT_EQ(array.elements[0].elements[0].integer, 1);
    EXPECT_EQ(array.elements[1].kind, Kind::text);
    EXPECT_EQ(reader.read().error().message, "the end");
  }
}

TEST(RespReplyReader, ReadsThousandsOfRepliesOneAfterAnother) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += ":" + std::to_string(i) + "\r\n";
  auto reader = reader_of(text, 4096);

  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(reader.read()->integer, i);
}

TEST(RespReplyReader, RefusesWhatIsNoReply) {
  for (std::string text :
       {"HTTP/1.1 400 Bad Request\r\n", "\r\n", ":x\r\n", "$2000000000\r\n", "*99999999999\r\n", "%1\r\n", "$1x\r\n"}) {
    auto reader = reader_of(text, 5);

    EXPECT_EQ(reader.read().error().code, ErrorCode::corrupt) << text;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "*1\r\n";
  EXPECT_EQ(reader_of(deep, 100).read().error().code, ErrorCode::corrupt);
  EXPECT_EQ(reader_of(std::string(100'000, '+'), 1000).read().error().code, ErrorCode::corrupt);
}

TEST(RespCommand, IsAnArrayOfBulkStrings) {
  std::string out;
  append_resp_command(out, {"SET", "a\r\n", ""});

  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$3\r\na\r\n\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace millrace::net
