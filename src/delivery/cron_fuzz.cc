// Any line: read without a fault; what was accepted reads back the same and fires later than it was asked, on a minute.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "delivery/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace millrace;
  using namespace millrace::delivery;
  auto schedule = CronSchedule::parse({reinterpret_cast<const char*>(data), size});
  if (!schedule) return 0;
  auto again = CronSchedule::parse(schedule->text());
  if (!again || again->text() != schedule->text()) std::abort();
  Timestamp after{std::chrono::milliseconds(1'700'000'000'123)};
  auto fires = schedule->next(after);
  if (!fires || *fires <= after || fires != again->next(after)) std::abort();
  if (std::chrono::floor<std::chrono::minutes>(*fires) != *fires) std::abort();
  return 0;
}
