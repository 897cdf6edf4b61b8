#include "store/commands/geo_cells.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace millrace::store {
namespace {

constexpr double earth_radius = 6372797.560856;      // of the sphere that Redis measures on
constexpr double mercator_half_width = 20037726.37;  // of the map, at the equator
constexpr double geohash_latitude_max = 90;
constexpr int steps_max = 26;  // how often each angle is halved

double radians(double degrees) {
  return degrees * (std::numbers::pi / 180.0);
}
double degrees(double radians) {
  return radians / (std::numbers::pi / 180.0);
}

// Puts a zero bit before each of the 32.
std::uint64_t spread_bits(std::uint32_t bits) {
  std::uint64_t spread = bits;
  spread = (spread | spread << 16) & 0x0000FFFF0000FFFF;
  spread = (spread | spread << 8) & 0x00FF00FF00FF00FF;
  spread = (spread | spread << 4) & 0x0F0F0F0F0F0F0F0F;
  spread = (spread | spread << 2) & 0x3333333333333333;
  return (spread | spread << 1) & 0x5555555555555555;
}

// Keeps every other bit, beginning with the lowest.
std::uint32_t gather_bits(std::uint64_t spread) {
  spread &= 0x5555555555555555;
  spread = (spread | spread >> 1) & 0x3333333333333333;
  spread = (spread | spread >> 2) & 0x0F0F0F0F0F0F0F0F;
  spread = (spread | spread >> 4) & 0x00FF00FF00FF00FF;
  spread = (spread | spread >> 8) & 0x0000FFFF0000FFFF;
  return static_cast<std::uint32_t>(spread | spread >> 16);
}

// A cell of a coarser or finer grid, by the numbers of its column and row.
struct Cell {
  std::uint32_t column = 0;
  std::uint32_t row = 0;
  int steps = 0;

  bool operator==(const Cell&) const = default;

  std::uint64_t bits() const { return spread_bits(row) | spread_bits(column) << 1; }

  // The one so many columns and rows away; the grid is round in both directions.
  Cell moved(int columns, int rows) const {
    std::uint32_t mask = (std::uint32_t{1} << steps) - 1;
    return {(column + static_cast<std::uint32_t>(columns)) & mask, (row + static_cast<std::uint32_t>(rows)) & mask,
            steps};
  }
};

std::uint32_t part_of(double value, double most, int steps) {
  return static_cast<std::uint32_t>((value + most) / (2 * most) * static_cast<double>(std::uint64_t{1} << steps));
}

Cell cell_at(const GeoPoint& point, int steps, double most_latitude = latitude_max) {
  return {part_of(point.longitude, longitude_max, steps), part_of(point.latitude, most_latitude, steps), steps};
}

// For a search: what lies on the last border belongs to the last cell.
Cell middle_cell(const GeoPoint& point, int steps) {
  std::uint32_t last = (std::uint32_t{1} << steps) - 1;
  Cell cell = cell_at(point, steps);
  return {std::min(cell.column, last), std::min(cell.row, last), steps};
}

Cell from_bits(std::uint64_t bits) {
  return {gather_bits(bits >> 1), gather_bits(bits), steps_max};
}

struct Area {
  double west = 0;
  double south = 0;
  double east = 0;
  double north = 0;
};

double border(std::uint32_t part, double most, int steps) {
  return -most + (static_cast<double>(part) / static_cast<double>(std::uint64_t{1} << steps)) * (2 * most);
}

Area area_of(const Cell& cell) {
  return {border(cell.column, longitude_max, cell.steps), border(cell.row, latitude_max, cell.steps),
          border(cell.column + 1, longitude_max, cell.steps), border(cell.row + 1, latitude_max, cell.steps)};
}

double distance_of_latitudes(double a, double b) {
  return earth_radius * std::abs(radians(b) - radians(a));
}

// How often the grid may be halved so that a cell and its neighbours still hold everything in a radius.
int steps_for(double radius, double latitude) {
  if (radius == 0) return steps_max;
  int steps = 1;
  for (; radius < mercator_half_width; radius *= 2) ++steps;
  steps -= 2;  // a cell is at least twice as wide
  // Towards the poles meridians come nearer to each other, and the cells with them.
  if (std::abs(latitude) > 66) --steps;
  if (std::abs(latitude) > 80) --steps;
  return std::clamp(steps, 1, steps_max);
}

// The box around the shape. Its width is taken where meridians are nearest to each other.
Area bounds_of(const GeoShape& shape) {
  double half_height = shape.is_box ? shape.height / 2 : shape.radius;
  double half_width = shape.is_box ? shape.width / 2 : shape.radius;
  const auto& [longitude, latitude] = shape.center;
  double up = degrees(half_height / earth_radius);
  double narrowest = latitude < 0 ? latitude - up : latitude + up;
  double aside = degrees(half_width / earth_radius / std::cos(radians(narrowest)));
  return {longitude - aside, latitude - up, longitude + aside, latitude + up};
}

// Whether the cell with all its neighbours is too small for the bounds.
bool is_too_small(const Cell& cell, const Area& bounds) {
  return area_of(cell.moved(0, 1)).north < bounds.north || area_of(cell.moved(0, -1)).south > bounds.south ||
         area_of(cell.moved(1, 0)).east < bounds.east || area_of(cell.moved(-1, 0)).west > bounds.west;
}

CellRange range_of(const Cell& cell) {
  int shift = 2 * (steps_max - cell.steps);
  return {cell.bits() << shift, (cell.bits() + 1) << shift};
}

}  // namespace

