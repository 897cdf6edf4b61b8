#include "net/http_parser.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <llhttp.h>

namespace millrace::net {

namespace {

constexpr std::size_t method_bytes_max = 32;  // the longest registered one has 17
// Method, version, two spaces and CR LF beside the target.
constexpr std::size_t request_line_frame = method_bytes_max + 8 + 2 + 2;
// Every byte of a body may come in a chunk of its own ("1", CR LF, the byte, CR LF); extensions and trailers share the
// rest.
constexpr std::size_t raw_per_body_byte = 6;
constexpr std::size_t raw_spare = 16 * 1024;
// Before the body arrives only so much is set aside for what its header announces.
constexpr std::size_t body_reserve_max = 64 * 1024;

// RFC 9110 section 5.6.2.
constexpr auto token_bytes = [] {
  std::array<bool, 256> allowed{};
  for (char letter = 'a'; letter <= 'z'; ++letter) allowed[letter] = allowed[letter - 32] = true;
  for (char digit = '0'; digit <= '9'; ++digit) allowed[digit] = true;
  for (const char sign : std::string_view{"!#$%&'*+-.^_`|~"}) allowed[sign] = true;
  return allowed;
}();

bool is_token(char letter) {
  return token_bytes[static_cast<unsigned char>(letter)];
}

bool is_target(char letter) {
  return static_cast<unsigned char>(letter) > 0x20 && letter != 0x7f;
}

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  return value;
}

}  // namespace

// llhttp is given each message as a POST to "/", whose framing differs from no other method's; it starts behind that
// request line, in a state that is made once.
struct HttpParser::Framing {
  explicit Framing(HttpParser& parser) : owner(parser) { restart(1); }

  void restart(int version_minor);
  std::size_t execute(std::string_view bytes);

  static Framing& of(llhttp_t* parser) { return *static_cast<Framing*>(parser->data); }
  static int on_header_field(llhttp_t* parser, const char* at, std::size_t length);
  static int on_header_value(llhttp_t* parser, const char* at, std::size_t length);
  static int on_headers_complete(llhttp_t* parser);
  static int on_chunk_header(llhttp_t* parser);
  static int on_body(llhttp_t* parser, const char* at, std::size_t length);
  static int on_message_complete(llhttp_t* parser);
  static const llhttp_settings_t* settings();

  HttpParser& owner;
  llhttp_t llhttp{};
  bool head_complete = false;
  bool complete = false;
};

const llhttp_settings_t* HttpParser::Framing::settings() {
  static const llhttp_settings_t callbacks = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_header_field = on_header_field;
    made.on_header_value = on_header_value;
    made.on_headers_complete = on_headers_complete;
    made.on_chunk_header = on_chunk_header;
    made.on_body = on_body;
    made.on_message_complete = on_message_complete;
    return made;
  }();
  return &callbacks;
}

void HttpParser::Framing::restart(int version_minor) {
  static const std::array<llhttp_t, 2> behind_request_line = [] {
    std::array<llhttp_t, 2> made{};
    for (int minor : {0, 1}) {
      const std::string_view line = minor == 0 ? "POST / HTTP/1.0\r\n" : "POST / HTTP/1.1\r\n";
      llhttp_init(&made[minor], HTTP_REQUEST, settings());
      if (llhttp_execute(&made[minor], line.data(), line.size()) != HPE_OK) std::abort();
    }
    return made;
  }();
  llhttp = behind_request_line[version_minor];
  llhttp.data = this;
  head_complete = complete = false;
}

// Fails the parser when llhttp does and nobody has before it.
std::size_t HttpParser::Framing::execute(std::string_view bytes) {
  const auto outcome = llhttp_execute(&llhttp, bytes.data(), bytes.size());
  if (outcome == HPE_OK) return bytes.size();
  if (outcome == HPE_PAUSED && complete) return llhttp_get_error_pos(&llhttp) - bytes.data();
  const char* reason = llhttp_get_error_reason(&llhttp);  // llhttp's reasons are literals
  if (owner.state_ != State::failed) owner.fail(400, reason != nullptr ? reason : "Malformed request");
  return bytes.size();
}

int HttpParser::Framing::on_header_field(llhttp_t* parser, const char* at, std::size_t length) {
  auto& framing = of(parser);
  if (!framing.head_complete) framing.owner.request_->headers.push_back({.name = {at, length}});
  return 0;
}

int HttpParser::Framing::on_header_value(llhttp_t* parser, const char* at, std::size_t length) {
  auto& framing = of(parser);
  if (!framing.head_complete) framing.owner.request_->headers.back().value = trimmed({at, length});
  return 0;
}

int HttpParser::Framing::on_headers_complete(llhttp_t* parser) {
  auto& framing = of(parser);
  framing.head_complete = true;
  framing.owner.request_->keep_alive = llhttp_should_keep_alive(parser) != 0;
  framing.owner.request_->upgrade_asked = parser->upgrade != 0;
  parser->upgrade = 0;  // or llhttp would take what follows for another protocol
  return framing.owner.head_is_sound() ? 0 : -1;
}

