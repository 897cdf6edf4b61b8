#include "store/commands/streams_arguments.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

using Words = std::vector<std::string>;

TEST(StreamArguments, TakeOptionsInAnyOrderBeforeTheId) {
  Words words{"s", "limit", "7", "ACKED", "nomkstream", "minid", "~", "5", "3-*", "MAXLEN", "1"};
  auto options = parse_add(words).value();
  EXPECT_EQ(options.id_at, 8u);
  EXPECT_FALSE(options.create);
  EXPECT_EQ(options.id, (StreamId{3, 0}));
  EXPECT_FALSE(options.sequence_given);
  EXPECT_EQ(options.trimming.id_least, (StreamId{5, 0}));
  EXPECT_TRUE(options.trimming.approximate);
  EXPECT_EQ(options.trimming.limit, 7u);
  EXPECT_EQ(options.trimming.references, References::acknowledged);
}

TEST(StreamArguments, RefuseALimitOfAnExactTrimming) {
  EXPECT_FALSE(parse_trim(Words{"s", "MAXLEN", "=", "5", "LIMIT", "1"}));
  EXPECT_FALSE(parse_trim(Words{"s", "MAXLEN", "5", "LIMIT", "0"}));
  EXPECT_TRUE(parse_trim(Words{"s", "MAXLEN", "~", "5", "LIMIT", "0"}));
}

TEST(StreamArguments, LeaveOutAnIdBehindAParenthesis) {
  EXPECT_EQ(to_range_start("(5-3").value(), (StreamId{5, 4}));
  EXPECT_EQ(to_range_start("(5").value(), (StreamId{5, 1}));
  EXPECT_EQ(to_range_end("(5-0").value(), (StreamId{4, UINT64_MAX}));
  EXPECT_EQ(to_range_end("5").value(), (StreamId{5, UINT64_MAX}));
  EXPECT_FALSE(to_range_start("("));
  EXPECT_FALSE(to_range_end("(+"));
}

TEST(TrimmingByNodes, GivesUpWholeNodesOnly) {
  EXPECT_EQ(trimmed_by_nodes(99, 1000, 1000, 100), 0u);
  EXPECT_EQ(trimmed_by_nodes(100, 1000, 1000, 100), 100u);
  EXPECT_EQ(trimmed_by_nodes(445, 1000, 1000, 100), 400u);
  EXPECT_EQ(trimmed_by_nodes(1000, 1000, 1000, 100), 1000u);
  EXPECT_EQ(trimmed_by_nodes(3, 3, 3, 100), 3u);
  EXPECT_EQ(trimmed_by_nodes(2, 3, 3, 100), 0u);
}

TEST(TrimmingByNodes, KnowsWhatIsLeftOfTheFirstNode) {
  EXPECT_EQ(trimmed_by_nodes(111, 555, 1000, 100), 55u);
  EXPECT_EQ(trimmed_by_nodes(54, 555, 1000, 100), 0u);
  EXPECT_EQ(trimmed_by_nodes(155, 555, 1000, 100), 155u);
  EXPECT_EQ(trimmed_by_nodes(1, 10, 99, 1), 1u);
}

TEST(TrimmingNearlyExactly, WaitsForANodesWorth) {
  EXPECT_EQ(trimmed_nearly_exactly(970, 100), 970u);
  EXPECT_EQ(trimmed_nearly_exactly(100, 100), 100u);
  EXPECT_EQ(trimmed_nearly_exactly(90, 100), 0u);
}

}  // namespace
}  // namespace millrace::store
