#include <cstdint>
#include <cstdlib>

#include "delivery/rows.h"

// Any bytes are a row or are not; what is one is written as the same bytes.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace::delivery;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto row = decode_status(bytes); row && encode(*row) != bytes) std::abort();
  if (auto row = decode_queue(bytes); row && encode(*row) != bytes) std::abort();
  if (auto row = decode_group("g", bytes); row && encode(*row) != bytes) std::abort();
  if (auto row = decode_schedule_state(bytes); row && encode(*row) != bytes) std::abort();
  if (auto row = decode_log(bytes); row && encode(*row) != bytes) std::abort();
  decode_flow(bytes);
  decode_flow_count(bytes);
  decode_schedule("s", bytes);
  decode_message("m", bytes);
  return 0;
}
