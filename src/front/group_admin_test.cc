#include "front/group_admin.h"

#include <gtest/gtest.h>

#include "eventlog/groups/embedded_groups.h"
#include "kv/testing.h"

namespace millrace::front {
namespace {

class GroupAdminTest : public testing::Test {
 protected:
  GroupAdminTest() {
    take_now(log_.create("orders", {})).value();
    std::vector<eventlog::NewRecord> records(5);
    take_now(log_.append("orders", std::move(records))).value();
    std::vector<eventlog::Position> offsets{{"orders", 0, 2}};
    take_now(groups_.commit("billing", "a", std::move(offsets))).value();
  }

  Result<std::string> run(std::string request) { return take_now(administer_groups(groups_, std::move(request))); }

  kv::MemoryHome memory_;
  eventlog::EmbeddedLog log_{memory_.home()};
  eventlog::EmbeddedGroups groups_{log_};
};

TEST_F(GroupAdminTest, TellsHowFarAGroupIsBehind) {
  EXPECT_EQ(run(R"({"do":"list"})").value(), R"({"groups":[{"name":"billing","instances":0,"partitions":1,"lag":3}]})");
  EXPECT_EQ(run(R"({"do":"show","name":"billing"})").value(),
            R"({"name":"billing","lag":3,"partitions":[{"topic":"orders","partition":0,"committed":2,"next":5,"lag":3,)"
            R"("instance":""}]})");
}

TEST_F(GroupAdminTest, ForgetsAGroup) {
  EXPECT_EQ(run(R"({"do":"delete","name":"billing"})").value(), R"({"deleted":"billing"})");
  EXPECT_EQ(run(R"({"do":"list"})").value(), R"({"groups":[]})");
  EXPECT_EQ(run(R"({"do":"delete","name":"billing"})").error().code, ErrorCode::not_found);
}

TEST_F(GroupAdminTest, SaysWhatItCannotDo) {
  for (std::string request : {"", "[]", "{}", R"({"do":"burn"})"}) {
    EXPECT_EQ(run(request).error().code, ErrorCode::invalid) << request;
  }
  EXPECT_EQ(run(R"({"do":"show","name":"none"})").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace millrace::front
