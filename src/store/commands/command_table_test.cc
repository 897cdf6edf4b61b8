#include "store/commands/command_table.h"

#include <gtest/gtest.h>

namespace millrace::store {
namespace {

TEST(CommandTable, FindsEachCommandInAnyCase) {
  for (const CommandSpec& row : command_table()) {
    std::string upper;
    for (char c : row.name) upper += static_cast<char>(std::toupper(c));

    EXPECT_EQ(find_command(row.name), &row);
    EXPECT_EQ(find_command(upper), &row);
  }
  EXPECT_EQ(find_command("nosuch"), nullptr);
  EXPECT_EQ(find_command(""), nullptr);
  EXPECT_EQ(find_command(std::string(1000, 'a')), nullptr);
}

TEST(CommandTable, DescribesEachCommandWholly) {
  for (const CommandSpec& row : command_table()) {
    EXPECT_TRUE(row.run != nullptr || row.has(of_connection) || row.has(has_subcommands)) << row.name;
    EXPECT_TRUE(!row.since.empty() && !row.complexity.empty()) << row.name;
    EXPECT_TRUE(row.summary.ends_with('.')) << row.name;
    EXPECT_LE(row.arity.least, row.arity.most) << row.name;
  }
}

TEST(CommandTable, HasNoNameTwice) {
  auto rows = command_table();
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_LT(rows[i - 1].name, rows[i].name);
}

TEST(CommandTable, HasTheContainerOfEachSubcommand) {
  for (const CommandSpec& row : command_table()) {
    auto bar = row.name.find('|');
    if (bar != row.name.npos) {
      EXPECT_NE(find_command(row.name.substr(0, bar)), nullptr) << row.name;
    }
  }
}

TEST(Resolve, CutsLongArgumentsOff) {
  Command command{"foo", std::string(200, 'a'), "b"};
  Resolved resolved = resolve(command, {});

  ASSERT_EQ(resolved.spec, nullptr);
  EXPECT_EQ(resolved.refusal.text,
            "ERR unknown command 'foo', with args beginning with: '" + std::string(128, 'a') + "' ");
}

TEST(Resolve, SaysOverRestThatACommandIsNotAvailable) {
  Resolved resolved = resolve({"nope", "a"}, {.door = Door::rest});

  EXPECT_EQ(resolved.refusal.text, "ERR Command is not available: 'NOPE'");
}

TEST(Resolve, RefusesTheReadOnlyUserToWrite) {
  Command command{"SET", "a", "1"};
  EXPECT_EQ(resolve(command, {.door = Door::rest, .read_only = true}).refusal.text,
            "NOPERM this user has no permissions to run the 'set' command or its subcommand");
  EXPECT_EQ(resolve(command, {.door = Door::redis, .read_only = true}).refusal.text,
            "NOPERM User default_ro has no permissions to run the 'set' command");
  Command read{"GET", "a"};
  EXPECT_NE(resolve(read, {.door = Door::rest, .read_only = true}).spec, nullptr);
}

}  // namespace
}  // namespace millrace::store
