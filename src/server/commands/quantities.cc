#include "server/commands/quantities.h"

#include <cctype>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace millrace::server {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Nothing for text that is not a number of at most nine digits and one of `units`, or none.
template <std::size_t size>
std::optional<std::uint64_t> parse(const std::string& text, const Unit (&units)[size]) {
  std::size_t digits = text.find_first_not_of("0123456789");
  std::string unit = digits == text.npos ? "" : text.substr(digits);
  for (char& c : unit) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::string number = text.substr(0, digits);
  if (number.empty() || number.size() > 12) return {};
  for (const Unit& known : units) {
    if (known.name == unit) return std::stoull(number) * known.factor;
  }
  return {};
}

constexpr Unit byte_units[] = {{"", 1}, {"b", 1}, {"kb", 1u << 10}, {"mb", 1u << 20}, {"gb", 1u << 30}};
constexpr Unit time_units[] = {{"w", 604'800'000}, {"d", 86'400'000}, {"h", 3'600'000},
                               {"m", 60'000},      {"s", 1'000},      {"ms", 1}};

}  // namespace

Result<std::uint64_t> parse_bytes(const std::string& text) {
  if (auto bytes = parse(text, byte_units)) return *bytes;
  return Error{ErrorCode::invalid, fmt::format("'{}' is no size; write 500mb, 2gb or a number of bytes", text)};
}

Result<std::chrono::milliseconds> parse_duration(const std::string& text) {
  if (auto time = parse(text, time_units)) return std::chrono::milliseconds(*time);
  return Error{ErrorCode::invalid, fmt::format("'{}' is no time; write 90s, 30m, 12h or 7d", text)};
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(units); ++unit) size /= 1024;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", size, units[unit]);
}

std::string duration_text(std::chrono::milliseconds duration) {
  auto count = static_cast<std::uint64_t>(duration.count());
  for (const Unit& unit : time_units) {
    if (unit.name != "w" && count % unit.factor == 0) return fmt::format("{}{}", count / unit.factor, unit.name);
  }
  return fmt::format("{}ms", count);
}

}  // namespace millrace::server
