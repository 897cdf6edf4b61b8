// Any bytes, with a version and a checksum that are right, give a value or an error; a value that was read is read
// again from what is written of it.

#include <cstdint>
#include <cstdlib>

#include "store/rdb/crc64.h"
#include "store/rdb/payload.h"
#include "store/rdb/types.h"
#include "store/rdb/writer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::store::rdb;
  std::string payload(reinterpret_cast<const char*>(data), size);
  append_little_endian(payload, version_most);
  append_little_endian(payload, crc64(payload));
  auto value = decode(payload);
  if (!value) return 0;
  auto again = decode(encode(*value));
  if (!again || encode(*again) != encode(*value)) std::abort();
  return 0;
}
