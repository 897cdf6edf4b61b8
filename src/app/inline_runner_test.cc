#include "app/inline_runner.h"

#include <gtest/gtest.h>
#include <random>

#include "app/rebuild.h"
#include "app/testing.h"
#include "kv/faulty/faulty_engine.h"

namespace millrace::app {
namespace {

using testing::HasSubstr;

constexpr std::string_view first_id = "1679311303901.001";

TEST(InlineRunner, KeepsTheArticlesKeys) {
  TestApp app;
  EXPECT_EQ(
      app.ask(R"(mutation { createTask(text: "buy milk") { id text done } })"),
      R"({"data":{"createTask":{"id":"1679311303901.001","text":"buy milk","done":false}},"extensions":{"offset":1}})");

  EXPECT_EQ(app.redis({"GET", std::string(first_id)}).text,
            R"({"id":"1679311303901.001","text":"buy milk","done":false})");
  EXPECT_EQ(app.redis({"SMEMBERS", "tasks"}).elements.size(), 1u);
  EXPECT_EQ(app.redis({"GET", "lastOffset"}).text, "2");
}

TEST(InlineRunner, AppendsEventsThatTellEverything) {
  TestApp app;
  app.ask(R"(mutation { createTask(text: "a \"b\"") { id } })");
  app.ask(R"(mutation { updateTask(id: "1679311303901.001", text: "c", done: true) { id } })");
  app.ask(R"(mutation { deleteTask(id: "1679311303901.001") })");

  auto records = app.events();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].offset, 1u);
  EXPECT_THAT(*records[0].value,
              HasSubstr(R"({"type":"create-task","data":{"id":"1679311303901.001","text":"a \"b\"","done":false},)"));
  EXPECT_THAT(*records[1].value,
              HasSubstr(R"({"type":"update-task","data":{"id":"1679311303901.001","text":"c","done":true},)"));
  EXPECT_THAT(*records[2].value, HasSubstr(R"({"type":"delete-task","data":{"id":"1679311303901.001"},)"));
  auto event = decode_event(*records[2].value).value();
  EXPECT_EQ(event.subject, first_id);
  EXPECT_EQ(event.version, 3u);
  EXPECT_EQ(event.time, app.now);
  EXPECT_EQ(event.id.size(), 26u);
  EXPECT_EQ(records[2].version, 3u);
}

TEST(InlineRunner, AnswersNotFoundForUnknownIdsAndAppendsNothing) {
  TestApp app;
  std::string update = app.ask(R"(mutation { updateTask(id: "7", text: "c", done: true) { id } })");
  std::string removal = app.ask(R"(mutation { deleteTask(id: "7") })");

  EXPECT_THAT(update, HasSubstr("\"code\":\"NOT_FOUND\""));
  EXPECT_THAT(update, HasSubstr("\"data\":{\"updateTask\":null}"));
  EXPECT_THAT(removal, HasSubstr("\"code\":\"NOT_FOUND\""));
  EXPECT_TRUE(app.events().empty());
}

TEST(InlineRunner, RefusesIdsThatAreKeysOfItsOwn) {
  TestApp app;
  app.ask(R"(mutation { createTask(text: "a") { id } })");
  for (std::string id : {"tasks", "lastOffset", "millrace:clock", ""}) {
    EXPECT_THAT(app.ask("mutation { deleteTask(id: \"" + id + "\") }"), HasSubstr("\"code\":\"NOT_FOUND\"")) << id;
  }
  EXPECT_EQ(app.events().size(), 1u);
  EXPECT_EQ(app.redis({"SCARD", "tasks"}).integer, 1);
}

TEST(InlineRunner, ListsInTheOrderOfCreation) {
  TestApp app;
  app.ask(R"(mutation { a: createTask(text: "x") { id } b: createTask(text: "y") { id } })");
  app.now -= std::chrono::hours(1);  // ids go on even if the clock goes back
  app.ask(R"(mutation { createTask(text: "z") { id } })");

  EXPECT_EQ(app.ask("{ list { text } }"), R"({"data":{"list":[{"text":"x"},{"text":"y"},{"text":"z"}]}})");
}

