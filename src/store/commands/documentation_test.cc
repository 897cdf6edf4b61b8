#include "store/commands/documentation.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "store/commands/command_table.h"

namespace millrace::store {
namespace {

std::filesystem::path page() {
  return std::filesystem::path(__FILE__).parent_path() / "../../../docs/redis-commands.md";
}

// MILLRACE_WRITE_DOCS=1 writes the page instead.
TEST(Documentation, IsThePageOfTheTable) {
  if (std::getenv("MILLRACE_WRITE_DOCS") != nullptr) std::ofstream(page()) << document_commands();
  std::ifstream file(page());
  std::string text{std::istreambuf_iterator<char>(file), {}};

  EXPECT_TRUE(text == document_commands()) << "write it anew: MILLRACE_WRITE_DOCS=1 ./dev test unit";
}

TEST(Documentation, NamesEachCommand) {
  std::string text = document_commands();
  for (const CommandSpec& row : command_table()) {
    if (row.run == nullptr && row.has(has_subcommands)) continue;
    std::string name = "`";
    for (char c : row.name) name += c == '|' ? ' ' : static_cast<char>(std::toupper(c));
    EXPECT_NE(text.find(name + "`"), text.npos) << row.name;
  }
}

}  // namespace
}  // namespace millrace::store
