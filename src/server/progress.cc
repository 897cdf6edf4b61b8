#include "server/progress.h"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "base/time.h"

namespace millrace::server {

void print_line(std::string_view line) {
  std::string time = to_rfc3339(system_now());
  fmt::print("{}  {}\n", std::string_view(time).substr(11, 12), line);
  std::fflush(stdout);
}

void print_problem(std::string_view line) {
  fmt::print(stderr, "{}\n", line);
}

ProgressBar::ProgressBar(std::string what, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      begun_(std::chrono::steady_clock::now()) {}

void ProgressBar::show(std::uint64_t done, std::uint64_t total) {
  auto now = std::chrono::steady_clock::now();
  auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
  if (now - shown_ < pause && done < total) return;
  shown_ = now;
  drawn_ = true;
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line(done, total), terminal_ ? "" : "\n");
  std::fflush(stderr);
}

void ProgressBar::finish() {
  if (terminal_ && drawn_) fmt::print(stderr, "\n");
}

std::string ProgressBar::line(std::uint64_t done, std::uint64_t total) const {
  constexpr std::size_t width = 24;
  double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  auto filled = std::min(width, static_cast<std::size_t>(share * static_cast<double>(width)));
  std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begun_;
  double rate = spent.count() > 0 ? static_cast<double>(done) / spent.count() : 0;
  std::string left = rate > 0 && done < total ? fmt::format("  {:.0f} s left", static_cast<double>(total - done) / rate)
                                              : std::string();
  return fmt::format("{}  [{}{}] {:3.0f}%  {} of {} {}  {}/s{}", what_, std::string(filled, '#'),
                     std::string(width - filled, '.'), share * 100, grouped(done), grouped(total), unit_,
                     grouped(static_cast<std::uint64_t>(rate)), left);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace millrace::server