TEST(InlineRunner, ListsWithAConstantNumberOfStorageCalls) {
  class CountingReads final : public Reads {
   public:
    explicit CountingReads(std::unique_ptr<Reads> reads) : reads_(std::move(reads)) {}
    Result<std::vector<store::Reply>> read(std::vector<store::Command> commands) override {
      ++calls;
      return reads_->read(std::move(commands));
    }
    Async<Result<bool>> settle() override { return reads_->settle(); }
    int calls = 0;

   private:
    std::unique_ptr<Reads> reads_;
  };
  TestApp app;
  graphql::GraphqlService graphql(app.model->schema);
  for (int size : {1, 50}) {
    for (int i = 0; i < size; ++i) app.ask(R"(mutation { createTask(text: "x") { id } })");
    CountingReads reads(app.runner.reads(1));
    EntityResolver resolver(*app.model, app.runner, reads);
    graphql::Request request{.query = "{ list { id text done } }"};
    take_now(graphql.run(request, resolver));

    EXPECT_EQ(reads.calls, 2) << size;
  }
}

TEST(InlineRunner, ShowsADamagedEntityAsOneError) {
  TestApp app;
  app.ask(R"(mutation { a: createTask(text: "x") { id } b: createTask(text: "y") { id } })");
  app.redis({"SET", std::string(first_id), "not json"});
  std::string answer = app.ask("{ list { text } }");

  EXPECT_THAT(answer, HasSubstr(R"("data":{"list":[null,{"text":"y"}]})"));
  EXPECT_THAT(answer, HasSubstr(R"("path":["list",0])"));
}

TEST(InlineRunner, ProjectsRecordsOfOtherWritersBeforeTheNextCommandDecides) {
  TestApp app;
  app.append(R"({"type":"create-task","data":{"id":"7","text":"theirs","done":false}})");
  app.append("not an event");
  app.append(R"({"type":"unknown","data":{}})");
  app.append(R"({"type":"update-task","data":{"id":"8","text":"nobody","done":true}})");
  app.append(R"({"type":"create-task","data":{"id":"9","text":1}})");

  EXPECT_THAT(app.ask(R"(mutation { updateTask(id: "7", text: "ours", done: true) { text } })"), HasSubstr("ours"));
  EXPECT_EQ(app.redis({"GET", "lastOffset"}).text, "7");
  EXPECT_EQ(app.redis({"SMEMBERS", "tasks"}).elements.size(), 1u);
  EXPECT_EQ(app.observed, 6);
}

TEST(InlineRunner, CatchesUpOnDemand) {
  TestApp app;
  for (int i = 0; i < 2500; ++i) {
    app.append(R"({"type":"create-task","data":{"id":")" + std::to_string(i) + R"(","text":"t","done":false}})");
  }
  ASSERT_TRUE(take_now(app.runner.catch_up()));

  EXPECT_EQ(app.redis({"SCARD", "tasks"}).integer, 2500);
  EXPECT_EQ(app.redis({"GET", "lastOffset"}).text, "2501");
}

TEST(InlineRunner, AnswersARepeatedIdempotencyKeyWithTheFirstAnswer) {
  TestApp app;
  std::string create = R"(mutation { createTask(text: "once") { id text done } })";
  std::string first = app.ask(create, "k1");
  app.ask(R"(mutation { updateTask(id: "1679311303901.001", text: "changed", done: true) { id } })");

  EXPECT_EQ(app.ask(create, "k1"), first);
  EXPECT_EQ(app.events().size(), 2u);
  std::string removal = R"(mutation { deleteTask(id: "1679311303901.001") })";
  EXPECT_EQ(app.ask(removal, "k2"), app.ask(removal, "k2"));
  EXPECT_EQ(app.events().size(), 3u);
}

TEST(InlineRunner, RefusesAnIdempotencyKeyForAnotherCommand) {
  TestApp app;
  app.ask(R"(mutation { x: createTask(text: "once") { id } })", "k");

  EXPECT_THAT(app.ask(R"(mutation { x: deleteTask(id: "1679311303901.001") })", "k"), HasSubstr("CONFLICT"));
  EXPECT_EQ(app.events().size(), 1u);
}

TEST(InlineRunner, LeavesNothingWhereACallOfTheEngineFails) {
  using Call = kv::FaultyEngine::Call;
  for (Call kind : {Call::read, Call::write}) {
    for (std::uint64_t nth = 1, failures = 1; failures > 0; ++nth) {
      auto faulty = std::make_unique<kv::FaultyEngine>(kv::make_memory_engine());
      kv::FaultyEngine& engine = *faulty;
      TestApp app(tasks_sdl, std::move(faulty));
      app.ask(R"(mutation { createTask(text: "a") { id } })");
      auto before = app.dump();
      engine.fail(kind, nth);
      std::string answer = app.ask(R"(mutation { createTask(text: "b") { id } })");
      engine.fail(kind, 0);
      failures = answer.find("\"errors\"") != std::string::npos ? 1 : 0;
      if (failures == 0) break;

      EXPECT_THAT(answer, HasSubstr("\"data\":{\"createTask\":null}")) << nth;
      EXPECT_EQ(app.dump(), before) << nth;
      EXPECT_EQ(app.events().size(), 1u) << nth;
      EXPECT_THAT(app.ask(R"(mutation { createTask(text: "c") { id } })"), testing::Not(HasSubstr("errors"))) << nth;
    }
  }
}

