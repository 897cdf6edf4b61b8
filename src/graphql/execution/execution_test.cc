#include "graphql/execution/execution.h"

#include <coroutine>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <stdexcept>
#include <vector>

#include "graphql/execution/service.h"
#include "graphql/schema/build.h"

namespace millrace::graphql {
namespace {

constexpr std::string_view blog_sdl = R"(
  interface Node { id: ID! }
  type Author implements Node { id: ID! name: String! posts: [Post!]! }
  type Team implements Node { id: ID! name: String! }
  type Post implements Node { id: ID! text: String! author: Author teams: [Team!]! }
  type Query { posts: [Post!]! nodes: [Node!]! }
  type Mutation { write(text: String!): Post other: Int }
)";

// Makes up a blog of any size and counts how often it is asked.
class Blog : public Resolver {
 public:
  Blog(const Schema& schema, std::size_t posts) : schema_(schema), posts_(posts) {}

  bool resolve_now(FieldBatch& batch) override {
    if (!batch.step().leaf) ++reads_;
    order_.push_back(std::string(batch.field().name));
    if (waits_ && !batch.step().leaf) return false;
    fill(batch);
    return true;
  }
  Async<void> resolve(std::span<FieldBatch> batches) override {
    ++waits_together_;
    co_await Later{*this};
    if (fails_) throw std::runtime_error("the connection broke");
    for (auto& batch : batches) fill(batch);
  }
  void append_extensions(std::string& members) override { members += extensions_; }

  struct Later {
    Blog& blog;
    bool await_ready() { return false; }
    void await_suspend(std::coroutine_handle<> handle) { blog.continuation_ = handle; }
    void await_resume() {}
  };

  bool waits_ = false;
  bool fails_ = false;
  std::string extensions_{};
  std::coroutine_handle<> continuation_{};
  std::size_t reads_ = 0;
  std::size_t waits_together_ = 0;
  std::vector<std::string> order_{};

 private:
  void fill(FieldBatch& batch) {
    auto name = batch.field().name;
    for (std::size_t i = 0; i < batch.parents().size(); ++i)
      batch.results()[i] = value(batch, name, batch.parents()[i].bits);
  }
  FieldResult value(FieldBatch& batch, std::string_view name, std::uint64_t parent) {
    if (name == "posts" || name == "nodes") return list(batch, parent == 0 ? posts_ : 2);
    if (name == "teams") return list(batch, 2);
    if (name == "author" || name == "write") return FieldResult::object(ObjectHandle::of_index(parent + 100));
    if (name == "other") return FieldResult::integer(1);
    return FieldResult::string(batch.arena().copy(std::string(name) + std::to_string(parent)));
  }
  FieldResult list(FieldBatch& batch, std::size_t size) {
    auto items = batch.list(size);
    static constexpr const char* names[] = {"Author", "Team", "Post"};
    for (std::size_t i = 0; i < size; ++i) {
      auto handle = ObjectHandle::of_index(i + 1);
      items[i] = batch.field().type.named->is_abstract() ? FieldResult::object(handle, *schema_.type(names[i % 3]))
                                                         : FieldResult::object(handle);
    }
    return FieldResult::list(items);
  }

  const Schema& schema_;
  std::size_t posts_;
};

class ExecutionTest : public testing::Test {
 protected:
  std::string run(Blog& blog, std::string_view query) { return take_now(service_.run({.query = query}, blog)).text(); }

