// Where a command answers otherwise over REST than over the Redis protocol.

#include <gtest/gtest.h>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

class Doors : public testing::Test {
 protected:
  Reply by(Door door, Command command) {
    return take_now(store_.execute(database_, {std::move(command)}, {.door = door})).value().at(0);
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_ = take_now(store_.create_database("shop")).value();
};

TEST_F(Doors, OfferOneParameterOverRest) {
  EXPECT_EQ(by(Door::rest, {"CONFIG", "GET", "*"}).elements.size(), 2u);
  EXPECT_GT(by(Door::redis, {"CONFIG", "GET", "*"}).elements.size(), 300u);
  EXPECT_EQ(by(Door::rest, {"CONFIG", "SET", "maxmemory", "1"}).text,
            "ERR Unknown option or number of arguments for CONFIG SET - 'maxmemory'");
  EXPECT_EQ(by(Door::rest, {"CONFIG", "SET", "notify-keyspace-events", "KEA"}), Reply::ok());
}

TEST_F(Doors, CopyAKeyOntoItselfOverRestWithoutAnError) {
  EXPECT_EQ(by(Door::rest, {"COPY", "a", "a"}), Reply::of(0));
  EXPECT_TRUE(by(Door::redis, {"COPY", "a", "a"}).is_error());
}

TEST_F(Doors, GiveFieldsAnyTimeOverRest) {
  const Command late{"HEXPIREAT", "h", "1790000000000", "FIELDS", "1", "f"};
  by(Door::rest, {"HSET", "h", "f", "v"});
  EXPECT_EQ(by(Door::redis, late).text, "ERR invalid expire time in 'hexpireat' command");
  EXPECT_EQ(by(Door::rest, late).elements.at(0), Reply::of(1));
  EXPECT_EQ(by(Door::rest, {"HEXPIRETIME", "h", "FIELDS", "1", "f"}).elements.at(0), Reply::of(1790000000000));
}

TEST_F(Doors, TellTheNameOfAnUnknownSectionOverRest) {
  EXPECT_EQ(by(Door::rest, {"INFO", "nosuch"}).text, "# nosuch\r\n");
  EXPECT_EQ(by(Door::redis, {"INFO", "nosuch"}).text, "");
  EXPECT_TRUE(by(Door::redis, {"INFO", "cluster"}).text.starts_with("# Cluster\r\ncluster_enabled:0\r\n"));
}

TEST_F(Doors, GiveAUserSelectorsOverTheRedisProtocolOnly) {
  EXPECT_EQ(by(Door::rest, {"ACL", "GETUSER", "default"}).elements.size(), 10u);
  EXPECT_EQ(by(Door::redis, {"ACL", "GETUSER", "default"}).elements.size(), 12u);
}

TEST_F(Doors, ShowAllSectionsOfInfo) {
  by(Door::redis, {"SET", "a", "1", "EX", "100"});
  std::string text = by(Door::redis, {"INFO", "all"}).text;
  for (std::string_view part :
       {"# Server\r\n", "\r\nredis_version:7.", "\r\nused_memory:", "\r\nmaxmemory_policy:noeviction", "\r\nloading:0",
        "\r\nblocked_clients:0", "\r\nexpired_keys:0", "\r\nkeyspace_hits:0", "\r\nrole:master",
        "\r\ncmdstat_set:calls=1,", "\r\ndb0:keys=1,expires=1,avg_ttl="}) {
    EXPECT_NE(text.find(part), text.npos) << part;
  }
}

}  // namespace
}  // namespace millrace::store
