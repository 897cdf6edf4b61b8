#pragma once

// What every backend of the store must do, beside the transcripts. A backend joins with one line in a test file of its
// own:
//
//   INSTANTIATE_TEST_SUITE_P(Embedded, StoreContract, testing::Values(make_embedded));

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <variant>

#include "store/store.h"

namespace millrace::store {

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual Store& store() = 0;

  // Lets the backend go on with what it waits for; returns when something may have happened.
  virtual void pump() {}
};

using MakeStore = std::function<std::unique_ptr<StoreUnderTest>()>;

class StoreContract : public testing::TestWithParam<MakeStore> {
 protected:
  Store& store() { return subject_->store(); }

  template <class T>
  T run(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T done) { value.emplace(std::move(done)); });
    while (!value) subject_->pump();
    return std::move(*value);
  }

  DatabaseId create(const std::string& name) { return run(store().create_database(name)).value(); }
  std::vector<Reply> execute(DatabaseId database, std::vector<Command> commands) {
    return run(store().execute(database, std::move(commands))).value();
  }
  Reply execute_one(DatabaseId database, Command command) { return execute(database, {std::move(command)}).at(0); }

  // The members of a set, or the fields and values of a hash, in an order of their own.
  std::vector<std::string> texts(const Reply& reply) {
    std::vector<std::string> all;
    for (const Reply& element : reply.elements) all.push_back(element.text);
    return all;
  }

  std::unique_ptr<StoreUnderTest> subject_ = GetParam()();
};

TEST_P(StoreContract, KnowsTheDatabasesItMade) {
  DatabaseId shop = create("shop");
  DatabaseId blog = create("blog.tenant-1");

  EXPECT_NE(shop, blog);
  EXPECT_EQ(run(store().find_database("shop")).value(), shop);
  EXPECT_EQ(run(store().databases()).value(), (std::vector<Database>{{blog, "blog.tenant-1"}, {shop, "shop"}}));
  EXPECT_EQ(run(store().find_database("sho")).error(), (Error{ErrorCode::not_found, "there is no database 'sho'"}));
  EXPECT_EQ(run(store().create_database("shop")).error(),
            (Error{ErrorCode::conflict, "there is a database 'shop' already"}));
  for (std::string name : {std::string(), std::string("a b"), std::string("ä"), std::string(256, 'x')}) {
    EXPECT_EQ(run(store().create_database(name)).error().code, ErrorCode::invalid) << name;
  }
}

TEST_P(StoreContract, NamesADatabaseThatIsNotThere) {
  EXPECT_EQ(run(store().execute({77}, {{"GET", "a"}})).error(),
            (Error{ErrorCode::not_found, "there is no database 77"}));
}

TEST_P(StoreContract, KeepsDatabasesApart) {
  DatabaseId shop = create("shop");
  DatabaseId blog = create("blog");
  execute(shop, {{"SET", "a", "1"}, {"SADD", "set", "x"}});
  execute(blog, {{"SET", "a", "2"}});

  EXPECT_EQ(execute_one(shop, {"GET", "a"}), Reply::bulk(std::string("1")));
  EXPECT_EQ(execute_one(blog, {"DBSIZE"}), Reply::of(1));
  execute(shop, {{"FLUSHDB"}});
  EXPECT_EQ(execute_one(shop, {"DBSIZE"}), Reply::of(0));
  EXPECT_EQ(execute_one(blog, {"GET", "a"}), Reply::bulk(std::string("2")));
}

TEST_P(StoreContract, RunsAListOfCommandsInOrder) {
  DatabaseId database = create("shop");

  auto replies = execute(database, {{"SET", "a", "1"}, {"INCR", "a"}, {"GET", "a"}, {"DEL", "a"}, {"GET", "a"}});
  EXPECT_EQ(replies,
            (std::vector<Reply>{Reply::ok(), Reply::of(2), Reply::bulk(std::string("2")), Reply::of(1), Reply::nil()}));
  EXPECT_TRUE(execute(database, {}).empty());
}

