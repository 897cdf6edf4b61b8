// Any text as a retry delay and as a duration: read without a fault, and what was accepted gives a delay between now
// and a day.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "delivery/duration.h"
#include "delivery/retry_delay.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  using namespace millrace::delivery;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (int retried : {0, 1, 100}) {
    auto delay = retry_delay({}, text, retried, {});
    if (delay.count() < 0 || delay > retry_delay_max) std::abort();
  }
  if (auto duration = parse_duration(text); duration && duration->count() < 0) std::abort();
  if (auto asked = parse_asked_delay(text, {}); asked && asked->count() < 0) std::abort();
  return 0;
}
