#pragma once

// Turns the bytes of a connection into requests. Pure: no sockets, no clock; the outcome does not depend on how the
// bytes are cut into pieces. Confined to the connection that owns it.
//
// llhttp decides framing (Content-Length, chunked coding, keep-alive) and the syntax of header fields, in its strict
// mode. Here stand the request line, which llhttp would hold to a narrower alphabet than clients do, the limits, and
// what RFC 9112 asks of a server beyond: lines end in CR LF and nothing else (2.2), no folded lines (5.2), exactly one
// Host (3.2), no transfer coding but chunked (6.1), none at all in HTTP/1.0 (6.1).

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace millrace::net {

struct HttpParserLimits {
  std::size_t target_bytes = 8 * 1024;
  std::size_t header_bytes = 16 * 1024;  // the header lines, without the request line
  std::size_t body_bytes = 1024 * 1024;
  std::function<std::size_t(const HttpRequest& head)> body_limit{};  // instead of body_bytes
};

// Why a request was refused: the HTTP status and a sentence for the client.
struct HttpFault {
  int status = 400;
  std::string_view reason{};  // a literal
};

class HttpParser {
 public:
  enum class State {
    idle,      // nothing of the next request has come
    head,      // in its request line or headers
    body,      // the head is known: head()
    complete,  // take() it
    failed,    // fault(); nothing more is read
  };

  // `limits` must outlive the parser. `peer` goes into every request and must outlive them.
  HttpParser(const HttpParserLimits& limits, std::string_view peer);
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  // Reads `bytes` up to the end of one request at most; returns how many were used.
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }
  const HttpFault& fault() const { return fault_; }

  // The request whose head has been read, or null before.
  const HttpRequest* head() const;
  // The client waits for "100 Continue" before it sends the body.
  bool continue_awaited() const { return continue_awaited_; }
  void continue_sent() { continue_awaited_ = false; }
  // How much of the body has come.
  std::size_t body_received() const;

  std::unique_ptr<HttpRequest> take();
  // Gives back the memory of a request that has been answered.
  void recycle(std::unique_ptr<HttpRequest> request);

 private:
  struct Framing;  // llhttp

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  void begin();
  void end_line();
  void end_request_line(std::string_view line);
  void split_target();
  void end_head();
  bool head_is_sound();
  bool note_header(const HttpHeader& header);
  void end_message();
  std::size_t line_bytes_max() const;
  bool fail(int status, std::string_view reason);

  const HttpParserLimits& limits_;
  std::string_view peer_;
  State state_ = State::idle;
  HttpFault fault_{};
  std::unique_ptr<Framing> framing_;
  std::unique_ptr<HttpRequest> request_{};
  std::unique_ptr<HttpRequest> spare_{};
  std::size_t line_begin_ = 0;      // in the head, of the line that is being read
  std::size_t first_line_end_ = 0;  // 0 until the request line has been read
  std::size_t body_limit_ = 0;
  std::size_t raw_body_left_ = 0;  // bounds chunk headers, extensions and trailers together with the body
  std::size_t hosts_ = 0;
  bool empty_line_skipped_ = false;
  bool continue_awaited_ = false;
};

}  // namespace millrace::net
