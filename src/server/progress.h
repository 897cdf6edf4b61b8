#pragma once

// What the program says to people: lines, problems, and a bar for work that takes long. Output goes to standard output,
// problems and bars to standard error.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::server {

// With the time of day in front: for what happens while the server runs.
void print_line(std::string_view line);
void print_problem(std::string_view line);

// A bar on a terminal, a line every few seconds elsewhere.
//
//   rebuilding  [##########..........]  50%  512,000 of 1,024,000 events  210,000/s  3 s left
class ProgressBar {
 public:
  ProgressBar(std::string what, std::string unit);

  void show(std::uint64_t done, std::uint64_t total);
  void finish();

 private:
  std::string line(std::uint64_t done, std::uint64_t total) const;

  std::string what_;
  std::string unit_;
  bool terminal_;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point shown_{};
  bool drawn_ = false;
};

// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace millrace::server