  SchemaPointer schema_ = build_schema(blog_sdl).value();
  GraphqlService service_{schema_};
};

TEST_F(ExecutionTest, AsksAsOftenForManyObjectsAsForOne) {
  constexpr auto query = "{ posts { text author { name } teams { name } } }";
  Blog one(*schema_, 1);
  Blog many(*schema_, 1000);
  run(one, query);
  run(many, query);

  EXPECT_EQ(one.reads_, 3u);
  EXPECT_EQ(many.reads_, 3u);
  EXPECT_EQ(one.order_, many.order_);
}

TEST_F(ExecutionTest, AsksOnceForASelectionThatSeveralTypesLeadTo) {
  constexpr auto query =
      "{ nodes { id ...on Post { author { ...A } } ...on Author { posts { author { ...A } } } } }"
      " fragment A on Author { name }";
  Blog few(*schema_, 3);
  Blog many(*schema_, 300);
  run(few, query);
  run(many, query);

  EXPECT_EQ(few.reads_, many.reads_);
}

TEST_F(ExecutionTest, TellsWhatWillBeAskedBelow) {
  struct Watching : Blog {
    using Blog::Blog;
    bool resolve_now(FieldBatch& batch) override {
      if (batch.field().name == "posts") {
        auto* selection = batch.step().selection(*batch.field().type.named);
        for (auto& step : selection->steps) seen.push_back(std::string(step.field->name));
        selects_author = selection->selects(*batch.field().type.named->field("author"));
      }
      return Blog::resolve_now(batch);
    }
    std::vector<std::string> seen{};
    bool selects_author = true;
  };
  Watching blog(*schema_, 1);
  run(blog, "{ posts { text x: id text } }");

  EXPECT_THAT(blog.seen, testing::ElementsAre("text", "id"));
  EXPECT_FALSE(blog.selects_author);
}

TEST_F(ExecutionTest, WaitsOnceForAllFieldsOfALayer) {
  Blog ready(*schema_, 3);
  Blog blog(*schema_, 3);
  blog.waits_ = true;
  constexpr std::string_view query = "{ posts { text author { name } teams { name } } }";
  std::string answer;
  start(service_.run({.query = query}, blog), [&](Response response) { answer = response.text(); });
  while (auto next = std::exchange(blog.continuation_, {})) next.resume();

  EXPECT_EQ(blog.waits_together_, 2u);
  EXPECT_EQ(answer, run(ready, query));
}

TEST_F(ExecutionTest, FailsTheFieldsThatAFailedWaitWasFor) {
  Blog blog(*schema_, 3);
  blog.waits_ = blog.fails_ = true;
  std::string answer;
  start(service_.run({.query = "{ posts { text } }"}, blog), [&](Response response) { answer = response.text(); });
  blog.continuation_.resume();

  EXPECT_THAT(answer, testing::HasSubstr("Internal server error"));
  EXPECT_THAT(answer, testing::EndsWith(R"("data":null})"));
}

TEST_F(ExecutionTest, CompletesEachFieldOfAMutationBeforeTheNext) {
  Blog blog(*schema_, 0);

  run(blog, R"(mutation { a: write(text: "x") { id author { name } } other b: write(text: "y") { text } })");

  EXPECT_THAT(blog.order_, testing::ElementsAre("write", "id", "author", "name", "other", "write", "text"));
}

TEST_F(ExecutionTest, AppendsTheResolversExtensions) {
  Blog blog(*schema_, 0);
  blog.extensions_ = R"("offset":7)";

  EXPECT_EQ(run(blog, "{ posts { id } }"), R"({"data":{"posts":[]},"extensions":{"offset":7}})");
}

TEST_F(ExecutionTest, TurnsAnExceptionIntoAnErrorOfTheField) {
  struct Throwing : Blog {
    using Blog::Blog;
    bool resolve_now(FieldBatch& batch) override {
      if (batch.field().name == "other") throw std::runtime_error("secret");
      return Blog::resolve_now(batch);
    }
  };
  Throwing blog(*schema_, 0);
  auto answer = run(blog, "mutation { other }");

  EXPECT_THAT(answer, testing::Not(testing::HasSubstr("secret")));
  EXPECT_THAT(answer, testing::EndsWith(R"("data":{"other":null}})"));
}

// --- Leaves

class LeafTest : public testing::Test {
 protected:
  struct One : Resolver {
    bool resolve_now(FieldBatch& batch) override {
      batch.results()[0] = value;
      return true;
    }
    FieldResult value{};
  };
  // What `value` becomes as a field of `type`; "error" where it does not fit.
  std::string as(std::string_view type, FieldResult value) {
    auto schema = build_schema("scalar Any enum E { A } type Query { f: " + std::string(type) + " }").value();
    GraphqlService service(schema);
    One resolver;
    resolver.value = value;
    auto response = take_now(service.run({.query = "{ f }"}, resolver));
    if (response.outcome != Outcome::data) return "error";
    auto text = response.text();
    constexpr std::string_view before = R"({"data":{"f":)";
    return text.substr(before.size(), text.size() - before.size() - 2);
  }
};

TEST_F(LeafTest, WritesWhatFitsTheType) {
  EXPECT_EQ(as("Int", FieldResult::integer(-2147483648)), "-2147483648");
  EXPECT_EQ(as("Int", FieldResult::floating(3)), "3");
  EXPECT_EQ(as("Float", FieldResult::floating(0.1)), "0.1");
  EXPECT_EQ(as("Float", FieldResult::floating(1e21)), "1e+21");
  EXPECT_EQ(as("Float", FieldResult::floating(3)), "3");
  EXPECT_EQ(as("Float", FieldResult::integer(3)), "3");
  EXPECT_EQ(as("ID", FieldResult::integer(7)), "\"7\"");
  EXPECT_EQ(as("String", FieldResult::string("\"\\\n\x01 é")), R"("\"\\\n\u0001 é")");
  EXPECT_EQ(as("E", FieldResult::string("A")), "\"A\"");
  EXPECT_EQ(as("Any", FieldResult::json(R"({"a":[1]})")), R"({"a":[1]})");
  EXPECT_EQ(as("Boolean", FieldResult::boolean(false)), "false");
}

TEST_F(LeafTest, RefusesWhatDoesNot) {
  EXPECT_EQ(as("Int", FieldResult::integer(2147483648)), "error");
  EXPECT_EQ(as("Int", FieldResult::floating(1.5)), "error");
  EXPECT_EQ(as("Int", FieldResult::string("1")), "error");
  EXPECT_EQ(as("Float", FieldResult::floating(1.0 / 0.0)), "error");
  EXPECT_EQ(as("E", FieldResult::string("B")), "error");
  EXPECT_EQ(as("[Int]", FieldResult::integer(1)), "error");
  EXPECT_EQ(as("String", FieldResult::object({})), "error");
  EXPECT_EQ(as("ID", FieldResult::floating(1.5)), "error");
}

}  // namespace
}  // namespace millrace::graphql
