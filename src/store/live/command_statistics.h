#pragma once

// How often each command ran, for how long, and how often which kind of error was answered, as INFO tells. Nothing of
// it is stored. Confined to the reactor.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::store {

struct CommandCounts {
  std::uint64_t calls = 0;
  std::uint64_t failed = 0;
  std::uint64_t rejected = 0;  // before they ran
  std::chrono::nanoseconds time{0};
};

class CommandStatistics {
 public:
  // `row` is the command's place in the table.
  void ran(std::size_t row, std::chrono::nanoseconds time, bool failed);
  void rejected(std::size_t row) { ++of(row).rejected; }

  // An error was answered, whose text begins with its code.
  void answered_error(std::string_view text);

  void reset();

  const std::vector<CommandCounts>& by_row() const { return by_row_; }
  const std::map<std::string, std::uint64_t, std::less<>>& errors() const { return errors_; }

 private:
  static constexpr std::size_t codes_max = 128;  // as Redis; scripts can make up any

  CommandCounts& of(std::size_t row);

  std::vector<CommandCounts> by_row_{};
  std::map<std::string, std::uint64_t, std::less<>> errors_{};
};

}  // namespace millrace::store
