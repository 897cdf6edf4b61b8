#include "front/topic_admin.h"

#include <gmock/gmock.h>

#include "eventlog/embedded/embedded_log.h"
#include "kv/testing.h"

namespace millrace::front {
namespace {

using testing::HasSubstr;

class TopicAdminTest : public testing::Test {
 protected:
  Result<std::string> run(std::string request) { return take_now(administer_topics(log_, std::move(request))); }

  kv::MemoryHome memory_;
  eventlog::EmbeddedLog log_{memory_.home(), {.clock = [] { return Timestamp(); }}};
};

TEST_F(TopicAdminTest, CreatesATopicAsItIsTold) {
  EXPECT_EQ(run(R"({"do":"create","name":"orders","partitions":3,"first_offset":1,"record_bytes_max":100,
                    "cleanup":"compact","retention_ms":5000,"retention_bytes":7000,"unread_expires":true})")
                .value(),
            R"({"name":"orders","partitions":3,"first_offset":1,"record_bytes_max":100,"cleanup":"compact",)"
            R"("retention_ms":5000,"retention_bytes":7000,"unread_expires":true,)"
            R"("created_at":"1970-01-01T00:00:00.000Z"})");
  EXPECT_THAT(run(R"({"do":"create","name":"plain"})").value(),
              HasSubstr(R"("partitions":1,"first_offset":0,"record_bytes_max":1048576,"cleanup":"delete",)"
                        R"("retention_ms":null,"retention_bytes":null,"unread_expires":false)"));
  EXPECT_THAT(run(R"({"do":"list"})").value(), HasSubstr(R"({"topics":[{"name":"orders","partitions":3,)"));
}

TEST_F(TopicAdminTest, ChangesOnlyWhatIsNamed) {
  run(R"({"do":"create","name":"orders","partitions":2,"retention_ms":5000,"retention_bytes":7000})").value();

  EXPECT_THAT(run(R"({"do":"alter","name":"orders","partitions":4,"retention_ms":null})").value(),
              HasSubstr(R"("partitions":4,"first_offset":0,"record_bytes_max":1048576,"cleanup":"delete",)"
                        R"("retention_ms":null,"retention_bytes":7000)"));
  EXPECT_EQ(run(R"({"do":"alter","name":"orders","partitions":1})").error().code, ErrorCode::invalid);
}

TEST_F(TopicAdminTest, ShowsHowFullATopicIs) {
  run(R"({"do":"create","name":"orders"})").value();
  std::vector<eventlog::NewRecord> records{{.value = "v"}};
  take_now(log_.append("orders", std::move(records))).value();

  EXPECT_THAT(run(R"({"do":"show","name":"orders"})").value(),
              HasSubstr(R"("status":[{"partition":0,"first":0,"next":1,"records":1,"bytes":)"));
}

TEST_F(TopicAdminTest, DeletesATopicThatNoAppUses) {
  run(R"({"do":"create","name":"orders"})").value();
  run(R"({"do":"create","name":"tasks"})").value();
  log_.claim("tasks", "todo");

  EXPECT_EQ(run(R"({"do":"delete","name":"orders"})").value(), R"({"deleted":"orders"})");
  EXPECT_EQ(run(R"({"do":"delete","name":"orders"})").error().code, ErrorCode::not_found);
  EXPECT_EQ(run(R"({"do":"delete","name":"tasks"})").error().code, ErrorCode::conflict);
  EXPECT_EQ(run(R"({"do":"delete","name":"tasks","in_use":true})").value(), R"({"deleted":"tasks"})");
}

TEST_F(TopicAdminTest, SaysWhatItCannotDo) {
  for (std::string request :
       {"", "[]", "{}", R"({"do":"burn"})", R"({"do":"create"})", R"({"do":"create","name":"a","partitions":-1})",
        R"({"do":"create","name":"a","partitions":"2"})", R"({"do":"create","name":"a","cleanup":"never"})",
        R"({"do":"create","name":"a","unread_expires":1})", R"({"do":"create","name":"a/b"})"}) {
    EXPECT_EQ(run(request).error().code, ErrorCode::invalid) << request;
  }
  EXPECT_EQ(run(R"({"do":"alter","name":"none"})").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace millrace::front
