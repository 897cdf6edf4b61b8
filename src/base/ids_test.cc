#include "base/ids.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using std::chrono::milliseconds;

Timestamp at(std::int64_t since_epoch) {
  return Timestamp(milliseconds(since_epoch));
}

TEST(Ids, MakesUlidsOfTheSpecifiedForm) {
  OrderedIds ids([](std::span<std::uint8_t> out) { std::ranges::fill(out, 0); });

  EXPECT_EQ(ids.ulid(at(1469922850259)), "01ARZ3NDEK0000000000000000");
  EXPECT_EQ(ids.ulid(at(1469922850259)), "01ARZ3NDEK0000000000000001");
}

TEST(Ids, AscendWithinAMillisecondAndWhenTheClockGoesBack) {
  OrderedIds ids;
  std::vector<std::string> ulids;
  std::vector<std::string> uuids;
  for (std::int64_t time : {1'000, 1'000, 999, 1'001, 5, 1'002}) {
    for (int i = 0; i < 300; ++i) ulids.push_back(ids.ulid(at(time)));
    for (int i = 0; i < 300; ++i) uuids.push_back(ids.uuidv7(at(time)));
  }

  EXPECT_TRUE(std::ranges::is_sorted(ulids));
  EXPECT_EQ(std::ranges::adjacent_find(ulids), ulids.end());
  EXPECT_TRUE(std::ranges::is_sorted(uuids));
}

TEST(Ids, MakeUuidsOfVersion7) {
  OrderedIds ids;
  std::string id = ids.uuidv7(at(1645557742000));

  EXPECT_EQ(id.substr(0, 13), "017f22e2-79b0");
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(Ids, CountClockIdsWithinAMillisecond) {
  EXPECT_EQ(next_clock_id("", at(1679311303901)), "1679311303901.001");
  EXPECT_EQ(next_clock_id("1679311303901.001", at(1679311303901)), "1679311303901.002");
  EXPECT_EQ(next_clock_id("1679311303901.009", at(1679311303901)), "1679311303901.011");
  EXPECT_EQ(next_clock_id("1679311303901.999", at(1679311303901)), "1679311303902.001");
  EXPECT_EQ(next_clock_id("1679311303901.048", at(1679311300000)), "1679311303901.049");
  EXPECT_EQ(next_clock_id("1679311303901.048", at(1679311303902)), "1679311303902.001");
}

TEST(Time, WritesAndReadsRfc3339) {
  EXPECT_EQ(to_rfc3339(at(1679311303901)), "2023-03-20T11:21:43.901Z");
  EXPECT_EQ(from_rfc3339("2023-03-20T11:21:43.901Z"), at(1679311303901));
  EXPECT_EQ(from_rfc3339("2023-03-20T12:51:43.9019+01:30"), at(1679311303901));
  EXPECT_EQ(from_rfc3339("1969-12-31T23:59:59Z"), at(-1000));
  for (std::string_view wrong :
       {"", "2023-03-20", "2023-02-30T00:00:00Z", "2023-03-20T24:00:00Z", "2023-03-20T11:21:43",
        "2023-03-20T11:21:43.Z", "2023-03-20T11:21:43Zx", "2023-03-20T11:21:43+25:00"}) {
    EXPECT_FALSE(from_rfc3339(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace millrace