bool is_on_grid(const GeoPoint& point) {
  return std::abs(point.longitude) <= longitude_max && std::abs(point.latitude) <= latitude_max;
}

std::uint64_t cell_of(const GeoPoint& point) {
  return cell_at(point, steps_max).bits();
}

GeoPoint middle_of(std::uint64_t cell) {
  Area area = area_of(from_bits(cell));
  return {std::clamp((area.west + area.east) / 2, -longitude_max, longitude_max),
          std::clamp((area.south + area.north) / 2, -latitude_max, latitude_max)};
}

std::string geohash_text(std::uint64_t cell) {
  constexpr char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  std::uint64_t bits = cell_at(middle_of(cell), steps_max, geohash_latitude_max).bits();
  std::string text;
  for (int shift = 2 * steps_max - 5; shift >= 0; shift -= 5) text += letters[bits >> shift & 31];
  return text + '0';  // the last two bits do not make another letter
}

double distance(const GeoPoint& a, const GeoPoint& b) {
  double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  if (v == 0.0) return distance_of_latitudes(a.latitude, b.latitude);
  double u = std::sin((radians(b.latitude) - radians(a.latitude)) / 2);
  double chord = u * u + std::cos(radians(a.latitude)) * std::cos(radians(b.latitude)) * v * v;
  return 2.0 * earth_radius * std::asin(std::sqrt(chord));
}

std::optional<double> GeoShape::distance_within(const GeoPoint& point) const {
  if (is_box) {
    if (distance_of_latitudes(point.latitude, center.latitude) > height / 2) return std::nullopt;
    if (distance(point, {center.longitude, point.latitude}) > width / 2) return std::nullopt;
  }
  double found = distance(center, point);
  if (!is_box && found > radius) return std::nullopt;
  return found;
}

std::vector<CellRange> cells_around(const GeoShape& shape) {
  Area bounds = bounds_of(shape);
  double radius = shape.is_box ? std::hypot(shape.width / 2, shape.height / 2) : shape.radius;
  Cell middle = middle_cell(shape.center, steps_for(radius, shape.center.latitude));
  if (middle.steps > 1 && is_too_small(middle, bounds)) middle = middle_cell(shape.center, middle.steps - 1);
  Area area = area_of(middle);

  std::vector<Cell> cells;
  for (auto [columns, rows] : {std::pair{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}) {
    // On a side where the middle cell alone reaches far enough, no neighbour is needed.
    bool useless =
        middle.steps >= 2 && ((rows < 0 && area.south < bounds.south) || (rows > 0 && area.north > bounds.north) ||
                              (columns < 0 && area.west < bounds.west) || (columns > 0 && area.east > bounds.east));
    Cell cell = middle.moved(columns, rows);
    if (!useless && std::ranges::find(cells, cell) == cells.end()) cells.push_back(cell);
  }
  std::vector<CellRange> ranges;
  for (const Cell& cell : cells) ranges.push_back(range_of(cell));
  return ranges;
}

}  // namespace millrace::store
