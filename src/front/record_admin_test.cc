#include "front/record_admin.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "eventlog/embedded/embedded_log.h"
#include "front/topic_records.h"
#include "kv/testing.h"

namespace millrace::front {
namespace {

using eventlog::Record;
using testing::HasSubstr;

Record round_trip(const Record& record) {
  std::string json;
  append_record_json(json, record);
  auto document = JsonDocument::parse(json).value();
  auto read = read_record_json(document.root()).value();
  return {*read.partition, record.offset, *read.timestamp, record.version,
          read.key,        read.value,    read.headers,    read.idempotency_key};
}

TEST(TopicRecords, LoseNothingAsJson) {
  Timestamp time(std::chrono::milliseconds(1'731'000'004'211));
  Record plain{2, 17, time, 3, "7", "paid \"42\"\n\u00e9", {{"trace", "7f"}, {"trace", ""}}, "request-1"};
  Record bytes{0, 0, time, 1, std::string("\xff\x00k", 3), std::string("\xc3", 1), {}, {}};
  Record tombstone{0, 1, time, 2, "", std::nullopt, {}, {}};
  Record empty{0, 1, time, 0, std::nullopt, "", {}, {}};

  for (const Record& record : {plain, bytes, tombstone, empty}) EXPECT_EQ(round_trip(record), record);
}

TEST(TopicRecords, RefuseWhatIsNoRecord) {
  for (std::string text : {"[]", R"({"key":7})", R"({"value":{}})", R"({"value_base64url":"?"})", R"({"partition":-1})",
                           R"({"timestamp":"now"})", R"({"headers":{}})", R"({"headers":[["a"]]})", R"({"id":7})"}) {
    auto document = JsonDocument::parse(text).value();
    EXPECT_EQ(read_record_json(document.root()).error().code, ErrorCode::invalid) << text;
  }
}

class RecordAdminTest : public testing::Test {
 protected:
  RecordAdminTest() { take_now(log_.create("orders", {.partitions = 2})).value(); }

  Result<std::string> run(std::string request) { return take_now(admin_.run(std::move(request))); }

  net::Reactor reactor_;
  kv::MemoryHome memory_;
  eventlog::EmbeddedLog log_{memory_.home(), {.clock = [] { return Timestamp(); }}};
  RecordAdmin admin_{reactor_, log_};
};

TEST_F(RecordAdminTest, ReadsOnFromThePositionsItGave) {
  EXPECT_EQ(run(R"({"do":"write","name":"orders","records":[{"partition":1,"value":"a"},{"partition":1,"value":"b"}]})")
                .value(),
            R"({"appended":[[1,0],[1,1]]})");
  EXPECT_EQ(run(R"({"do":"read","name":"orders","from":"earliest","limit":1})").value(),
            R"({"records":[{"partition":1,"offset":0,"timestamp":0,"value":"a"}],)"
            R"("positions":[[0,0],[1,1]],"ends":[[0,0],[1,2]]})");
  EXPECT_THAT(run(R"({"do":"read","name":"orders","positions":[[0,0],[1,1]]})").value(),
              HasSubstr(R"("value":"b"}],"positions":[[0,0],[1,2]])"));
  EXPECT_THAT(run(R"({"do":"read","name":"orders","from":"latest","partition":1})").value(),
              HasSubstr(R"({"records":[],"positions":[[1,2]],)"));
  EXPECT_THAT(run(R"({"do":"read","name":"orders","from":1})").value(), HasSubstr(R"("value":"b")"));
  EXPECT_THAT(run(R"({"do":"read","name":"orders","from":{"time":1}})").value(), HasSubstr(R"({"records":[],)"));
}

TEST_F(RecordAdminTest, ReadsTheHistoryOfAKey) {
  run(R"({"do":"write","name":"orders","records":[{"key":"7","value":"a"},{"key":"8","value":"x"},
                                                  {"key":"7","value":"b"}]})")
      .value();
  EXPECT_THAT(run(R"({"do":"read","name":"orders","key":"7","version":2})").value(), HasSubstr(R"("version":3})"));
  EXPECT_THAT(run(R"({"do":"read","name":"orders","key":"7","version":3})").value(),
              HasSubstr(R"({"records":[],"version":3})"));
}

TEST_F(RecordAdminTest, WritesAllOrNothing) {
  EXPECT_EQ(run(R"({"do":"write","name":"orders","records":[{"value":"a"},{"value":7}]})").error().code,
            ErrorCode::invalid);
  EXPECT_EQ(run(R"({"do":"write","name":"orders","records":[{"value":"a"},{"value":"b","partition":2}]})").error().code,
            ErrorCode::not_found);
  EXPECT_THAT(run(R"({"do":"read","name":"orders"})").value(), HasSubstr(R"({"records":[],)"));
}

TEST_F(RecordAdminTest, SaysWhatItCannotDo) {
  for (std::string request :
       {"", "[]", "{}", R"({"do":"burn","name":"orders"})", R"({"do":"write","name":"orders"})",
        R"({"do":"read","name":"orders","from":"somewhere"})", R"({"do":"read","name":"orders","from":{}})",
        R"({"do":"read","name":"orders","positions":[[0]]})", R"({"do":"read","name":"orders","limit":-1})"}) {
    EXPECT_EQ(run(request).error().code, ErrorCode::invalid) << request;
  }
  EXPECT_EQ(run(R"({"do":"read","name":"none"})").error().code, ErrorCode::not_found);
  EXPECT_EQ(run(R"({"do":"read","name":"orders","partition":2})").error().code, ErrorCode::not_found);
}

TEST_F(RecordAdminTest, TakesLargeBodiesOnlyFromWhoKnowsTheSecret) {
  auto known =
      net::HttpRequest::parse("POST /admin/records HTTP/1.1\r\nhost: h\r\nauthorization: Bearer s3cret\r\n\r\n");
  auto unknown =
      net::HttpRequest::parse("POST /admin/records HTTP/1.1\r\nhost: h\r\nauthorization: Bearer other\r\n\r\n");

  EXPECT_GT(record_admin_body_bytes_max(*known, "s3cret", 1000), std::size_t{1} << 20);
  EXPECT_EQ(record_admin_body_bytes_max(*unknown, "s3cret", 1000), 1000u);
}

}  // namespace
}  // namespace millrace::front
