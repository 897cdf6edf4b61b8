#include "store/scripting/library_dump.h"

#include <gtest/gtest.h>

#include "base/crc64.h"

namespace millrace::store {
namespace {

std::string sealed(std::string bytes) {
  bytes.push_back(11);
  bytes.push_back(0);
  const std::uint64_t sum = crc64(bytes);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(sum >> (8 * i)));
  return bytes;
}

std::string error_of(std::string_view payload) {
  auto codes = read_library_dump(payload);
  return codes ? "" : codes.error().message;
}

TEST(LibraryDump, IsReadAsItWasWritten) {
  const std::vector<std::string> codes{"", "short", std::string(100, 'x'), std::string(20'000, 'y')};

  EXPECT_EQ(read_library_dump(dump_libraries(codes)).value(), codes);
  EXPECT_TRUE(read_library_dump(dump_libraries({})).value().empty());
}

TEST(LibraryDump, HasTheBytesOfRedis) {
  EXPECT_EQ(dump_libraries(std::vector<std::string>{"ab"}).substr(0, 6), std::string("\xf5\x02"
                                                                                     "ab\x0b\0",
                                                                                     6));
}

TEST(LibraryDump, ReadsWhatRedisPacked) {
  // "abc", then 9 bytes from 3 back: abcabcabcabc.
  const std::string packed(
      "\x02"
      "abc\xe0\x00\x02",
      7);
  EXPECT_EQ(read_library_dump(sealed("\xf5\xc3\x07\x0c" + packed)).value(), std::vector<std::string>{"abcabcabcabc"});
  EXPECT_EQ(error_of(sealed("\xf5\xc3\x07\x0b" + packed)), "ERR failed loading the given functions payload");
}

TEST(LibraryDump, IsRefusedWhenDamaged) {
  std::string payload = dump_libraries(std::vector<std::string>{"code"});
  for (std::size_t i = 0; i < payload.size(); ++i) {
    std::string other = payload;
    other[i] ^= 1;
    EXPECT_EQ(error_of(other), "ERR DUMP payload version or checksum are wrong") << i;
  }
  EXPECT_EQ(error_of("bad_payload"), "ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(error_of(""), "ERR DUMP payload version or checksum are wrong");
  EXPECT_EQ(error_of(sealed("\xf6")), "ERR Pre-GA function format not supported");
  EXPECT_EQ(error_of(sealed("\x01")), "ERR given type is not a function");
  EXPECT_EQ(error_of(sealed("\xf5\x05"
                            "abc")),
            "ERR failed loading the given functions payload");
  EXPECT_EQ(error_of(sealed("\xf5")), "ERR failed loading the given functions payload");
}

}  // namespace
}  // namespace millrace::store
