#include "net/http_parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace millrace::net {
namespace {

HttpParserLimits small_limits() {
  return {.target_bytes = 64, .header_bytes = 128, .body_bytes = 32};
}

// What a parser makes of `text` when it comes in pieces of `piece` bytes: a line for each request, then the fault.
std::string outcome(std::string_view text, std::size_t piece, const HttpParserLimits& limits) {
  HttpParser parser{limits, "peer"};
  std::string lines;
  for (std::size_t at = 0; at < text.size() && parser.state() != HttpParser::State::failed;) {
    auto bytes = text.substr(at, piece);
    at += bytes.size();
    while (!bytes.empty() && parser.state() != HttpParser::State::failed) {
      bytes.remove_prefix(parser.feed(bytes));
      if (parser.state() != HttpParser::State::complete) continue;
      auto request = parser.take();
      lines += fmt::format("{} {} {}|{}", request->method, request->target, request->keep_alive ? "keep" : "close",
                           request->body);
      for (const auto& header : request->headers) lines += fmt::format("|{}={}", header.name, header.value);
      lines += '\n';
      parser.recycle(std::move(request));
    }
  }
  if (parser.state() == HttpParser::State::failed) lines += fmt::format("{}", parser.fault().status);
  return lines;
}

std::string parse(std::string_view text, const HttpParserLimits& limits = small_limits()) {
  const auto whole = outcome(text, text.size(), limits);
  for (const std::size_t piece : {1, 2, 3, 7})
    EXPECT_EQ(outcome(text, piece, limits), whole) << "in pieces of " << piece;
  return whole;
}

struct Case {
  const char* name;
  std::string text;
  std::string expected;
};

class HttpParserCases : public testing::TestWithParam<Case> {};

TEST_P(HttpParserCases, GivesTheSameHoweverTheBytesAreCut) {
  EXPECT_EQ(parse(GetParam().text), GetParam().expected);
}

std::string with_headers(std::string_view lines) {
  return fmt::format("POST / HTTP/1.1\r\n{}\r\n", lines);
}

const Case accepted[] = {
    {"Get", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / keep||Host=a\n"},
    {"UnknownMethod", "FROB / HTTP/1.1\r\nHost: a\r\n\r\n", "FROB / keep||Host=a\n"},
    {"Http10Closes", "GET / HTTP/1.0\r\n\r\n", "GET / close|\n"},
    {"Http10KeepsAlive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / keep||Connection=keep-alive\n"},
    {"ConnectionClose", "GET / HTTP/1.1\r\nHost:a\r\nConnection: close\r\n\r\n",
     "GET / close||Host=a|Connection=close\n"},
    {"EmptyLineBefore", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / keep||Host=a\n"},
    {"EmptyHeaderValue", "GET / HTTP/1.1\r\nHost:\r\nA: \r\nB:\t b \t\r\n\r\n", "GET / keep||Host=|A=|B=b\n"},
    {"ContentLength", with_headers("Host: a\r\nContent-Length: 3\r\n") + "abc",
     "POST / keep|abc|Host=a|Content-Length=3\n"},
    {"ContentLengthZero", with_headers("Host: a\r\nContent-Length: 0\r\n"), "POST / keep||Host=a|Content-Length=0\n"},
    {"Pipelined",
     "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /3 "
     "HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /1 keep||Host=a\nPOST /2 keep|x|Host=a|Content-Length=1\nGET /3 keep||Host=a\n"},
    {"Chunked",
     with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n",
     "POST / keep|abcde|Host=a|Transfer-Encoding=chunked\n"},
    {"ChunkedThenNext",
     with_headers("Host: a\r\nTransfer-Encoding: Chunked\r\n") + "0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
     "POST / keep||Host=a|Transfer-Encoding=Chunked\nGET / keep||Host=a\n"},
    {"UpgradeIgnored",
     "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET / keep||Host=a|Connection=upgrade|Upgrade=h2c\nGET /2 keep||Host=a\n"},
    {"RawSignsInTarget", "GET /set/k/{\"a\":[1|2^3]}%zz%\\`<># HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /set/k/{\"a\":[1|2^3]}%zz%\\`<># keep||Host=a\n"},
    {"Utf8InTarget", "GET /\xc3\xa4?\xe2\x82\xac HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /\xc3\xa4?\xe2\x82\xac keep||Host=a\n"},
    {"Asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * keep||Host=a\n"},
    {"AbsoluteForm", "GET http://h/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://h/x keep||Host=a\n"},
    {"LongestTarget", "GET /" + std::string(63, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n",
     "GET /" + std::string(63, 'x') + " keep||Host=a\n"},
    {"LargestBody", with_headers("Host: a\r\nContent-Length: 32\r\n") + std::string(32, 'x'),
     "POST / keep|" + std::string(32, 'x') + "|Host=a|Content-Length=32\n"},
    {"LargestHeaders", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(128 - 9 - 5 - 2, 'x') + "\r\n\r\n",
     "GET / keep||Host=a|A=" + std::string(128 - 9 - 5 - 2, 'x') + "\n"},
};

const Case refused[] = {
    {"Garbage", "\x16\x03\x01", "400"},
    {"LeadingSpace", " GET / HTTP/1.1\r\n\r\n", "400"},
    {"TwoEmptyLines", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"NoTarget", "GET HTTP/1.1\r\n\r\n", "400"},
    {"NoVersion", "GET /\r\n\r\n", "400"},
    {"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"SpaceBehindVersion", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
    {"ControlInTarget", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"TabInTarget", "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"RelativeTarget", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"QueryOnly", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"AsteriskOfGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"NoAuthority", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"MethodWithSlash", "GE/T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"LongMethod", std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
    {"Connect", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
    {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
    {"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505"},
    {"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n", "400"},
    {"BareLineFeedInRequestLine", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"},
    {"BareLineFeedInHeader", "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n", "400"},
    {"BareLineFeedAtEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400"},
    {"BareReturnInHeader", "GET / HTTP/1.1\r\nHost: a\rTransfer-Encoding: chunked\r\n\r\n", "400"},
    {"DoubleReturn", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "400"},
    {"FoldedLine", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"},
    {"FoldedFirstLine", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
    {"NoColon", "GET / HTTP/1.1\r\nHost\r\n\r\n", "400"},
    {"EmptyName", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", "400"},
    {"SpaceInName", "GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", "400"},
    {"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
    {"NullInValue", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 29), "400"},
    {"ControlInValue", "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n", "400"},
    {"NoHost", "GET / HTTP/1.1\r\n\r\n", "400"},
    {"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
    {"TwoHostsInHttp10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
    {"TwoContentLengths", with_headers("Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n") + "x", "400"},
    {"ListedContentLength", with_headers("Host: a\r\nContent-Length: 1, 1\r\n") + "x", "400"},
    {"SignedContentLength", with_headers("Host: a\r\nContent-Length: +1\r\n") + "x", "400"},
    {"HexContentLength", with_headers("Host: a\r\nContent-Length: 0x1\r\n") + "x", "400"},
    {"EmptyContentLength", with_headers("Host: a\r\nContent-Length:\r\n") + "x", "400"},
    {"HugeContentLength", with_headers("Host: a\r\nContent-Length: 99999999999999999999\r\n"), "400"},
    {"LengthThenChunked", with_headers("Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
     "400"},
    {"ChunkedThenLength", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n",
     "400"},
    {"ChunkedNotLast", with_headers("Host: a\r\nTransfer-Encoding: chunked, gzip\r\n"), "400"},
    {"ChunkedTwice",
     with_headers("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", "400"},
    {"UnknownCoding", with_headers("Host: a\r\nTransfer-Encoding: xchunked\r\n") + "0\r\n\r\n", "501"},
    {"GzipThenChunked", with_headers("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", "501"},
    {"ChunkedInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
    {"ChunkWithoutSize", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "\r\nabc\r\n", "400"},
    {"ChunkSizeNotHex", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "g\r\n", "400"},
    {"ChunkSizeTooLong", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "fffffffffffffffff\r\n", "400"},
    {"ChunkSizeWithSpace", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "1 \r\nx\r\n", "400"},
    {"ChunkSizeBareLineFeed", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "1\nx\r\n0\r\n\r\n", "400"},
    {"ChunkLongerThanItsSize", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "1\r\nxy\r\n0\r\n\r\n",
     "400"},
    {"ChunkExtensionBareLineFeed", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "1;a\nx\r\n0\r\n\r\n",
     "400"},
    {"Expectation", with_headers("Host: a\r\nExpect: tea\r\nContent-Length: 1\r\n") + "x", "417"},
    {"LongTarget", "GET /" + std::string(64, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
    {"EndlessTarget", "GET /" + std::string(500, 'x'), "414"},
    {"LargeHeaders", "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(128 - 9 - 5 - 1, 'x') + "\r\n\r\n", "431"},
    {"EndlessHeader", "GET / HTTP/1.1\r\nA: " + std::string(500, 'x'), "431"},
    {"EndlessHeaders",
     [] {
       std::string text = "GET / HTTP/1.1\r\n";
       for (int line = 0; line < 100; ++line) text += "A: b\r\n";
       return text;
     }(),
     "431"},
    {"LargeBody", with_headers("Host: a\r\nContent-Length: 33\r\n"), "413"},
    {"LargeChunk", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "21\r\n", "413"},
    {"HugeChunk", with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "ffffffffffffffff\r\n", "413"},
    {"ManyChunks",
     with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") +
         "10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\r\n1\r\nx\r\n",
     "413"},
    {"EndlessChunkExtension",
     with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "1;" + std::string(20'000, 'a'), "413"},
    {"EndlessTrailers",
     [] {
       std::string text = with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n") + "0\r\n";
       for (int line = 0; line < 4000; ++line) text += "A: b\r\n";
       return text;
     }(),
     "413"},
};

auto name_of = [](const testing::TestParamInfo<Case>& info) { return std::string{info.param.name}; };
INSTANTIATE_TEST_SUITE_P(Accepts, HttpParserCases, testing::ValuesIn(accepted), name_of);
INSTANTIATE_TEST_SUITE_P(Refuses, HttpParserCases, testing::ValuesIn(refused), name_of);

struct TargetCase {
  std::string_view target;
  std::string_view path;
  std::string_view query;
};

TEST(HttpParser, SplitsTargetsOfEveryForm) {
  const TargetCase cases[] = {
      {"/", "/", ""},         {"/a?", "/a", ""},           {"/a?b?c", "/a", "b?c"},
      {"http://h", "/", ""},  {"HTTP://h/x?y", "/x", "y"}, {"https://h?y/z", "/", "y/z"},
      {"//h/x", "//h/x", ""},
  };
  for (const auto& [target, path, query] : cases) {
    const auto request = HttpRequest::parse(fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", target));

    EXPECT_EQ(request->path, path) << target;
    EXPECT_EQ(request->query, query) << target;
  }
}

TEST(HttpParser, StopsBehindOneRequest) {
  const auto limits = small_limits();
  HttpParser parser{limits, "peer"};
  const std::string_view first = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  const auto both = std::string(first) + "GET /2 HTTP/1.1\r\n";

  EXPECT_EQ(parser.feed(both), first.size());
  EXPECT_EQ(parser.state(), HttpParser::State::complete);
}

TEST(HttpParser, AsksThePathForItsBodyLimit) {
  HttpParserLimits limits = small_limits();
  limits.body_limit = [](const HttpRequest& head) { return head.path == "/import" ? 1000u : 4u; };
  const auto post = [](std::string_view path, std::size_t size) {
    return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}", path, size,
                       std::string(size, 'x'));
  };

  EXPECT_EQ(outcome(post("/import", 1001), 9999, limits), "413");
  EXPECT_EQ(outcome(post("/import", 1000), 9999, limits).substr(0, 17), "POST /import keep");
  EXPECT_EQ(outcome(post("/", 5), 9999, limits), "413");
}

TEST(HttpParser, TellsWhenTheClientWaitsToContinue) {
  const auto limits = small_limits();
  HttpParser parser{limits, "peer"};
  parser.feed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(parser.continue_awaited());
  ASSERT_NE(parser.head(), nullptr);
  EXPECT_EQ(parser.head()->method, "POST");

  parser.feed("x");
  EXPECT_FALSE(parser.continue_awaited());

  parser.feed("y");
  EXPECT_EQ(parser.take()->body, "xy");
}

TEST(HttpParser, KeepsViewsGoodWhileTheNextRequestIsRead) {
  const auto limits = small_limits();
  HttpParser parser{limits, "peer"};
  parser.feed("GET /first HTTP/1.1\r\nHost: one\r\n\r\n");
  const auto first = parser.take();
  parser.feed("GET /second HTTP/1.1\r\nHost: two\r\n\r\n");
  const auto second = parser.take();

  EXPECT_EQ(first->path, "/first");
  EXPECT_EQ(first->header("host").value(), "one");
  EXPECT_EQ(second->path, "/second");
  EXPECT_EQ(second->peer, "peer");
}

}  // namespace
}  // namespace millrace::net
