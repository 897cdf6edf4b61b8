// The shapes that version 3 of the protocol gives to answers about documents.

#include <gtest/gtest.h>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

class JsonShapesTest : public testing::Test {
 protected:
  Reply execute(const Command& command, int protocol = 2) {
    auto unit = memory_.home().open();
    Context context(store_.live(), {.door = Door::redis, .protocol = protocol});
    Reply reply = store_.stage(*unit, context, database_, command).value();
    take_now(memory_.home().commit(std::move(unit))).value();
    return reply;
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_ = take_now(store_.create_database("test")).value();
};

TEST_F(JsonShapesTest, GivesNumbersAsNumbersInVersion3) {
  execute({"JSON.SET", "doc", "$", R"({"a":1,"b":{"a":2.5},"c":{"a":"text"}})"});

  EXPECT_EQ(execute({"JSON.NUMINCRBY", "doc", "$..a", "1"}), Reply::bulk("[3.5,null,2]"));
  EXPECT_EQ(execute({"JSON.NUMINCRBY", "doc", "$..a", "1"}, 3),
            Reply::array({Reply::of_real(4.5), Reply::nil(), Reply::of(3)}));
  EXPECT_EQ(execute({"JSON.NUMMULTBY", "doc", ".b.a", "2"}), Reply::bulk("9.0"));
  EXPECT_EQ(execute({"JSON.NUMMULTBY", "doc", ".b.a", "2"}, 3), Reply::array({Reply::of_real(18)}));
}

TEST_F(JsonShapesTest, WrapsTypesOnceMoreInVersion3) {
  execute({"JSON.SET", "doc", "$", R"({"a":[1]})"});
  Reply array = Reply::bulk("array");

  EXPECT_EQ(execute({"JSON.TYPE", "doc", "$.a"}), Reply::array({array}));
  EXPECT_EQ(execute({"JSON.TYPE", "doc", "$.a"}, 3), Reply::array({Reply::array({array})}));
  EXPECT_EQ(execute({"JSON.TYPE", "doc", ".a"}, 3), Reply::array({array}));
  EXPECT_EQ(execute({"JSON.TYPE", "none", "$"}, 3), Reply::array({Reply::nil()}));
}

}  // namespace
}  // namespace millrace::store
