#pragma once

// What INFO and MEMORY tell of the process that serves. Any thread.

#include <cstdint>
#include <string>

namespace millrace::store {

struct ProcessMemory {
  std::uint64_t resident = 0;  // bytes
  std::uint64_t resident_most = 0;
  std::uint64_t machine = 0;
};
ProcessMemory process_memory();

struct ProcessTimes {
  double user = 0;  // seconds
  double system = 0;
};
ProcessTimes process_times();

std::string operating_system();

// 40 hexadecimal digits, others for each process.
const std::string& run_id();

// "1.50M", as Redis writes bytes for people.
std::string human_bytes(std::uint64_t bytes);

}  // namespace millrace::store
