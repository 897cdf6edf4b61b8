#include "front/assets/assets.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace millrace::front {
namespace {

TEST(Assets, AreInTheOrderOfTheirPaths) {
  EXPECT_TRUE(std::ranges::is_sorted(all_assets(), {}, &Asset::path));
}

TEST(Assets, HoldBothPages) {
  EXPECT_NE(find_asset(graphql_page), nullptr);
  EXPECT_NE(find_asset(console_page), nullptr);
}

TEST(Assets, AreFoundByTheWholePathOnly) {
  EXPECT_EQ(find_asset("/console"), nullptr);
  EXPECT_EQ(find_asset("/console/graphql.htm"), nullptr);
  EXPECT_EQ(find_asset("/console/graphql.html/"), nullptr);
  EXPECT_EQ(find_asset(""), nullptr);
}

TEST(Assets, AllUnpack) {
  for (const Asset& asset : all_assets()) {
    Result<std::string> body = unpacked(asset);

    ASSERT_TRUE(body.has_value()) << body.error().message;
    EXPECT_GT(body->size(), 100u) << asset.path;
  }
}

TEST(Assets, UnpackToThePage) {
  Result<std::string> page = unpacked(*find_asset(console_page));

  ASSERT_TRUE(page.has_value());
  EXPECT_TRUE(page->starts_with("<!doctype html>"));
  EXPECT_TRUE(page->ends_with("</html>\n"));
}

TEST(Assets, BytesThatAreNotGzipAreCorrupt) {
  Asset broken{.path = "/console/broken", .gzipped = "these bytes were never packed"};

  EXPECT_EQ(unpacked(broken).error().code, ErrorCode::corrupt);
}

TEST(Assets, HaveTagsOfTheirOwn) {
  std::vector<std::string_view> tags;
  for (const Asset& asset : all_assets()) tags.push_back(asset.etag);
  std::ranges::sort(tags);

  EXPECT_EQ(std::ranges::adjacent_find(tags), tags.end());
  EXPECT_TRUE(std::ranges::all_of(tags, [](auto tag) { return tag.starts_with('"') && tag.ends_with('"'); }));
}

TEST(Assets, MayBeKeptOnlyWhereThePathChangesWithTheContent) {
  for (const Asset& asset : all_assets()) {
    EXPECT_EQ(asset.immutable, asset.path.starts_with("/console/assets/")) << asset.path;
    EXPECT_EQ(cache_control(asset).find("immutable") != std::string_view::npos, asset.immutable);
  }
}

// Every path that a page of ours names is there: a page must not ask for what nobody serves.
TEST(Assets, NameOnlyAssetsThatAreThere) {
  for (const Asset& asset : all_assets()) {
    if (!asset.path.ends_with(".html")) continue;
    std::string body = *unpacked(asset);
    for (std::size_t at = 0; (at = body.find("=\"/console/", at)) != std::string::npos; ++at) {
      std::string path = body.substr(at + 2, body.find('"', at + 2) - at - 2);
      EXPECT_TRUE(find_asset(path) != nullptr || path == "/console/served.json") << asset.path << " names " << path;
    }
  }
}

}  // namespace
}  // namespace millrace::front
