#pragma once

// Places on earth as cells of a grid, and distances between them, as Redis computes them: a cell is 52 bits, 26 of the
// longitude and 26 of the latitude, interleaved, so that it fits into a score exactly and near cells mostly have near
// numbers. The grid leaves out the poles, as maps in Mercator's projection do. Angles are in degrees, distances in
// meters on a sphere. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace millrace::store {

constexpr double longitude_max = 180;
constexpr double latitude_max = 85.05112878;

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

bool is_on_grid(const GeoPoint& point);

// The cell of a point on the grid, and the middle of a cell.
std::uint64_t cell_of(const GeoPoint& point);
GeoPoint middle_of(std::uint64_t cell);

// The cell in the usual geohash letters, eleven of them; these reach to the poles.
std::string geohash_text(std::uint64_t cell);

double distance(const GeoPoint& a, const GeoPoint& b);

// What is searched around its center: a circle, or a box whose sides run along the meridians and parallels.
struct GeoShape {
  GeoPoint center{};
  bool is_box = false;
  double radius = 0;  // of a circle
  double width = 0;   // of a box
  double height = 0;

  // How far `point` is from the center, if it is within the shape.
  std::optional<double> distance_within(const GeoPoint& point) const;
};

struct CellRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // not of the range
};

// Ranges of cells that together hold everything within `shape`, and more: at most nine, none twice, in the order in
// which Redis looks at them: the middle, then around it.
std::vector<CellRange> cells_around(const GeoShape& shape);

}  // namespace millrace::store
