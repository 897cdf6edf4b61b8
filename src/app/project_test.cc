#include "app/project.h"

#include <gtest/gtest.h>

#include "app/testing.h"

namespace millrace::app {
namespace {

class ProjectTest : public testing::Test {
 protected:
  std::optional<Change> apply(const std::optional<EntityState>& self, std::string_view event) {
    auto decoded = decode_event(event).value();
    auto aim = aim_of(*model, decoded);
    return aim ? project(*aim, self, decoded) : std::nullopt;
  }

  ModelPointer model = compile(tasks_sdl, "tasks.graphql").value();
};

TEST_F(ProjectTest, FillsWhatACreateLeavesOutWithNaturalZeros) {
  auto change = apply({}, R"({"type":"create-task","data":{"id":"7","text":"x"}})");

  ASSERT_TRUE(change);
  EXPECT_EQ(to_json(*change->kind->entity, change->state), R"({"id":"7","text":"x","done":false})");
}

TEST_F(ProjectTest, ChangesOnlyWhatAnUpdateGives) {
  EntityState self{{"\"7\"", "\"x\"", "true"}};
  auto change = apply(self, R"({"type":"update-task","data":{"id":"7","text":"y"}})");

  ASSERT_TRUE(change);
  EXPECT_EQ(change->state, (EntityState{{"\"7\"", "\"y\"", "true"}}));
}

TEST_F(ProjectTest, IgnoresMembersThatAreNoFields) {
  auto change = apply({}, R"({"type":"create-task","data":{"id":"7","text":"x","extra":[1]},"more":1})");

  EXPECT_TRUE(change);
}

TEST_F(ProjectTest, SkipsWhatItDoesNotUnderstand) {
  EntityState self{{"\"7\"", "\"x\"", "true"}};
  EXPECT_FALSE(apply({}, R"({"type":"create-job","data":{"id":"7"}})"));
  EXPECT_FALSE(apply({}, R"({"type":"create-task","data":{"text":"x"}})"));
  EXPECT_FALSE(apply({}, R"({"type":"create-task","data":{"id":7,"text":"x"}})"));
  EXPECT_FALSE(apply({}, R"({"type":"create-task","data":{"id":"7"}})"));
  EXPECT_FALSE(apply({}, R"({"type":"create-task","data":{"id":"tasks","text":"x"}})"));
  EXPECT_FALSE(apply({}, R"({"type":"update-task","data":{"id":"7","text":"x"}})"));
  EXPECT_FALSE(apply(self, R"({"type":"update-task","data":{"id":"7","text":null}})"));
  EXPECT_FALSE(apply(self, R"({"type":"update-task","data":{"id":"7","done":"yes"}})"));
  EXPECT_FALSE(apply({}, R"({"type":"delete-task","data":{"id":"7"}})"));
}

TEST(Event, ReadsBackWhatItWrites) {
  Event event{.name = "create-task",
              .id = "01ARZ3NDEK0000000000000000",
              .time = Timestamp(std::chrono::milliseconds(1679311303901)),
              .subject = "quote \" and \\ \n",
              .version = 12,
              .actor = "ann",
              .data = {{"id", "\"x\""}, {"list", "[1,2]"}}};

  EXPECT_EQ(decode_event(encode(event)).value(), event);
}

TEST(Event, RefusesWhatIsNoEvent) {
  for (std::string_view text : {"", "null", "[]", "{}", R"({"type":1,"data":{}})", R"({"type":"a"})",
                                R"({"type":"a","data":[]})", R"({"type":"a","data":{})"}) {
    EXPECT_FALSE(decode_event(text)) << text;
  }
}

TEST_F(ProjectTest, ReadsColumnsOfAnyJsonAlike) {
  const Entity& task = *model->entities.front();
  auto read = [&](std::string_view json) {
    std::vector<std::string_view> columns(task.fields.size());
    if (!read_columns(task, json, columns)) return std::string("unreadable");
    std::string text;
    for (std::string_view column : columns) text += std::string(column) + "|";
    return text;
  };

  EXPECT_EQ(read(R"({"id":"7","text":"x y","done":false})"), R"("7"|"x y"|false|)");
  EXPECT_EQ(read(R"({"done":true, "id":"7","text":"x"})"), R"("7"|"x"|true|)");
  EXPECT_EQ(read(R"({"id":"7","text":"a\"b","done":12})"), R"("7"|"a\"b"|12|)");
  EXPECT_EQ(read("{\"id\":\"7\",\"text\":\"\u00e9\",\"done\":null}"), "\"7\"|\"\u00e9\"|null|");
  EXPECT_EQ(read(R"({"id":"7","text":"x","done":false,"more":1})"), R"("7"|"x"|false|)");
  EXPECT_EQ(read(R"({"id":"7"})"), R"("7"|||)");
  for (std::string_view wrong : {R"({"id":"7","text":"x","done":falsey})", R"({"id":"7","text":"x","done":01})",
                                 R"({"id":"7","text":"x","done":false} )"
                                 "x",
                                 R"({"id":"7","text":"x","done":})", "{\"id\":\"7\",\"text\":\"\xff\",\"done\":true}",
                                 "{\"id\":\"7\",\"text\":\"\n\",\"done\":true}"}) {
    EXPECT_EQ(read(wrong), "unreadable") << wrong;
  }
}

}  // namespace
}  // namespace millrace::app
