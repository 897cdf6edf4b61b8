#include "kv/rocksdb/info_log.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "kv/rocksdb/test_folder.h"

namespace millrace::kv {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(InfoLog, KeepsLinesWithTheirTime) {
  TestFolder folder;
  std::string path = folder.path() + "/LOG";
  auto log = open_info_log(path);

  rocksdb::Log(rocksdb::InfoLogLevel::ERROR_LEVEL, log.get(), "%d of %s", 7, "nine");
  rocksdb::Log(rocksdb::InfoLogLevel::ERROR_LEVEL, log.get(), "%s", std::string(10'000, 'x').c_str());

  EXPECT_NE(text_of(path).find(" [ERROR] 7 of nine\n"), std::string::npos) << text_of(path);
  EXPECT_EQ(text_of(path).back(), '\n');
  EXPECT_EQ(log->GetLogFileSize(), text_of(path).size());
}

TEST(InfoLog, DropsLinesThatFindNoSpace) {
  auto log = open_info_log("/dev/full");

  rocksdb::Log(rocksdb::InfoLogLevel::ERROR_LEVEL, log.get(), "one");
  rocksdb::Log(rocksdb::InfoLogLevel::ERROR_LEVEL, log.get(), "two");

  EXPECT_EQ(log->GetLogFileSize(), 0U);
}

TEST(InfoLog, DropsLinesWithoutAFile) {
  auto log = open_info_log("/nowhere/LOG");

  rocksdb::Log(rocksdb::InfoLogLevel::ERROR_LEVEL, log.get(), "one");

  EXPECT_EQ(log->GetLogFileSize(), 0U);
}

}  // namespace
}  // namespace millrace::kv