int HttpParser::Framing::on_chunk_header(llhttp_t* parser) {
  auto& owner = of(parser).owner;
  if (parser->content_length <= owner.body_limit_ - owner.request_->body_.size()) return 0;
  owner.fail(413, "The body is too large");
  return -1;
}

int HttpParser::Framing::on_body(llhttp_t* parser, const char* at, std::size_t length) {
  of(parser).owner.request_->body_.append(at, length);
  return 0;
}

int HttpParser::Framing::on_message_complete(llhttp_t* parser) {
  of(parser).complete = true;
  return HPE_PAUSED;
}

HttpParser::HttpParser(const HttpParserLimits& limits, std::string_view peer)
    : limits_(limits), peer_(peer), framing_(std::make_unique<Framing>(*this)) {}

HttpParser::~HttpParser() = default;

bool HttpParser::fail(int status, std::string_view reason) {
  state_ = State::failed;
  fault_ = {status, reason};
  continue_awaited_ = false;
  return false;
}

const HttpRequest* HttpParser::head() const {
  return request_ && framing_->head_complete ? request_.get() : nullptr;
}

std::size_t HttpParser::body_received() const {
  return request_ ? request_->body_.size() : 0;
}

std::size_t HttpParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  if (state_ == State::idle && !bytes.empty()) begin();
  if (state_ == State::head) used = feed_head(bytes);
  if (state_ == State::body) used += feed_body(bytes.substr(used));
  return used;
}

void HttpParser::begin() {
  state_ = State::head;
  if (!request_) request_ = spare_ ? std::move(spare_) : std::make_unique<HttpRequest>();
  request_->clear();
  request_->peer = peer_;
  line_begin_ = first_line_end_ = hosts_ = 0;
  empty_line_skipped_ = false;
  framing_->head_complete = false;
}

// The bytes that the current line may have.
std::size_t HttpParser::line_bytes_max() const {
  if (first_line_end_ == 0) return limits_.target_bytes + request_line_frame;
  return limits_.header_bytes - std::min(limits_.header_bytes, line_begin_ - first_line_end_);
}

// Whole lines are judged, never parts of them, so that an outcome does not depend on where the bytes were cut.
std::size_t HttpParser::feed_head(std::string_view bytes) {
  auto& head = request_->head_;
  std::size_t used = 0;
  while (used < bytes.size() && state_ == State::head) {
    const auto rest = bytes.substr(used);
    const auto line_feed = rest.find('\n');
    const bool ends = line_feed != std::string_view::npos;
    const auto piece = ends ? line_feed + 1 : rest.size();
    const auto before = head.size() - line_begin_;
    // Whoever speaks TLS to this port is told at once.
    const char first = before > 0 ? head[line_begin_] : rest[0];
    if (first_line_end_ == 0 && !is_token(first) && first != '\r') fail(400, "Malformed request line");
    if (state_ == State::head && before + piece > line_bytes_max()) {
      first_line_end_ == 0 ? fail(414, "The request target is too long") : fail(431, "The headers are too large");
    }
    if (state_ != State::head) break;
    head.append(rest, 0, piece);
    used += piece;
    if (ends) end_line();
  }
  return used;
}

void HttpParser::end_line() {
  const auto line = std::string_view{request_->head_}.substr(line_begin_);
  if (line.size() < 2 || line.find('\r') != line.size() - 2) {
    fail(400, "A line does not end in CR LF");
  } else if (first_line_end_ == 0) {
    end_request_line(line.substr(0, line.size() - 2));
  } else if (line.size() == 2) {
    end_head();
  } else if (line[0] == ' ' || line[0] == '\t' || line[0] == ':') {
    fail(400, "Malformed header line");
  } else {
    line_begin_ = request_->head_.size();
  }
}