TEST(InlineRunner, ServesEntitiesAsHashesAndPlainStrings) {
  TestApp app(R"(
    enum Colour { RED GREEN }
    type Pen @entity(store: HASH) { id: ID! @id(gen: SEQUENCE, prefix: "pen:") name: String! sizes: [Int!]! colour: Colour price: Float! }
    type Note @entity(key: "note:{id}", store: STRING) { id: ID! @id(gen: CLIENT) text: String! }
    type Query { pens: [Pen!]! notes: [Note!]! pen(id: ID!): Pen }
    type Mutation {
      createPen(name: String!, sizes: [Int!], colour: Colour): Pen @event
      paintPen(id: ID!, colour: Colour): Pen @event
      createNote(id: ID!, text: String!): Note @event
    })");
  app.ask(R"(mutation { createPen(name: "a", sizes: [1, 2], colour: RED) { id } })");
  app.ask(R"(mutation { createPen(name: "b") { id } })");
  app.ask(R"(mutation { paintPen(id: "pen:1", colour: null) { id } })");
  app.ask(R"(mutation { createNote(id: "n", text: "plain") { id } })");

  EXPECT_EQ(app.ask("{ pens { id name sizes colour price } notes { id text } pen(id: \"pen:2\") { name } }"),
            R"({"data":{"pens":[{"id":"pen:1","name":"a","sizes":[1,2],"colour":null,"price":0},)"
            R"({"id":"pen:2","name":"b","sizes":[],"colour":null,"price":0}],)"
            R"("notes":[{"id":"n","text":"plain"}],"pen":{"name":"b"}}})");
  EXPECT_EQ(app.redis({"GET", "note:n"}).text, "plain");
  EXPECT_EQ(app.redis({"HGET", "pen:pen:1", "name"}).text, "a");
  EXPECT_THAT(app.ask(R"(mutation { createNote(id: "n", text: "again") { id } })"), HasSubstr("CONFLICT"));
}

TEST(Rebuild, GivesTheSameBytes) {
  std::mt19937 random(std::random_device{}());
  auto seed = random();
  SCOPED_TRACE(seed);
  random.seed(seed);
  TestApp app;
  std::vector<std::string> ids;
  for (int i = 0; i < 3000; ++i) {
    auto dice = random() % 10;
    if (ids.empty() || dice < 5) {
      app.ask(R"(mutation { createTask(text: "t)" + std::to_string(i) + R"(") { id } })");
      ids = {};
      for (const auto& member : app.redis({"SMEMBERS", "tasks"}).elements) ids.push_back(member.text);
    } else {
      std::string id = ids[random() % ids.size()];
      std::string call = dice < 8 ? "updateTask(id: \"" + id + "\", text: \"changed\", done: true) { id }"
                                  : "deleteTask(id: \"" + id + "\")";
      app.ask("mutation { " + call + " }");
    }
    app.now += std::chrono::milliseconds(random() % 3);
  }
  app.redis({"SET", "foreign", "kept"});
  auto before = app.dump();

  std::uint64_t shown = 0;
  auto report = take_now(rebuild(app.runner, [&](RebuildProgress progress) -> Async<void> {
    shown = progress.events;
    co_return;
  }));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->events, app.events().empty() ? 0 : shown);
  EXPECT_EQ(report->keys_carried, 2u);  // "foreign" and the clock
  EXPECT_EQ(app.dump(), before);
}

TEST(Rebuild, MendsAProjectionThatWentWrong) {
  TestApp app;
  app.ask(R"(mutation { a: createTask(text: "x") { id } b: createTask(text: "y") { id } })");
  auto before = app.dump();
  app.redis({"SET", std::string(first_id), "damaged"});
  app.redis({"SREM", "tasks", "1679311303901.002"});
  app.redis({"DEL", "1679311303901.002"});

  ASSERT_TRUE(take_now(rebuild(app.runner, {})));
  EXPECT_EQ(app.dump(), before);
}

}  // namespace
}  // namespace millrace::app
