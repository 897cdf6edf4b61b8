#include "store/commands/process_facts.h"

#include <array>
#include <fmt/format.h>
#include <fstream>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/crypto.h"

namespace millrace::store {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

rusage usage() {
  rusage found{};
  getrusage(RUSAGE_SELF, &found);
  return found;
}

}  // namespace

ProcessMemory process_memory() {
  ProcessMemory memory;
  auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  if (std::ifstream("/proc/self/statm") >> all >> resident) memory.resident = resident * page;
  memory.resident_most = std::max(memory.resident, static_cast<std::uint64_t>(usage().ru_maxrss) * 1024);
  memory.machine = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  return memory;
}

ProcessTimes process_times() {
  rusage used = usage();
  return {.user = seconds(used.ru_utime), .system = seconds(used.ru_stime)};
}

std::string operating_system() {
  utsname names{};
  uname(&names);
  return fmt::format("{} {} {}", names.sysname, names.release, names.machine);
}

const std::string& run_id() {
  static const std::string id = [] {
    std::array<std::uint8_t, 20> bytes{};
    random_bytes(bytes);
    std::string digits;
    for (std::uint8_t byte : bytes) digits += fmt::format("{:02x}", byte);
    return digits;
  }();
  return id;
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::string_view units = "KMGTP";
  if (bytes < 1024) return fmt::format("{}B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1024; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.2f}{}", value, units[unit]);
}

}  // namespace millrace::store