TEST_P(StoreContract, AFailedCommandChangesNothingAndTheOthersCount) {
  DatabaseId database = create("shop");

  auto replies = execute(
      database, {{"SET", "a", "text"}, {"INCR", "a"}, {"MSET", "b", "1", "c"}, {"NOSUCH"}, {}, {"SET", "d", "4"}});
  EXPECT_EQ(replies[1], Reply::error("ERR value is not an integer or out of range"));
  EXPECT_TRUE(replies[2].is_error() && replies[3].is_error() && replies[4].is_error());
  EXPECT_EQ(execute_one(database, {"DBSIZE"}), Reply::of(2));
  EXPECT_EQ(execute_one(database, {"GET", "d"}), Reply::bulk(std::string("4")));
}

TEST_P(StoreContract, KeepsCollectionsOfAnySize) {
  DatabaseId database = create("shop");
  std::set<std::string> members;
  for (int i = 0; i < 1000; ++i) {
    std::string member = "member " + std::to_string(i * 7919 % 1000);
    members.insert(member);
    ASSERT_EQ(execute_one(database, {"SADD", "set", member}), Reply::of(1));
    ASSERT_EQ(execute_one(database, {"HSET", "hash", member, std::to_string(i)}), Reply::of(1));
    ASSERT_EQ(execute_one(database, {"SCARD", "set"}), Reply::of(i + 1));
  }
  auto found = texts(execute_one(database, {"SMEMBERS", "set"}));
  EXPECT_EQ(std::set(found.begin(), found.end()), members);
  EXPECT_EQ(found.size(), members.size());
  EXPECT_EQ(texts(execute_one(database, {"HGETALL", "hash"})).size(), 2000u);
  EXPECT_EQ(execute_one(database, {"HGET", "hash", "member 7"}).kind, Reply::Kind::bulk);

  for (const std::string& member : members) {
    ASSERT_EQ(execute_one(database, {"SREM", "set", member, member}), Reply::of(1));
    ASSERT_EQ(execute_one(database, {"HDEL", "hash", member}), Reply::of(1));
  }
  EXPECT_EQ(execute_one(database, {"DBSIZE"}), Reply::of(0));
}

TEST_P(StoreContract, ALargeCollectionThatWasDeletedBeginsAnew) {
  DatabaseId database = create("shop");
  Command add{"SADD", "set"};
  for (int i = 0; i < 1000; ++i) add.push_back(std::to_string(i));
  for (Command remove : {Command{"DEL", "set"}, Command{"SET", "set", "text"}, Command{"FLUSHDB"}}) {
    execute(database, {{"DEL", "set"}, add, remove, {"DEL", "set"}, {"SADD", "set", "one"}});

    EXPECT_EQ(texts(execute_one(database, {"SMEMBERS", "set"})), (std::vector<std::string>{"one"})) << remove[0];
    EXPECT_EQ(execute_one(database, {"SCARD", "set"}), Reply::of(1));
  }
}

TEST_P(StoreContract, AScanGivesEveryKeyThatIsThereThroughout) {
  DatabaseId database = create("shop");
  for (int i = 0; i < 500; ++i) execute(database, {{"SET", "key:" + std::to_string(i), "v"}});
  std::set<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    Reply page = execute_one(database, {"SCAN", cursor, "COUNT", "17"});
    cursor = page.elements.at(0).text;
    for (const std::string& key : texts(page.elements.at(1))) seen.insert(key);
    execute(database, {{"SET", "new:" + std::to_string(calls), "v"}, {"DEL", "new:" + std::to_string(calls - 1)}});
  } while (cursor != "0" && ++calls < 1000);

  EXPECT_LT(calls, 1000);
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(seen.contains("key:" + std::to_string(i))) << i;
}

