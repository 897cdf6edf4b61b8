#include "store/embedded/stream_rows.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

// Five entries were added, 1-0 to 5-0.
StreamRow five_entries() {
  return {.length = 5, .last = {5, 0}, .first = {1, 0}, .entries_added = 5};
}

TEST(StreamRows, AreReadAsTheyWereWritten) {
  StreamRow stream{.length = 3,
                   .last = stream_id_most,
                   .first = {1, 2},
                   .deleted_most = {7, 8},
                   .entries_added = 300,
                   .groups = 2,
                   .group_next = 9};
  auto stream_read = decode_stream(encode(stream));
  ASSERT_TRUE(stream_read);
  EXPECT_EQ(encode(*stream_read), encode(stream));
  EXPECT_EQ(stream_read->deleted_most, stream.deleted_most);

  GroupRow group{.number = 4, .last = {1, 1}, .entries_read = 0, .pending = 7, .consumers = 2, .pending_most = {1, 1}};
  EXPECT_EQ(decode_group(encode(group))->entries_read, 0u);
  group.entries_read.reset();
  EXPECT_EQ(decode_group(encode(group))->entries_read, std::nullopt);
  EXPECT_EQ(decode_group(encode(group))->pending, 7u);

  EXPECT_EQ(decode_consumer(encode(ConsumerRow{.seen_at = 5, .active_at = 4, .pending = 3}))->pending, 3u);
  EXPECT_EQ(decode_pending(encode(PendingRow{.consumer = "a\0b", .delivered_at = 9, .deliveries = 2}))->deliveries, 2u);
}

TEST(StreamRows, AreNotReadWhenCutOffOrTooLong) {
  std::string stream = encode(five_entries());
  EXPECT_FALSE(decode_stream(stream + "x"));
  for (std::size_t size = 0; size < stream.size(); ++size) EXPECT_FALSE(decode_stream(stream.substr(0, size))) << size;
  std::string group = encode(GroupRow{});
  EXPECT_FALSE(decode_group(group + "x"));
  EXPECT_FALSE(decode_group(group.substr(1)));
  EXPECT_FALSE(decode_consumer(""));
  EXPECT_FALSE(decode_pending(""));
}

TEST(StreamRows, KeepTheNamesInTheirMembers) {
  EXPECT_EQ(name_of_group_member(group_member("workers")), "workers");
  EXPECT_EQ(name_of_consumer_member(consumer_member(7, "alice")), "alice");
  EXPECT_EQ(id_of_member(entry_member({1, 2})), (StreamId{1, 2}));
  EXPECT_EQ(id_of_member(pending_member(7, {1, 2})), (StreamId{1, 2}));
  EXPECT_EQ(id_of_member(delivered_member(7, "alice", {1, 2})), (StreamId{1, 2}));
}

TEST(StreamRows, TellConsumersApartWhoseNamesBeginAlike) {
  KeyRange range = delivered_members(7, "a", stream_id_least, stream_id_most);
  EXPECT_GE(delivered_member(7, "a", stream_id_most), range.begin);
  EXPECT_LT(delivered_member(7, "a", stream_id_most), range.end);
  for (const char* other : {"ab", "", "a\x01", "b"}) {
    std::string member = delivered_member(7, other, {5, 5});
    EXPECT_TRUE(member < range.begin || member >= range.end) << other;
  }
}

TEST(StreamCounts, AreKnownAtBothEndsOfAStreamWithoutGaps) {
  StreamRow stream = five_entries();
  EXPECT_EQ(entries_up_to(stream, {0, 5}), 0u);
  EXPECT_EQ(entries_up_to(stream, {1, 0}), 1u);
  EXPECT_EQ(entries_up_to(stream, {3, 0}), std::nullopt);
  EXPECT_EQ(entries_up_to(stream, {5, 0}), 5u);
  EXPECT_EQ(entries_up_to(stream, {6, 0}), std::nullopt);
  EXPECT_EQ(entries_up_to({}, {6, 0}), 0u);

  stream.length = 3;  // trimmed
  stream.first = {3, 0};
  EXPECT_EQ(entries_up_to(stream, {1, 0}), 2u);
  EXPECT_EQ(entries_up_to(stream, {3, 0}), 3u);
  stream.length = 0;
  stream.first = {};
  EXPECT_EQ(entries_up_to(stream, {2, 0}), 5u);
}

TEST(StreamCounts, AreUnknownBeforeAGap) {
  StreamRow stream = five_entries();
  stream.length = 4;
  stream.deleted_most = {3, 0};
  EXPECT_EQ(entries_up_to(stream, {0, 5}), std::nullopt);
  EXPECT_EQ(entries_up_to(stream, {5, 0}), 5u);
  EXPECT_TRUE(has_gaps_after(stream, {3, 0}));
  EXPECT_FALSE(has_gaps_after(stream, {3, 1}));

  stream.first = {4, 0};  // what was before the gap was trimmed
  stream.length = 2;
  EXPECT_FALSE(has_gaps_after(stream, {0, 0}));
  EXPECT_EQ(entries_up_to(stream, {1, 0}), 3u);
}

TEST(StreamCounts, FollowAGroupAndFindItAgainAtTheEnd) {
  StreamRow stream = five_entries();
  GroupRow group{.entries_read = 0};
  EXPECT_EQ(lag(stream, group), 5);
  deliver(stream, group, {1, 0});
  deliver(stream, group, {2, 0});
  EXPECT_EQ(group.entries_read, 2u);
  EXPECT_EQ(lag(stream, group), 3);

  stream.deleted_most = {4, 0};
  stream.length = 4;
  EXPECT_EQ(lag(stream, group), std::nullopt);
  deliver(stream, group, {3, 0});
  EXPECT_EQ(group.entries_read, std::nullopt);
  deliver(stream, group, {5, 0});
  EXPECT_EQ(group.entries_read, 5u);
  EXPECT_EQ(lag(stream, group), 0);
}

}  // namespace
}  // namespace millrace::store
