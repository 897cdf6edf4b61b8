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
    EXPECT_TRUE(row.run != nullptr && !row.since.empty() && !row.complexity.empty()) << row.name;
    EXPECT_TRUE(row.summary.ends_with('.')) << row.name;
    EXPECT_LE(row.arity.least, row.arity.most) << row.name;
  }
}

TEST(Refuse, CutsLongArgumentsOff) {
  auto refused = refuse({"foo", std::string(200, 'a'), "b"});

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->text, "ERR unknown command 'foo', with args beginning with: '" + std::string(128, 'a') + "' ");
}

}  // namespace
}  // namespace millrace::store