// A plain model beside it: random commands, and then every key must be equal.
TEST_P(StoreContract, AgreesWithAModelInMemory) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 dice(seed);
  using Set = std::set<std::string>;
  using Hash = std::map<std::string, std::string>;
  std::map<std::string, std::variant<std::string, Set, Hash>> model;
  DatabaseId database = create("shop");
  const std::string wrong_type = "WRONGTYPE Operation against a key holding the wrong kind of value";

  for (int step = 0; step < 1000; ++step) {
    std::string key = "key " + std::to_string(dice() % 6);
    std::string word = std::string(dice() % 40, 'x') + std::to_string(dice() % 300);
    auto known = model.find(key);
    bool missing = known == model.end();
    Reply expected;
    Command command;
    auto as = [&]<class T>(T*) -> T* {
      if (missing) known = model.emplace(key, T()).first;
      return std::get_if<T>(&known->second);
    };
    switch (dice() % 40) {
      case 0:
        command = {"SET", key, word};
        model[key] = word;
        expected = Reply::ok();
        break;
      case 1:
        command = {"DEL", key};
        expected = Reply::of(static_cast<std::int64_t>(model.erase(key)));
        break;
      case 2:
      case 3: {
        command = {"APPEND", key, word};
        auto* text = as(static_cast<std::string*>(nullptr));
        expected = text ? Reply::of(static_cast<std::int64_t>((*text += word).size())) : Reply::error(wrong_type);
        break;
      }
      case 4:
      case 5: {
        command = {"HDEL", key, word};
        if (missing) {
          expected = Reply::of(0);
        } else if (auto* hash = std::get_if<Hash>(&known->second)) {
          expected = Reply::of(static_cast<std::int64_t>(hash->erase(word)));
          if (hash->empty()) model.erase(key);
        } else {
          expected = Reply::error(wrong_type);
        }
        break;
      }
      case 6:
      case 7: {
        command = {"SREM", key, word};
        if (missing) {
          expected = Reply::of(0);
        } else if (auto* set = std::get_if<Set>(&known->second)) {
          expected = Reply::of(static_cast<std::int64_t>(set->erase(word)));
          if (set->empty()) model.erase(key);
        } else {
          expected = Reply::error(wrong_type);
        }
        break;
      }
      default:
        if (dice() % 2 == 0) {
          command = {"SADD", key, word};
          auto* set = as(static_cast<Set*>(nullptr));
          expected = set ? Reply::of(set->insert(word).second ? 1 : 0) : Reply::error(wrong_type);
        } else {
          command = {"HSET", key, word, std::to_string(step)};
          auto* hash = as(static_cast<Hash*>(nullptr));
          expected = hash ? Reply::of(hash->insert_or_assign(word, std::to_string(step)).second ? 1 : 0)
                          : Reply::error(wrong_type);
        }
    }
    ASSERT_EQ(execute_one(database, command), expected) << "step " << step << ": " << command[0] << " " << key;
  }

  EXPECT_EQ(execute_one(database, {"DBSIZE"}), Reply::of(static_cast<std::int64_t>(model.size())));
  for (const auto& [key, value] : model) {
    if (auto* text = std::get_if<std::string>(&value)) {
      EXPECT_EQ(execute_one(database, {"GET", key}).text, *text);
    }
    if (auto* set = std::get_if<Set>(&value)) {
      auto found = texts(execute_one(database, {"SMEMBERS", key}));
      EXPECT_EQ(Set(found.begin(), found.end()), *set);
    }
    if (auto* hash = std::get_if<Hash>(&value)) {
      auto found = texts(execute_one(database, {"HGETALL", key}));
      Hash pairs;
      for (std::size_t i = 0; i + 1 < found.size(); i += 2) pairs[found[i]] = found[i + 1];
      EXPECT_EQ(pairs, *hash);
    }
  }
}

}  // namespace millrace::store
