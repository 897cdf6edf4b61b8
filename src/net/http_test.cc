#include "net/http.h"

#include <gtest/gtest.h>

namespace millrace::net {
namespace {

TEST(PercentDecode, DecodesBytesOfEitherCase) {
  EXPECT_EQ(percent_decode("a%20b%C3%a4%00").value(), std::string("a b\xc3\xa4\0", 6));
}

TEST(PercentDecode, KeepsAStrayPercentWhenLenient) {
  EXPECT_EQ(percent_decode("100%").value(), "100%");
  EXPECT_EQ(percent_decode("%zz%4").value(), "%zz%4");
  EXPECT_EQ(percent_decode("%%41").value(), "%A");
}

TEST(PercentDecode, RefusesAStrayPercentWhenStrict) {
  EXPECT_FALSE(percent_decode("100%", Decoding::strict));
  EXPECT_FALSE(percent_decode("%4", Decoding::strict));
  EXPECT_FALSE(percent_decode("%g0", Decoding::strict));
  EXPECT_EQ(percent_decode("%41", Decoding::strict).value(), "A");
}

TEST(PercentDecode, TakesPlusForASpaceOnlyInForms) {
  EXPECT_EQ(percent_decode("a+b").value(), "a+b");
  EXPECT_EQ(percent_decode("a+b", Decoding::lenient, Plus::space).value(), "a b");
}

TEST(PercentEncode, EncodesAllButUnreservedBytes) {
  EXPECT_EQ(percent_encode("aZ9-._~ /%\xc3"), "aZ9-._~%20%2F%25%C3");
}

TEST(PercentEncode, IsUndoneByDecoding) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte.push_back(static_cast<char>(byte));

  EXPECT_EQ(percent_decode(percent_encode(every_byte), Decoding::strict).value(), every_byte);
}

TEST(PathSegments, KeepsEncodedSlashesAndEmptyParts) {
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(path_segments("/"), (Parts{""}));
  EXPECT_EQ(path_segments("/a/b%2Fc/"), (Parts{"a", "b%2Fc", ""}));
  EXPECT_EQ(path_segments("//a"), (Parts{"", "a"}));
}

TEST(ParseQuery, GivesDecodedPairsInOrder) {
  EXPECT_EQ(parse_query("b=1&a=x+y%26&b=2"), (QueryPairs{{"b", "1"}, {"a", "x y&"}, {"b", "2"}}));
}

TEST(ParseQuery, TakesPairsWithoutValueOrName) {
  EXPECT_EQ(parse_query("a&b=&&=c&d=e=f"), (QueryPairs{{"a", ""}, {"b", ""}, {"", "c"}, {"d", "e=f"}}));
  EXPECT_TRUE(parse_query("").empty());
}

TEST(QueryValue, FindsTheFirstOfAName) {
  EXPECT_EQ(query_value("a=1&b%20c=2&a=3", "a").value(), "1");
  EXPECT_EQ(query_value("a=1&b%20c=2+2", "b c").value(), "2 2");
  EXPECT_FALSE(query_value("ab=1", "a"));
}

TEST(HttpRequest, IsParsedFromText) {
  const auto request =
      HttpRequest::parse("POST /a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-Y:  z \r\nContent-Length: 2\r\n\r\nhi");

  EXPECT_EQ(request->method, "POST");
  EXPECT_EQ(request->target, "/a%20b?x=1");
  EXPECT_EQ(request->path, "/a%20b");
  EXPECT_EQ(request->query, "x=1");
  EXPECT_EQ(request->header("x-y").value(), "z");
  EXPECT_FALSE(request->header("x"));
  EXPECT_EQ(request->body, "hi");
}

TEST(HttpRequest, HasReadableBytesBehindItsBody) {
  for (const auto* text :
       {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    const auto request = HttpRequest::parse(text);
    int sum = 0;
    for (std::size_t spare = 0; spare < HttpRequest::body_padding; ++spare) {
      sum += request->body.data()[request->body.size() + spare];
    }

    EXPECT_EQ(sum, 0);
  }
}

TEST(HttpResponse, LetsNoValueAddALine) {
  HttpResponse response;
  response.add_header("Location", "/a\r\nSet-Cookie: x=1\tb");

  EXPECT_EQ(response.header_lines, "Location: /a  Set-Cookie: x=1\tb\r\n");
  EXPECT_EQ(response.header("location").value(), "/a  Set-Cookie: x=1\tb");
  EXPECT_FALSE(response.header("set-cookie"));
}

TEST(HttpResponse, FindsItsHeadersInAnyCase) {
  HttpResponse response{.content_type = "text/plain"};
  response.add_header("A", "1").add_header("B", "2").add_header("a", "3");

  EXPECT_EQ(response.header("content-TYPE").value(), "text/plain");
  EXPECT_EQ(response.header("b").value(), "2");
  EXPECT_EQ(response.header("a").value(), "1");
}

TEST(HttpPhrase, KnowsTheStatusesThatTheServerSends) {
  for (const int status : {200, 400, 408, 413, 414, 417, 431, 500, 501, 503, 505}) {
    EXPECT_NE(http_phrase(status), "Unknown") << status;
  }
}

}  // namespace
}  // namespace millrace::net
