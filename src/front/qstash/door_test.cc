#include "front/qstash/door.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

using Names = std::vector<std::string>;

TEST(MatchPath, TakesNamesAndTheRest) {
  EXPECT_EQ(match_path("/v2/queues/{}/pause", "/v2/queues/a%20b/pause")->names, Names{"a b"});
  EXPECT_EQ(match_path("/v2/publish/*", "/v2/publish/https://a.example//b/")->tail, "https://a.example//b/");
  auto both = match_path("/v2/enqueue/{}/*", "/v2/enqueue/mail/http://a");
  EXPECT_EQ(both->names, Names{"mail"});
  EXPECT_EQ(both->tail, "http://a");
}

TEST(MatchPath, IsExactElsewhere) {
  EXPECT_TRUE(match_path("/v2/queues", "/v2/queues"));
  for (const char* path : {"/v2/queues/", "/v2/queue", "/v2", "/v2/queues/x", "/v2/Queues", ""}) {
    EXPECT_FALSE(match_path("/v2/queues", path)) << path;
  }
  EXPECT_FALSE(match_path("/v2/queues/{}", "/v2/queues/"));
  EXPECT_FALSE(match_path("/v2/queues/{}", "/v2/queues/a/b"));
  EXPECT_FALSE(match_path("/v2/publish/*", "/v2/publish/"));
}

TEST(QstashDoor, OwnsBothVersions) {
  EXPECT_TRUE(QstashDoor::owns("/v1/topics"));
  EXPECT_TRUE(QstashDoor::owns("/v2/publish/x"));
  EXPECT_FALSE(QstashDoor::owns("/v3/x"));
  EXPECT_FALSE(QstashDoor::owns("/v2x"));
}

TEST(ReadOnlyToken, IsAnotherForEachToken) {
  EXPECT_EQ(read_only_token("a"), read_only_token("a"));
  EXPECT_NE(read_only_token("a"), read_only_token("b"));
}

}  // namespace
}  // namespace millrace::front