void HttpParser::end_request_line(std::string_view line) {
  if (line.empty() && !empty_line_skipped_) {  // RFC 9112 section 2.2: some clients send one after a body
    empty_line_skipped_ = true;
    request_->head_.clear();
    return;
  }
  const auto method_end = line.find(' ');
  const auto target_end = method_end == std::string_view::npos ? method_end : line.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return void(fail(400, "Malformed request line"));
  const auto method = line.substr(0, method_end);
  const auto target = line.substr(method_end + 1, target_end - method_end - 1);
  const auto version = line.substr(target_end + 1);
  if (method.size() > method_bytes_max || !std::ranges::all_of(method, is_token)) {
    return void(fail(400, "Malformed method"));
  }
  if (target.size() > limits_.target_bytes) return void(fail(414, "The request target is too long"));
  if (!std::ranges::all_of(target, is_target)) return void(fail(400, "Malformed request target"));
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    const bool other = version.size() == 8 && version.starts_with("HTTP/") && version[5] >= '0' && version[5] <= '9';
    return void(other ? fail(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here") : fail(400, "Malformed HTTP version"));
  }
  if (method == "CONNECT") return void(fail(501, "This server is no proxy"));
  request_->version_minor = version.back() == '1' ? 1 : 0;
  line_begin_ = first_line_end_ = request_->head_.size();
}

// The head has its last byte: views into it stay good.
void HttpParser::end_head() {
  const std::string_view head = request_->head_;
  const auto method_end = head.find(' ');
  request_->method = head.substr(0, method_end);
  request_->target = head.substr(method_end + 1, first_line_end_ - method_end - 1 - std::strlen(" HTTP/1.x\r\n"));
  split_target();
  if (state_ == State::failed) return;
  framing_->restart(request_->version_minor);
  framing_->execute(head.substr(first_line_end_));
  if (state_ == State::failed) return;
  state_ = State::body;
  if (framing_->complete) end_message();
}

// RFC 9112 section 3.2: origin form, absolute form, or the asterisk of OPTIONS.
void HttpParser::split_target() {
  auto rest = request_->target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(rest.substr(0, scheme.size()), scheme)) continue;
    const auto authority_end = rest.find_first_of("/?", scheme.size());
    if (authority_end == scheme.size()) break;
    rest = authority_end == std::string_view::npos ? "/" : rest.substr(authority_end);
    if (rest[0] == '?') {
      request_->path = "/";
      request_->query = rest.substr(1);
      return;
    }
    break;
  }
  if (rest.empty() || (rest[0] != '/' && !(rest == "*" && request_->method == "OPTIONS"))) {
    return void(fail(400, "Malformed request target"));
  }
  const auto mark = rest.find('?');
  request_->path = rest.substr(0, mark);
  if (mark != std::string_view::npos) request_->query = rest.substr(mark + 1);
}

bool HttpParser::note_header(const HttpHeader& header) {
  if (equal_ignoring_case(header.name, "host")) {
    ++hosts_;
  } else if (equal_ignoring_case(header.name, "transfer-encoding")) {
    if (request_->version_minor == 0) return fail(400, "Transfer-Encoding does not exist in HTTP/1.0");
    if (!equal_ignoring_case(header.value, "chunked")) return fail(501, "No transfer coding but chunked is known");
  } else if (equal_ignoring_case(header.name, "expect")) {
    if (!equal_ignoring_case(header.value, "100-continue")) return fail(417, "No expectation but 100-continue is met");
    continue_awaited_ = request_->version_minor == 1;
  }
  return true;
}

// Judges the head as a whole once llhttp has found it well-formed, and sets the bounds of the body.
bool HttpParser::head_is_sound() {
  for (const auto& header : request_->headers) {
    if (!note_header(header)) return false;
  }
  if (hosts_ > 1 || (hosts_ == 0 && request_->version_minor == 1))
    return fail(400, "Exactly one Host header is needed");
  const auto& llhttp = framing_->llhttp;
  const bool chunked = (llhttp.flags & F_CHUNKED) != 0;
  if (!chunked && llhttp.content_length == 0) {
    continue_awaited_ = false;
    return true;
  }
  body_limit_ = limits_.body_limit ? limits_.body_limit(*request_) : limits_.body_bytes;
  if (llhttp.content_length > body_limit_) return fail(413, "The body is too large");
  const auto raw_max =
      std::min(body_limit_, std::numeric_limits<std::size_t>::max() / 8) * raw_per_body_byte + raw_spare;
  raw_body_left_ = chunked ? raw_max : llhttp.content_length;
  request_->body_.reserve(std::min<std::size_t>(llhttp.content_length, body_reserve_max) + HttpRequest::body_padding);
  return true;
}

std::size_t HttpParser::feed_body(std::string_view bytes) {
  if (bytes.empty()) return 0;
  continue_awaited_ = false;
  const auto used = framing_->execute(bytes.substr(0, raw_body_left_));
  raw_body_left_ -= used;
  if (state_ == State::failed) return used;
  if (framing_->complete) {
    end_message();
  } else if (raw_body_left_ == 0) {
    fail(413, "The body is too large");
  }
  return used;
}

void HttpParser::end_message() {
  auto& body = request_->body_;
  const auto size = body.size();
  if (size > 0) {
    body.append(HttpRequest::body_padding, '\0');
    request_->body = std::string_view{body}.substr(0, size);
  } else {
    static constexpr char nothing[HttpRequest::body_padding] = {};
    request_->body = {nothing, 0};
  }
  state_ = State::complete;
}

std::unique_ptr<HttpRequest> HttpParser::take() {
  state_ = State::idle;
  return std::move(request_);
}

void HttpParser::recycle(std::unique_ptr<HttpRequest> request) {
  spare_ = std::move(request);
}

std::unique_ptr<HttpRequest> HttpRequest::parse(std::string_view text) {
  const HttpParserLimits limits{.body_bytes = text.size()};
  HttpParser parser{limits, "127.0.0.1:1"};
  const auto used = parser.feed(text);
  if (parser.state() != HttpParser::State::complete || used != text.size()) std::abort();
  return parser.take();
}

}  // namespace millrace::net
