#include "app/compile.h"

#include <gtest/gtest.h>

#include "app/explain.h"
#include "app/testing.h"

namespace millrace::app {
namespace {

// The faults of `text`, a line each.
std::string faults(std::string_view text) {
  auto model = compile(text, "test.graphql");
  std::string lines;
  if (model) return lines;
  for (const auto& error : model.error()) lines += graphql::to_string(error) + "\n";
  return lines;
}

std::string with_task(std::string_view rest) {
  return "type Task @entity { id: ID! text: String! done: Boolean! }\n" + std::string(rest);
}

TEST(Compile, InfersWhatTheToDoListLeavesOut) {
  auto model = compile(tasks_sdl, "apps/tasks.graphql").value();

  const Entity& task = *model->entities.front();
  EXPECT_EQ(model->name, "tasks");
  EXPECT_EQ(task.key.key("7"), "7");
  EXPECT_EQ(task.set, "tasks");
  EXPECT_EQ(task.topic, "events");
  EXPECT_EQ(task.ids, IdGenerator::clock);
  ASSERT_EQ(model->commands.size(), 3u);
  EXPECT_EQ(model->commands[0].event.name, "create-task");
  EXPECT_EQ(model->commands[0].event.operation, Operation::create);
  EXPECT_EQ(model->commands[1].event.operation, Operation::update);
  EXPECT_EQ(model->commands[2].event.operation, Operation::remove);
  EXPECT_TRUE(model->commands[2].answers_id);
  EXPECT_EQ(model->queries.size(), 1u);
}

TEST(Compile, GivesAnEntityKeysAndTopicOfItsOwn) {
  auto model = compile(with_task("type Query { tasks: [Task!]! task(id: ID!): Task }"), "apps/shop.graphql").value();

  const Entity& task = *model->entities.front();
  EXPECT_EQ(task.key.text(), "task:{id}");
  EXPECT_EQ(task.set, "tasks");
  EXPECT_EQ(task.topic, "shop");
  EXPECT_EQ(task.ids, IdGenerator::ulid);
  EXPECT_EQ(model->queries[1].shape, QueryKind::Shape::by_id);
}

TEST(Compile, TellsAddWithAnIdFromAddWithout) {
  auto model = compile(with_task("type Query { tasks: [Task] } type Mutation { addTask(text: String!): Task @event "
                                 "addText(id: ID!, text: String!): Task @event newTask(text: String!): Task @event "
                                 "removeTask(id: ID!): Task @event renameTask(id: ID!, text: String!): Task @event }"),
                       "t.graphql")
                   .value();

  EXPECT_EQ(model->commands[0].event.operation, Operation::create);
  EXPECT_EQ(model->commands[1].event.operation, Operation::update);
  EXPECT_EQ(model->commands[2].event.operation, Operation::create);
  EXPECT_EQ(model->commands[3].event.operation, Operation::remove);
  EXPECT_EQ(model->commands[4].event.name, "rename-task");
}

struct Fault {
  std::string_view text{};
  std::string_view says{};
};

class CompileFaults : public testing::TestWithParam<Fault> {};

TEST_P(CompileFaults, AreReportedWithPlaceReasonAndAdvice) {
  EXPECT_THAT(faults(with_task(GetParam().text)), testing::HasSubstr(std::string(GetParam().says)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CompileFaults,
    testing::Values(
        Fault{"type Query { tasks: [Tusk] }", "test.graphql:2:22"},
        Fault{"type Query { tasks: [Tusk] }", "Did you mean \"Task\"?"},
        Fault{"type Query { tasks(first: Int): [Task] }",
              "how Query.tasks finds its answer is not part of this version"},
        Fault{"type Query { name: String }", "Query.name reads no entity"},
        Fault{"type Query { tasks: [Task] } type Mutation { create(text: String!): Task }", "appends no event"},
        Fault{"type Query { tasks: [Task] } type Mutation { createTask: Task @event }",
              "Add the argument \"text: String!\""},
        Fault{"type Query { tasks: [Task] } type Mutation { createTask(text: String): Task @event }",
              "leaves Task.text without a value"},
        Fault{"type Query { tasks: [Task] } type Mutation { createTask(id: ID!, text: String!): Task @event }",
              "@id(gen: CLIENT)"},
        Fault{"type Query { tasks: [Task] } type Mutation { updateTask(text: String!): Task @event }",
              "does not say which Task"},
        Fault{"type Query { tasks: [Task] } type Mutation { createTask(text: Int!): Task @event }",
              "argument \"text\" of Mutation.createTask is of type Int!"},
        Fault{"type Query { tasks: [Task] } type Mutation { clear: String @event }", "does not say which entity"},
        Fault{"type Query { tasks: [Task] } type Mutation { clear(id: ID!): Int @event(of: \"Task\") }", "as its id"},
        Fault{"type Query { tasks: [Task] } type Mutation { clear(id: ID!): Task @event(of: \"Tsk\") }",
              "there is no entity \"Tsk\""},
        Fault{
            "type Query { tasks: [Task] } type Mutation { a(id: ID!): Task @event(name: \"x\") deleteB(id: ID!): Task "
            "@event(name: \"x\") }",
            "means something else already"},
        Fault{"type Note @entity { text: String! } type Query { tasks: [Task] }", "Note has no id"},
        Fault{"type Note @entity { id: Int! } type Query { tasks: [Task] }", "Make it ID! or String!"},
        Fault{"type Note @entity { id: ID! @id other: ID! @id } type Query { tasks: [Task] }", "has two ids"},
        Fault{"type Note @entity(key: \"note\") { id: ID! } type Query { tasks: [Task] }", "has no {id} in it"},
        Fault{"type Note @entity(set: \"tasks\") { id: ID! } type Query { tasks: [Task] }", "is taken by another"},
        Fault{"type Note @entity(set: \"lastOffset\") { id: ID! } type Query { tasks: [Task] }", "the server's own"},
        Fault{"type Note @entity { id: ID! task: Task } type Query { tasks: [Task] }", "a field that is an object"},
        Fault{"type Note @entity { id: ID! @id(gen: AUTH) } type Query { tasks: [Task] }", "gen: AUTH"},
        Fault{"type Note @entity(store: STRING) { id: ID! a: String b: String } type Query { tasks: [Task] }",
              "store: STRING"},
        Fault{"type Note @entity { id: ID! text: String! @derive(to: \"1\") } type Query { tasks: [Task] }",
              "@derive is not part of this version"},
        Fault{"type Query { tasks: [Task] @http(method: GET, path: \"/tasks\") }", "@http is not part of this version"},
        Fault{"type Query { tasks: [Task] } type Subscription { task: Task }", "subscriptions are not part"}));

TEST(Compile, ReportsAllFaultsAtOnceInSourceOrder) {
  std::string lines = faults(with_task("type Query { a: String\n b: String }"));

  EXPECT_LT(lines.find("test.graphql:2:14"), lines.find("test.graphql:3:2"));
}

TEST(Explain, IsASchemaFileThatMeansTheSame) {
  auto model = compile(tasks_sdl, "tasks.graphql").value();
  std::string text = explain(*model);

  auto again = compile(text, "tasks.graphql");
  ASSERT_TRUE(again) << text;
  EXPECT_EQ(explain(**again), text);
  EXPECT_THAT(text, testing::HasSubstr("@event(name: \"create-task\", of: \"Task\", do: CREATE, version: 1)"));
  EXPECT_THAT(text, testing::HasSubstr("SMEMBERS tasks"));
}

TEST(Names, AreMadeByRule) {
  EXPECT_EQ(kebab_case("createTask"), "create-task");
  EXPECT_EQ(kebab_case("addHTTPHook"), "add-http-hook");
  EXPECT_EQ(kebab_case("x"), "x");
  EXPECT_EQ(plural("task"), "tasks");
  EXPECT_EQ(plural("entry"), "entries");
  EXPECT_EQ(plural("day"), "days");
  EXPECT_EQ(plural("box"), "boxes");
}

}  // namespace
}  // namespace millrace::app
