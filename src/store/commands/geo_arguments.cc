#include "store/commands/geo_arguments.h"

#include <fmt/format.h>

#include "store/commands/sorted_set_arguments.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

// In the Redis protocol 17 digits behind the point, without the zeros that end them; over REST 17 digits in all.
Reply coordinate_reply(const Call& call, double degrees) {
  if (call.context().caller.door == Door::rest) return Reply::bulk(fmt::format("{:.17g}", degrees));
  if (call.context().caller.protocol > 2) return Reply::of_real(degrees);
  std::string text = fmt::format("{:.17f}", static_cast<long double>(degrees));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return Reply::bulk(std::move(text));
}

}  // namespace

Result<double> parse_unit(const std::string& text) {
  if (equals_ignoring_case(text, "M")) return 1.0;
  if (equals_ignoring_case(text, "KM")) return 1000.0;
  if (equals_ignoring_case(text, "FT")) return 0.3048;
  if (equals_ignoring_case(text, "MI")) return 1609.34;
  return Error{ErrorCode::invalid, "ERR unsupported unit provided. please use M, KM, FT, MI"};
}

Result<GeoPoint> parse_point(const std::string& longitude, const std::string& latitude) {
  auto x = to_double(longitude);
  auto y = to_double(latitude);
  if (!x || !y) return not_a_double();
  GeoPoint point{*x, *y};
  if (is_on_grid(point)) return point;
  return Error{ErrorCode::invalid, fmt::format("ERR invalid longitude,latitude pair {:f},{:f}", *x, *y)};
}

std::uint64_t cell_of_score(double score) {
  constexpr double beyond = 0x1p63;
  return score >= 0 && score < beyond ? static_cast<std::uint64_t>(score) : 0;
}

Reply distance_reply(double distance) {
  return Reply::bulk(fmt::format("{:.4f}", distance));
}

Reply point_reply(const Call& call, const GeoPoint& point) {
  return Reply::array({coordinate_reply(call, point.longitude), coordinate_reply(call, point.latitude)});
}

}  // namespace millrace::store
