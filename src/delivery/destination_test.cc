#include "delivery/destination.h"

#include <gtest/gtest.h>

#include "delivery/delivery.h"

namespace millrace::delivery {
namespace {

TEST(Url, IsSplit) {
  auto parts = split_url("https://shop.example:8443/hooks?x=1").value();

  EXPECT_EQ(parts.host, "shop.example");
  EXPECT_EQ(parts.port, "8443");
  EXPECT_EQ(parts.path, "/hooks?x=1");
}

TEST(Url, MayBeAnAddressOfVersionSix) {
  EXPECT_EQ(split_url("http://[::1]:80/").value().host, "::1");
  EXPECT_EQ(split_url("http://[::1]").value().port, "");
}

TEST(Url, IsRefusedWithAReason) {
  EXPECT_EQ(check_url("shop").error().message,
            "invalid destination url: endpoint has invalid scheme, add http:// or https://");
  EXPECT_FALSE(check_url("ftp://a.example"));
  EXPECT_FALSE(check_url("http://"));
  EXPECT_FALSE(check_url("http:///x"));
  EXPECT_FALSE(check_url("http://user:secret@a.example/"));
  EXPECT_FALSE(check_url("http://a.example/a b"));
  EXPECT_FALSE(check_url("http://a.example/\r\nX: y"));
  EXPECT_FALSE(check_url("http://a.example:x/"));
  EXPECT_FALSE(check_url("http://[::1/"));
  EXPECT_FALSE(check_url("http://[::1]x/"));
  EXPECT_FALSE(check_url("http://a.example/" + std::string(9000, 'x')));
}

TEST(Authority, IsTheSameForTheSameServer) {
  EXPECT_EQ(authority_of("HTTPS://Shop.Example/x"), "https://shop.example:443");
  EXPECT_EQ(authority_of("https://shop.example:443?x"), "https://shop.example:443");
  EXPECT_EQ(authority_of("http://shop.example"), "http://shop.example:80");
}

TEST(Names, AreLettersDigitsAndThreeSigns) {
  EXPECT_TRUE(check_name("queue name", "a.B_9-"));
  EXPECT_FALSE(check_name("queue name", ""));
  EXPECT_FALSE(check_name("queue name", "a/b"));
  EXPECT_FALSE(check_name("queue name", std::string(257, 'a')));
}

}  // namespace
}  // namespace millrace::delivery
