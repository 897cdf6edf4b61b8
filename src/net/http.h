#pragma once

// What an HTTP handler gets and gives: a request as it came over the wire, a response as it shall go out.
// Plain data, confined to the reactor that serves the connection. Source: RFC 9110 (semantics), RFC 9112 (HTTP/1.1),
// RFC 3986 section 2.1 (percent-encoding).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "net/unique_function.h"

namespace millrace::net {

struct HttpHeader {
  std::string_view name{};   // as the client wrote it
  std::string_view value{};  // without the white space around it
};

// One request. All views point into the request's own memory (`peer` into its connection's) and live as long as it;
// a handler that suspends may keep using them until it returns.
class HttpRequest {
 public:
  // The body is followed by this many readable bytes, so that simdjson can parse it where it lies.
  static constexpr std::size_t body_padding = 64;

  HttpRequest() = default;
  HttpRequest(const HttpRequest&) = delete;
  HttpRequest& operator=(const HttpRequest&) = delete;

  std::string_view method{};  // "GET"; case matters
  std::string_view target{};  // raw, as in the request line: "/set/a%20b?x=1"
  std::string_view path{};    // raw, the target up to '?'; of an absolute target what follows its authority
  std::string_view query{};   // raw, without '?'
  std::vector<HttpHeader> headers{};
  std::string_view body{};  // chunked coding already removed
  std::string_view peer{};  // "127.0.0.1:50311"
  std::uint8_t version_minor = 1;
  bool keep_alive = true;
  bool upgrade_asked = false;  // the client offered another protocol by Upgrade; it is served as plain HTTP

  // The value of the first header of this name in any case, or nothing.
  std::optional<std::string_view> header(std::string_view name) const;

  // Is stopped, on the reactor, once nobody may be there for the answer: the client has ended its side of the
  // connection (though it may still read), the connection is closed, or the server stops. For handlers that wait for
  // news: they end their wait and answer what they have.
  std::stop_token gone();

  // A request as a client would have sent it, for tests of handlers. Ends the program when `text` is malformed.
  static std::unique_ptr<HttpRequest> parse(std::string_view text);

 private:
  friend class HttpParser;
  friend class HttpConnection;
  void clear();

  std::string head_;
  std::string body_;
  std::stop_source gone_{std::nostopstate};  // made when somebody asks
  bool left_ = false;
};

// The way to the client of a response whose body is not known in full when it begins (server-sent events, exports).
class HttpStream {
 public:
  virtual ~HttpStream() = default;

  // Sends `bytes` and goes on when the kernel has taken them: a slow client slows the writer. False: the client has
  // gone or the server stops; end the stream. One write at a time.
  virtual Async<bool> write(std::string bytes) = 0;

  // False once the client has gone or the server stops.
  virtual bool open() const = 0;

  // Calls `task` when the client goes or the server stops, so that a stream that waits for news can end. Replaces the
  // former; called at once when the stream is closed already.
  virtual void on_close(Task task) = 0;
};

struct HttpResponse {
  int status = 200;
  std::string_view content_type{};  // must outlive the process, or use add_header; empty: none is sent
  std::string body{};
  std::string_view static_body{};  // sent instead when `body` is empty; must outlive the response (embedded assets)
  std::shared_ptr<const void> static_owner{};  // kept until the bytes of `static_body` are sent
  bool close = false;                          // close the connection after this response

  // When set: the head goes out at once, then what this coroutine writes, chunked, until it ends. `body` is not sent.
  UniqueFunction<Async<void>(HttpStream&)> stream{};

  // Control characters in `value` become spaces: no input can add a line. The server itself sends Content-Length,
  // Transfer-Encoding, Connection and Date.
  HttpResponse& add_header(std::string_view name, std::string_view value);
  // The value of the first header of this name in any case, or nothing.
  std::optional<std::string_view> header(std::string_view name) const;

  std::string header_lines{};  // "name: value\r\n" for each
};

// "Not Found"; "Unknown" for a status without a registered phrase.
std::string_view http_phrase(int status);

bool equal_ignoring_case(std::string_view left, std::string_view right);

// Percent-encoding, by one decoder with two attitudes:
//   strict   a '%' not followed by two hexadecimal digits gives nothing;
//   lenient  it stays as it is.
// '+' is a space only where `plus` says so (queries and forms, not paths).
enum class Decoding { strict, lenient };
enum class Plus { literal, space };
std::optional<std::string> percent_decode(std::string_view text, Decoding decoding = Decoding::lenient,
                                          Plus plus = Plus::literal);
// Encodes every byte but the unreserved ones (RFC 3986 section 2.3).
std::string percent_encode(std::string_view text);

// "/a/b%20c/" gives {"a", "b%20c", ""}, still encoded, for routes whose segments may hold "%2F".
std::vector<std::string_view> path_segments(std::string_view path);

// The name-value pairs of a query or of a form body, decoded leniently, in order; "a&b=" gives {"a",""},{"b",""}.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;
QueryPairs parse_query(std::string_view query);
// The decoded value of the first pair of this name, or nothing, without decoding the others' values.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace millrace::net
