#include "delivery/time_zone.h"

#include <absl/time/time.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace millrace::delivery {
namespace {

constexpr std::size_t name_bytes_max = 64;  // the longest that exists has 32

bool name_is_plain(const std::string& name) {
  auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  };
  bool other_clock = name.starts_with("right/") || name.starts_with("posix/");  // the database's own variants
  return !name.empty() && name.size() <= name_bytes_max && name.front() != '/' && !other_clock &&
         std::ranges::all_of(name, allowed);
}

absl::CivilSecond civil(LocalTime local) {
  return absl::CivilSecond(1970, 1, 1) + local.time_since_epoch().count();
}

}  // namespace

struct TimeZone::Impl {
  absl::TimeZone zone{};
};

// The library keeps every name that it was ever asked for, so it is asked only for those that exist.
bool time_zone_exists(const std::string& name) {
  if (!name_is_plain(name)) return false;
  const char* folder = std::getenv("TZDIR");
  std::ifstream file(std::string(folder != nullptr ? folder : "/usr/share/zoneinfo") + "/" + name, std::ios::binary);
  char magic[4] = {};
  return file.read(magic, sizeof magic) && std::string_view(magic, sizeof magic) == "TZif";
}

std::optional<TimeZone> TimeZone::load(const std::string& name) {
  auto impl = std::make_shared<Impl>();
  if (name.empty()) {
    impl->zone = absl::UTCTimeZone();
  } else if (!time_zone_exists(name) || !absl::LoadTimeZone(name, &impl->zone)) {
    return std::nullopt;
  }
  TimeZone loaded;
  loaded.impl_ = std::move(impl);
  return loaded;
}

LocalTime TimeZone::local(Timestamp time) const {
  auto shown = impl_->zone.At(absl::FromChrono(std::chrono::floor<std::chrono::seconds>(time))).cs;
  return LocalTime(std::chrono::seconds(shown - absl::CivilSecond(1970, 1, 1)));
}

std::optional<Timestamp> TimeZone::first_time(LocalTime local) const {
  auto found = impl_->zone.At(civil(local));
  if (found.kind == absl::TimeZone::TimeInfo::SKIPPED) return std::nullopt;
  return Timestamp(std::chrono::seconds(absl::ToUnixSeconds(found.pre)));
}

}  // namespace millrace::delivery
