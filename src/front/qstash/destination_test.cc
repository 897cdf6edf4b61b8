#include "front/qstash/destination.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

std::string url(std::string_view raw, std::string_view query = {}) {
  auto read = read_destination(raw, query);
  return read ? read->destination.url : read.error().message;
}

TEST(Destination, KeepsAUrlByteForByte) {
  for (const char* text :
       {"https://example.com", "http://example.com/", "https://example.com/a//b/../c", "HTTPS://Example.com/A",
        "https://example.com:8443/x%20y/%7E", "http://127.0.0.1:3000/api"}) {
    EXPECT_EQ(url(text), text);
  }
  EXPECT_EQ(url("https://shop.example/hooks", "src=web&a=%20b&a=c"), "https://shop.example/hooks?src=web&a=%20b&a=c");
}

TEST(Destination, TakesItsOwnParametersOutOfTheQuery) {
  auto read =
      read_destination("https://a.example/in", "x=1&qstash_token=secret&upstash-retries=3&y=&Upstash-Delay=100s");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->destination.url, "https://a.example/in?x=1&y=");
  EXPECT_EQ(read->headers, (delivery::Headers{{"upstash-retries", "3"}, {"Upstash-Delay", "100s"}}));
  EXPECT_EQ(url("https://a.example/in", "qstash_token=secret"), "https://a.example/in");
  EXPECT_EQ(url("https://a.example/in?upstash-delay=3s"), "https://a.example/in");
  EXPECT_EQ(url("https://a.example/in?b=1&upstash-delay=3s"), "https://a.example/in?b=1");
}

TEST(Destination, RepairsWhatProxiesDoToAUrl) {
  EXPECT_EQ(url("https:/example.com/x"), "https://example.com/x");
  EXPECT_EQ(url("https%3A%2F%2Fexample.com%2Fx%3Fa%3D1"), "https://example.com/x?a=1");
  EXPECT_EQ(url("http%3a%2f%2fexample.com"), "http://example.com");
}

TEST(Destination, IsOtherwiseTheNameOfAGroup) {
  auto read = read_destination("orders-group_1.x", "upstash-retries=1");

  ASSERT_TRUE(read);
  EXPECT_EQ(read->destination.group, "orders-group_1.x");
  EXPECT_TRUE(read->destination.url.empty());
  EXPECT_EQ(read->headers.size(), 1U);
}

TEST(Destination, RefusesWhatIsNeither) {
  std::string refusal = "invalid destination url: endpoint has invalid scheme, add http:// or https://";
  for (const char* text : {"", "example.com/path", "ftp://example.com", "a b", "a%20b", "gr\xc3\xbcn", "/"}) {
    EXPECT_EQ(url(text), refusal) << text;
  }
  EXPECT_EQ(url(std::string(300, 'a')), refusal);
  EXPECT_EQ(url("api/llm"), "api/llm is not supported");
}

}  // namespace
}  // namespace millrace::front
