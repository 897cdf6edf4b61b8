#pragma once

// What the geo commands make of their arguments, and how they answer places. Errors are in the words of Redis.

#include <optional>
#include <string>

#include "store/commands/command_table.h"
#include "store/commands/geo_cells.h"

namespace millrace::store {

// How many meters it is; M, KM, FT or MI.
Result<double> parse_unit(const std::string& text);

Result<GeoPoint> parse_point(const std::string& longitude, const std::string& latitude);

// The cell that a score stands for.
std::uint64_t cell_of_score(double score);

Reply distance_reply(double distance);
Reply point_reply(const Call& call, const GeoPoint& point);

}  // namespace millrace::store
