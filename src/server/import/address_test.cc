#include "server/import/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::server {
namespace {

using testing::HasSubstr;
using testing::Not;

SourceAddress parsed(std::string_view url, const std::string& token = "") {
  return parse_source(url, token).value();
}

TEST(ParseSource, ReadsEachPartOfARedisUrl) {
  SourceAddress address = parsed("rediss://ana:p%40ss%2Fword@redis.example.com:6380/3");

  EXPECT_FALSE(address.rest);
  EXPECT_TRUE(address.place.tls);
  EXPECT_EQ(address.place.host, "redis.example.com");
  EXPECT_EQ(address.place.port, 6380);
  EXPECT_EQ(address.user, "ana");
  EXPECT_EQ(address.password, "p@ss/word");
  EXPECT_EQ(address.index, 3);
}

TEST(ParseSource, LeavesOutWhatMayBeLeftOut) {
  EXPECT_EQ(parsed("redis://").place.host, "127.0.0.1");
  EXPECT_EQ(parsed("redis://db").place.host, "db");
  EXPECT_EQ(parsed("redis://db").place.port, 6379);
  EXPECT_EQ(parsed("redis://db/").index, 0);
  EXPECT_EQ(parsed("redis://:secret@db").password, "secret");
  EXPECT_EQ(parsed("redis://db:7000?timeout=5").place.port, 7000);
  EXPECT_EQ(parsed("redis://[::1]:7000/1").place.host, "::1");
  EXPECT_EQ(parsed("redis://[::1]").place.port, 6379);
}

TEST(ParseSource, TakesTheTokenOfRestFromEitherPlace) {
  EXPECT_EQ(parsed("https://one.upstash.io", "secret").password, "secret");
  EXPECT_EQ(parsed("https://:secret@one.upstash.io/").password, "secret");
  EXPECT_EQ(parsed("https://secret@one.upstash.io").password, "secret");
  EXPECT_EQ(parsed("http://default:old@localhost:8080/redis", "new").password, "new");
  EXPECT_EQ(parsed("http://default:old@localhost:8080/redis/").rest_url, "http://localhost:8080/redis");
}

TEST(ParseSource, SaysWhatToWriteInstead) {
  for (std::string_view url : {"localhost:6379", "ftp://x", "redis://x:port", "redis://x:0", "redis://x:70000",
                               "redis://x/first", "redis://x/-1", "https://:t@"}) {
    auto refused = parse_source(url, "");

    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr("redis://")) << url;
  }
  EXPECT_THAT(parse_source("https://one.upstash.io", "").error().message, HasSubstr("--token"));
  EXPECT_THAT(parse_source("redis://:secret@x:port", "").error().message, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace millrace::server
