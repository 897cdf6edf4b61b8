#include <gtest/gtest.h>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/rows.h"

namespace millrace::store {
namespace {

class Databases : public testing::Test {
 protected:
  template <class Do>
  auto in_unit(const Do& work) {
    auto unit = memory_.home().open();
    auto result = work(*unit);
    if (result) take_now(memory_.home().commit(std::move(unit))).value();
    return result;
  }
  DatabaseId create(const std::string& name, const DatabaseProperties& properties = {}) {
    return in_unit([&](Unit& unit) { return store_.stage_create_database(unit, name, properties); }).value();
  }
  Reply execute(DatabaseId database, Command command) {
    return take_now(store_.execute(database, {std::move(command)})).value().at(0);
  }
  std::uint64_t bytes(DatabaseId database) {
    return store_.size(*memory_.home().open(), database).value().bytes.value();
  }
  std::uint64_t bytes_of_rows(const KeyRange& range) {
    std::uint64_t sum = 0;
    auto add = [&](std::string_view key, std::string_view value) {
      sum += key.size() + value.size();
      return Visit::more;
    };
    memory_.home().open()->scan(range, Direction::ascending, add).value();
    return sum;
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
};

TEST_F(Databases, KeepTheirProperties) {
  DatabaseId shop = create("shop", {.secret = "s3cr3t", .read_only_secret = "read", .limits = {.bytes_max = 100}});

  auto kept = store_.properties(*memory_.home().open(), shop).value();
  EXPECT_EQ(kept.secret, "s3cr3t");
  EXPECT_EQ(kept.read_only_secret, "read");
  EXPECT_EQ(kept.limits.bytes_max, 100u);
  EXPECT_GT(kept.created_at, 0);
}

TEST_F(Databases, AreRenamedWithTheirKeys) {
  DatabaseId shop = create("shop");
  create("taken");
  execute(shop, {"SET", "a", "1"});

  auto rename = [&](std::string_view from, std::string_view to) {
    return in_unit([&](Unit& unit) { return store_.rename_database(unit, from, to); });
  };
  EXPECT_EQ(rename("shop", "taken").error().code, ErrorCode::conflict);
  EXPECT_EQ(rename("nosuch", "x").error().code, ErrorCode::not_found);
  EXPECT_EQ(rename("shop", "").error().code, ErrorCode::invalid);
  EXPECT_TRUE(rename("shop", "store"));
  EXPECT_EQ(take_now(store_.find_database("store")).value(), shop);
  EXPECT_FALSE(take_now(store_.find_database("shop")));
  EXPECT_EQ(execute(shop, {"GET", "a"}), Reply::bulk("1"));
}

TEST_F(Databases, LeaveNothingWhenTheyAreDeleted) {
  DatabaseId shop = create("shop");
  Command add{"SADD", "large"};
  for (int i = 0; i < 500; ++i) add.push_back(std::to_string(i));
  execute(shop, add);
  execute(shop, {"SET", "a", "1"});

  EXPECT_TRUE(in_unit([&](Unit& unit) { return store_.delete_database(unit, "shop"); }));
  memory_.homes().end_tick();

  EXPECT_EQ(bytes_of_rows(prefix_range(keys_prefix(shop, {0}))), 0u);
  EXPECT_EQ(bytes_of_rows(all_elements(shop, {0})), 0u);
  EXPECT_EQ(take_now(store_.execute(shop, {{"GET", "a"}})).error().code, ErrorCode::not_found);
  EXPECT_NE(create("shop"), shop);
}

TEST_F(Databases, CountTheirBytesExactlyWhenTheyHaveALimit) {
  DatabaseId shop = create("shop", {.limits = {.bytes_max = 1 << 20}});
  auto all = [&] {
    return bytes_of_rows(prefix_range(keys_prefix(shop, {0}))) + bytes_of_rows(all_elements(shop, {0}));
  };
  Command add{"SADD", "large"};
  for (int i = 0; i < 500; ++i) add.push_back(std::to_string(i));
  const std::vector<Command> commands = {
      {"SET", "a", "1"},      {"SET", "a", "longer"},   {"APPEND", "a", "and longer"}, add,
      {"SREM", "large", "7"}, {"HSET", "h", "f", "v"},  {"HSET", "h", "f", "other"},   {"DEL", "a"},
      {"DEL", "large"},       {"SADD", "small", "one"}, {"SREM", "small", "one"},
  };
  for (const Command& command : commands) {
    execute(shop, command);
    memory_.homes().end_tick();  // reclaims
    EXPECT_EQ(bytes(shop), all()) << command[0];
  }
}

TEST_F(Databases, RefuseToGrowBeyondTheirLimitUntilSomethingWasDeleted) {
  DatabaseId shop = create("shop", {.limits = {.bytes_max = 1'000}});
  std::string kilobyte(1'000, 'x');
  EXPECT_EQ(execute(shop, {"SET", "a", kilobyte}), Reply::ok());

  EXPECT_TRUE(
      execute(shop, {"SET", "b", "1"}).text.starts_with("ERR DB capacity quota exceeded. Threshold: 1000 bytes"));
  EXPECT_EQ(execute(shop, {"GET", "a"}), Reply::bulk(kilobyte));
  EXPECT_EQ(execute(shop, {"DEL", "a"}), Reply::of(1));
  EXPECT_EQ(execute(shop, {"SET", "b", "1"}), Reply::ok());
}

TEST_F(Databases, CountWhatIsThereWhenTheyAreGivenALimit) {
  DatabaseId shop = create("shop");
  execute(shop, {"SET", "a", std::string(5'000, 'x')});
  DatabaseProperties limited{.limits = {.bytes_max = 1'000}};
  EXPECT_TRUE(in_unit([&](Unit& unit) { return store_.set_properties(unit, shop, limited); }));

  EXPECT_GT(bytes(shop), 5'000u);
  EXPECT_TRUE(execute(shop, {"SET", "b", "1"}).is_error());
}

TEST_F(Databases, RefuseACommandThatIsTooLarge) {
  DatabaseId shop = create("shop", {.limits = {.request_bytes_max = 100}});

  EXPECT_EQ(execute(shop, {"SET", "a", std::string(100, 'x')}).text,
            "ERR max request size exceeded. Limit: 100 bytes, Actual: 104 bytes");
  EXPECT_EQ(execute(shop, {"SET", "a", "1"}), Reply::ok());
}

}  // namespace
}  // namespace millrace::store
