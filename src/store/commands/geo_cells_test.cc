#include "store/commands/geo_cells.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

namespace millrace::store {
namespace {

TEST(GeoCells, AreThoseOfRedis) {
  EXPECT_EQ(cell_of({13.361389, 38.115556}), 3479099956230698u);
  EXPECT_EQ(cell_of({15.087269, 37.502669}), 3479447370796909u);
  EXPECT_EQ(geohash_text(3479099956230698u), "sqc8b49rny0");
}

TEST(GeoCells, AnyPointIsNearTheMiddleOfItsCell) {
  std::mt19937 dice(7);
  for (int i = 0; i < 10'000; ++i) {
    GeoPoint point{std::uniform_real_distribution<>(-180, 180)(dice),
                   std::uniform_real_distribution<>(-latitude_max, latitude_max)(dice)};
    GeoPoint middle = middle_of(cell_of(point));

    ASSERT_NEAR(middle.longitude, point.longitude, 3e-6);
    ASSERT_NEAR(middle.latitude, point.latitude, 2e-6);
    ASSERT_LT(distance(point, middle), 0.4);
  }
}

TEST(GeoCells, TheBordersAreOnTheGrid) {
  EXPECT_TRUE(is_on_grid({180, latitude_max}));
  EXPECT_TRUE(is_on_grid({-180, -latitude_max}));
  EXPECT_FALSE(is_on_grid({180.1, 0}));
  EXPECT_FALSE(is_on_grid({0, 85.1}));
  EXPECT_DOUBLE_EQ(middle_of(cell_of({180, 0})).longitude, 180);
}

TEST(GeoCells, DistancesAreThoseOfAGreatCircle) {
  EXPECT_EQ(distance({1, 2}, {1, 2}), 0);
  EXPECT_NEAR(distance({0, 0}, {180, 0}), 6372797.560856 * M_PI, 1e-6);
  EXPECT_NEAR(distance({5, -10}, {5, 10}), 6372797.560856 * M_PI / 9, 1e-6);
}

// The ranges may hold more than the shape, but nothing of it may be missing.
TEST(GeoCells, HoldEverythingWithinAShape) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 dice(seed);
  for (int round = 0; round < 300; ++round) {
    GeoShape shape;
    // Away from the antimeridian and the poles, where a search of Redis ends, too.
    shape.center = {std::uniform_real_distribution<>(-120, 120)(dice), std::uniform_real_distribution<>(-60, 60)(dice)};
    shape.is_box = round % 2 == 0;
    shape.radius = std::pow(10, std::uniform_real_distribution<>(0, 6)(dice));
    shape.width = std::pow(10, std::uniform_real_distribution<>(0, 6)(dice));
    shape.height = std::pow(10, std::uniform_real_distribution<>(0, 6)(dice));
    auto ranges = cells_around(shape);
    double reach = (shape.is_box ? std::hypot(shape.width, shape.height) : shape.radius * 2) / 111'000;
    for (int i = 0; i < 200; ++i) {
      GeoPoint point{shape.center.longitude + std::uniform_real_distribution<>(-2 * reach, 2 * reach)(dice),
                     shape.center.latitude + std::uniform_real_distribution<>(-reach, reach)(dice)};
      if (!is_on_grid(point)) continue;
      std::uint64_t cell = cell_of(point);
      if (!shape.distance_within(middle_of(cell))) continue;
      auto has_it = [&](const CellRange& range) { return range.begin <= cell && cell < range.end; };
      ASSERT_EQ(std::ranges::count_if(ranges, has_it), 1)
          << point.longitude << " " << point.latitude << " around " << shape.center.longitude << " "
          << shape.center.latitude << (shape.is_box ? " box " : " radius ") << shape.radius << " " << shape.width << "x"
          << shape.height;
    }
  }
}

}  // namespace
}  // namespace millrace::store
