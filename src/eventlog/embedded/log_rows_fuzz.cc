// Any bytes either are refused or give a record that encodes to the same bytes; the same holds for the other rows.

#include <cstdlib>

#include "eventlog/embedded/record.h"
#include "eventlog/embedded/rows.h"

using namespace millrace::eventlog;

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto record = decode_record(bytes)) {
    std::string again;
    encode(*record, again);
    require(again == bytes);
  }
  if (auto row = decode_topic(bytes)) require(encode(*row) == bytes);
  if (auto row = decode_partition(bytes)) require(encode(*row) == bytes);
  if (auto row = decode_segment(bytes)) require(encode(*row) == bytes);
  if (auto row = decode_checkpoint(bytes)) require(encode(*row) == bytes);
  if (auto offset = decode_offset(bytes)) require(encode_offset(*offset) == bytes);
  if (auto time = decode_time(bytes)) require(encode_time(*time) == bytes);
  if (auto row = decode_key(bytes)) require(encode(*row) == bytes);
  if (auto row = decode_place(bytes)) require(encode(*row) == bytes);
  if (auto row = decode_idempotency(bytes)) require(encode(*row) == bytes);
  return 0;
}
