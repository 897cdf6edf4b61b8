#include "store/embedded/stream_id.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

TEST(StreamId, IsReadFromTwoNumbersOrOne) {
  EXPECT_EQ(parse_stream_id("1526919030474-55"), (StreamId{1526919030474, 55}));
  EXPECT_EQ(parse_stream_id("7"), (StreamId{7, 0}));
  EXPECT_EQ(parse_stream_id("7", UINT64_MAX), (StreamId{7, UINT64_MAX}));
  EXPECT_EQ(parse_stream_id("18446744073709551615-18446744073709551615"), stream_id_most);
  EXPECT_EQ(parse_stream_id("007-01"), (StreamId{7, 1}));
}

TEST(StreamId, IsNotReadFromAnythingElse) {
  for (const char* text : {"", "-", "+", "1-", "-1", "1-2-3", "1--2", " 1-1", "1-1 ", "x", "1-x", "+1-1",
                           "18446744073709551616-0", "0-18446744073709551616", "(1-1"}) {
    EXPECT_FALSE(parse_stream_id(text)) << text;
  }
}

TEST(StreamId, HasNeighboursAcrossMilliseconds) {
  EXPECT_EQ(next({1, UINT64_MAX}), (StreamId{2, 0}));
  EXPECT_EQ(previous({2, 0}), (StreamId{1, UINT64_MAX}));
  EXPECT_EQ(next({1, 1}), (StreamId{1, 2}));
  EXPECT_FALSE(next(stream_id_most));
  EXPECT_FALSE(previous(stream_id_least));
}

TEST(StreamId, SortsAsBytesAsItDoesAsNumbers) {
  std::string before;
  for (StreamId id : {StreamId{0, 0}, {0, 255}, {0, 256}, {1, 0}, {255, UINT64_MAX}, {256, 0}, stream_id_most}) {
    std::string bytes;
    append_stream_id(bytes, id);
    EXPECT_EQ(decode_stream_id(bytes), id);
    EXPECT_TRUE(before.empty() || before < bytes) << to_text(id);
    before = bytes;
  }
  EXPECT_FALSE(decode_stream_id("short"));
}

}  // namespace
}  // namespace millrace::store
