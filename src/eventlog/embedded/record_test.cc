#include "eventlog/embedded/record.h"

#include <gtest/gtest.h>

namespace millrace::eventlog {
namespace {

std::string bytes_of(const StoredRecord& record) {
  std::string bytes;
  encode(record, bytes);
  return bytes;
}

StoredRecord full() {
  return {.timestamp = Timestamp(std::chrono::milliseconds(1'700'000'000'000)),
          .key = "key",
          .version = 300,
          .previous = {7, 123'456},
          .idempotency_key = "once",
          .headers = {{"a", "b"}, {"", ""}},
          .value = "value"};
}

TEST(StoredRecord, ComesBackAsItWas) {
  for (const StoredRecord& record :
       {full(), StoredRecord{}, StoredRecord{.value = ""}, StoredRecord{.key = "", .version = 1}}) {
    std::string bytes = bytes_of(record);

    EXPECT_EQ(decode_record(bytes).value(), record);
  }
}

TEST(StoredRecord, TakesFewBytesBesideItsContent) {
  StoredRecord record{.timestamp = full().timestamp, .key = "0123456789", .version = 1, .value = "0123456789"};

  EXPECT_EQ(bytes_of(record).size(), 20u + 10u);
}

TEST(StoredRecord, CutOffAnywhereBeforeItsValueIsCorrupt) {
  std::string bytes = bytes_of(full());
  for (std::size_t size = 0; size + full().value->size() < bytes.size(); ++size) {
    auto record = decode_record(std::string_view(bytes).substr(0, size));

    ASSERT_FALSE(record) << size;
    EXPECT_EQ(record.error().code, ErrorCode::corrupt);
  }
}

TEST(StoredRecord, RefusesAFormatItDoesNotKnow) {
  std::string bytes = bytes_of(full());
  bytes[0] = 2;

  EXPECT_EQ(decode_record(bytes).error(), (Error{ErrorCode::corrupt, "a stored record has an unknown format"}));
}

TEST(StoredRecord, RefusesBytesBehindARecordWithoutValue) {
  std::string bytes = bytes_of({.key = "k", .version = 1}) + "x";

  EXPECT_FALSE(decode_record(bytes));
}

}  // namespace
}  // namespace millrace::eventlog
