#include "net/http_connection.h"

#include <algorithm>
#include <charconv>

namespace millrace::net {

namespace {

// More than this waits in user memory only when a single response is larger.
constexpr std::size_t output_max = 256 * 1024;
// A stream that never has to wait lets others have their turn after so much.
constexpr std::ptrdiff_t stream_turn = 256 * 1024;
// The slowest that a body may arrive once HttpLimits::body_time has passed.
constexpr std::size_t body_bytes_a_second = 1024;

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_number(std::string& text, std::size_t number, int base = 10) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number, base).ptr);
}

void append_status_line(std::string& text, int status) {
  if (status == 200) {
    text.append("HTTP/1.1 200 OK\r\n");
    return;
  }
  text.append("HTTP/1.1 ");
  append_number(text, static_cast<std::size_t>(status));
  text.append(" ").append(http_phrase(status)).append("\r\n");
}

}  // namespace

// What a stream's coroutine writes to. It lives in the exchange that is at the front of its connection.
class HttpConnection::Stream final : public HttpStream {
 public:
  Stream(HttpConnection& connection, bool chunked) : connection_(connection), chunked_(chunked) {}

  Async<bool> write(std::string bytes) override;
  bool open() const override { return open_; }
  void on_close(Task task) override;

  // The client has gone or the server stops.
  void shut();
  // The writer may go on, if one waits.
  void go_on();
  void end();

 private:
  void append(std::string bytes);
  bool must_wait();

  HttpConnection& connection_;
  bool chunked_;
  bool open_ = true;
  std::ptrdiff_t turn_left_ = stream_turn;
  std::coroutine_handle<> waiting_{};
  Task on_close_{};
};

Async<bool> HttpConnection::Stream::write(std::string bytes) {
  struct Taken {
    Stream& stream;
    bool await_ready() { return !stream.must_wait(); }
    void await_suspend(std::coroutine_handle<> handle) { stream.waiting_ = handle; }
    void await_resume() {}
  };
  if (!open_) co_return false;
  if (bytes.empty()) co_return true;
  turn_left_ -= static_cast<std::ptrdiff_t>(bytes.size());
  append(std::move(bytes));
  connection_.flush();
  co_await Taken{*this};
  co_return open_;
}

void HttpConnection::Stream::append(std::string bytes) {
  if (!chunked_) return connection_.append_owned(std::move(bytes));
  append_number(connection_.gathered(), bytes.size(), 16);
  connection_.append("\r\n");
  connection_.append_owned(std::move(bytes));
  connection_.append("\r\n");
}

bool HttpConnection::Stream::must_wait() {
  if (!open_) return false;
  if (!connection_.drained()) return true;
  if (turn_left_ > 0) return false;
  turn_left_ = stream_turn;
  connection_.core_->reactor.post([weak = connection_.weak_from_this()] {
    auto connection = std::static_pointer_cast<HttpConnection>(weak.lock());
    if (connection && connection->streaming() && connection->drained()) connection->exchanges_.front().stream->go_on();
  });
  return true;
}

void HttpConnection::Stream::on_close(Task task) {
  if (open_) {
    on_close_ = std::move(task);
  } else if (task) {
    task();
  }
}

// What is called here may end the stream and with it this object.
void HttpConnection::Stream::shut() {
  open_ = false;
  auto task = std::exchange(on_close_, {});
  auto waiting = std::exchange(waiting_, {});
  if (task) task();
  if (waiting) waiting.resume();
}

void HttpConnection::Stream::go_on() {
  if (auto waiting = std::exchange(waiting_, {})) waiting.resume();
}

void HttpConnection::Stream::end() {
  if (chunked_) connection_.append("0\r\n\r\n");
}

HttpConnection::Exchange::Exchange() = default;
HttpConnection::Exchange::Exchange(Exchange&&) noexcept = default;
HttpConnection::Exchange::~Exchange() = default;

HttpConnection::HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpServer::Core> core)
    : Link(std::move(socket), core->options.limits.write_time, core->options.tls),
      core_(std::move(core)),
      parser_(core_->parser_limits, peer()),
      idle_since_(core_->now) {}

HttpConnection::~HttpConnection() = default;

void HttpConnection::begin() {
  receive();
}

void HttpConnection::refuse() {
  reject(503, "Too many connections");
  settle();
}

bool HttpConnection::in_message() const {
  return parser_.state() == HttpParser::State::head || parser_.state() == HttpParser::State::body;
}

bool HttpConnection::streaming() const {
  return !exchanges_.empty() && exchanges_.front().state == Exchange::State::streaming;
}

bool HttpConnection::reading_wanted() const {
  // Behind the last request nothing counts but the end: a handler may wait for it.
  return !closed() && !closing() && (!last_ || running_ > 0) && held_.empty() && !blocked() &&
         exchanges_.size() < core_->options.limits.pipelined;
}

bool HttpConnection::on_received(std::string_view bytes) {
  consume(bytes);
  settle();
  return reading_wanted();
}

// Reads requests as long as there is room for them and for their responses; keeps the rest for later.
void HttpConnection::consume(std::string_view bytes) {
  corked_ = true;
  while (!bytes.empty() && !last_ && !closed()) {
    if (queued() > output_max) flush();
    if (exchanges_.size() >= core_->options.limits.pipelined || blocked()) {
      held_.assign(bytes);
      break;
    }
    bytes.remove_prefix(parser_.feed(bytes));
    if (parser_.state() == HttpParser::State::complete) enqueue(parser_.take());
    if (parser_.state() == HttpParser::State::failed) reject(parser_.fault().status, parser_.fault().reason);
  }
  corked_ = false;
  if (in_message() && timed_state_ != parser_.state()) {
    timed_state_ = parser_.state();
    message_begin_ = std::chrono::steady_clock::now();
  }
}

void HttpConnection::enqueue(std::unique_ptr<HttpRequest> request) {
  timed_state_ = HttpParser::State::idle;
  auto& exchange = exchanges_.emplace_back();
  exchange.keep_alive = request->keep_alive && !core_->stopping;
  exchange.head_only = request->method == "HEAD";
  exchange.safe = is_safe(request->method);
  exchange.version_minor = request->version_minor;
  exchange.request = std::move(request);
  last_ = !exchange.keep_alive;
  ++core_->counts.requests_total;
  advance();
}

// Answers what shall not reach the handler, in its turn, and reads nothing more.
void HttpConnection::reject(int status, std::string_view reason) {
  auto& exchange = exchanges_.emplace_back();
  const auto* head = parser_.head();
  exchange.state = Exchange::State::answered;
  exchange.response = core_->error(status, reason, head);
  exchange.keep_alive = false;
  exchange.head_only = head != nullptr && head->method == "HEAD";
  last_ = true;
  ++core_->counts.requests_rejected;
  advance();
}

// Starts handlers and sends responses as far as their order allows.
void HttpConnection::advance() {
  if (advancing_) return;
  advancing_ = true;
  while (!closed() && !closing() && (start_next() || send_front())) {
  }
  advancing_ = false;
}

bool HttpConnection::start_next() {
  if (started_ == exchanges_.size()) return false;
  auto& exchange = exchanges_[started_];
  if (exchange.state == Exchange::State::waiting) {
    if (running_ > 0 && (!exchange.safe || running_unsafe_ > 0)) return false;
    exchange.state = Exchange::State::running;
    ++running_;
    if (!exchange.safe) ++running_unsafe_;
    ++core_->counts.requests_running;
    ++started_;
    run(std::static_pointer_cast<HttpConnection>(shared_from_this()), exchange);
    return true;
  }
  ++started_;
  return true;
}

// `exchange` stays where it is until it has been answered, and `self` until then at least.
HttpConnection::Detached HttpConnection::run(std::shared_ptr<HttpConnection> self, Exchange& exchange) {
  try {
    exchange.response = co_await self->core_->handler(*exchange.request);
  } catch (...) {
    exchange.response = self->core_->error(500, "The request failed", exchange.request.get());
  }
  self->answered(exchange);
}

void HttpConnection::answered(Exchange& exchange) {
  exchange.state = Exchange::State::answered;
  --running_;
  if (!exchange.safe) --running_unsafe_;
  --core_->counts.requests_running;
  if (advancing_) return;
  advance();
  settle();
}

bool HttpConnection::send_front() {
  if (exchanges_.empty()) return false;
  auto& front = exchanges_.front();
  if (front.state == Exchange::State::answered) {
    begin_response(front);
    return true;
  }
  if (front.state != Exchange::State::sent) return false;
  pop_front();
  return true;
}

void HttpConnection::begin_response(Exchange& exchange) {
  const bool streams = static_cast<bool>(exchange.response.stream);
  const bool chunked = streams && exchange.version_minor == 1;
  if (exchange.response.close || (streams && !chunked)) exchange.keep_alive = false;
  append_head(exchange, chunked);
  if (streams && !exchange.head_only) {
    exchange.state = Exchange::State::streaming;
    exchange.stream = std::make_unique<Stream>(*this, chunked);
    flush();
    run_stream(std::static_pointer_cast<HttpConnection>(shared_from_this()), exchange);
    return;
  }
  if (!exchange.head_only && has_body(exchange.response.status)) append_body(exchange);
  exchange.state = Exchange::State::sent;
}

void HttpConnection::append_head(const Exchange& exchange, bool chunked) {
  const auto& response = exchange.response;
  auto& text = gathered();
  append_status_line(text, response.status);
  if (!response.content_type.empty()) text.append("Content-Type: ").append(response.content_type).append("\r\n");
  text.append(response.header_lines).append(core_->date_line);
  if (chunked) {
    text.append("Transfer-Encoding: chunked\r\n");
  } else if (!response.stream && has_body(response.status)) {
    text.append("Content-Length: ");
    append_number(text, response.body.empty() ? response.static_body.size() : response.body.size());
    text.append("\r\n");
  }
  if (!exchange.keep_alive) {
    text.append("Connection: close\r\n");
  } else if (exchange.version_minor == 0) {
    text.append("Connection: keep-alive\r\n");
  }
  text.append("\r\n");
}

void HttpConnection::append_body(Exchange& exchange) {
  auto& response = exchange.response;
  if (!response.body.empty()) return append_owned(std::move(response.body));
  append_foreign(response.static_body, std::move(response.static_owner));
}

HttpConnection::Detached HttpConnection::run_stream(std::shared_ptr<HttpConnection> self, Exchange& exchange) {
  bool whole = true;
  try {
    if (self->closed()) exchange.stream->shut();
    co_await exchange.response.stream(*exchange.stream);
  } catch (...) {
    whole = false;  // without its last chunk the client sees that it was cut off
  }
  exchange.state = Exchange::State::sent;
  if (self->closed()) co_return;
  if (!whole) {
    self->close();
    co_return;
  }
  exchange.stream->end();
  if (self->advancing_) co_return;
  self->advance();
  self->settle();
}

void HttpConnection::pop_front() {
  const bool keep_alive = exchanges_.front().keep_alive;
  parser_.recycle(std::move(exchanges_.front().request));
  exchanges_.pop_front();
  --started_;
  idle_since_ = core_->now;
  if (!keep_alive) {
    last_ = true;
    close_gently();
  }
}

// To be called whenever something has been received, answered or sent.
void HttpConnection::settle() {
  if (corked_) return;
  while (!closed() && !closing()) {
    if (parser_.continue_awaited() && exchanges_.empty()) {
      append("HTTP/1.1 100 Continue\r\n\r\n");
      parser_.continue_sent();
    }
    if (running_ > 0) {
      if (!drained()) core_->flush_later(*this);  // the responses behind may be ready by the end of this tick
    } else {
      flush();
    }
    if (last_ && exchanges_.empty()) return close_gently();
    if (held_.empty() || blocked() || exchanges_.size() >= core_->options.limits.pipelined) break;
    consume(std::exchange(held_, {}));
  }
  if (reading_wanted()) receive();
}

void HttpConnection::flush_now() {
  flush_waiting = false;
  if (!closed()) flush();
}

void HttpConnection::on_drained() {
  if (streaming()) exchanges_.front().stream->go_on();
  settle();
}

// The peer may have closed one half only and still wait for its responses; a stream cannot know, and ends.
void HttpConnection::on_ended() {
  last_ = true;
  if (streaming()) return close();
  tell_gone();
  settle();
}

void HttpConnection::on_closed() {
  while (!exchanges_.empty() && exchanges_.back().state == Exchange::State::waiting) exchanges_.pop_back();
  const auto self = shared_from_this();
  core_->remove(*this);
  shut_stream();
  tell_gone();
}

// From the loop: whoever waits answers at once, and the caller is in the middle of something.
void HttpConnection::tell_gone() {
  std::vector<std::stop_source> waiting;
  for (auto& exchange : exchanges_) {
    if (!exchange.request || exchange.state == Exchange::State::sent) continue;
    exchange.request->left_ = true;
    if (exchange.request->gone_.stop_possible()) waiting.push_back(exchange.request->gone_);
  }
  if (waiting.empty()) return;
  core_->reactor.post([waiting = std::move(waiting)]() mutable {
    for (auto& source : waiting) source.request_stop();
  });
}

void HttpConnection::shut_stream() {
  if (streaming()) exchanges_.front().stream->shut();
}

void HttpConnection::retire() {
  if (closed() || closing()) return;
  if (exchanges_.empty()) {
    if (!in_message()) close_gently();
    return;
  }
  last_ = true;
  exchanges_.back().keep_alive = false;
  shut_stream();
  tell_gone();
}

void HttpConnection::sweep(SteadyTime now) {
  close_when_overdue(now);
  if (closed() || closing()) return;
  const auto& limits = core_->options.limits;
  if (in_message() && held_.empty() && !blocked() && timed_state_ == parser_.state()) {
    const bool in_body = parser_.state() == HttpParser::State::body;
    const std::chrono::seconds earned{in_body ? parser_.body_received() / body_bytes_a_second : 0};
    if (now < message_begin_ + (in_body ? limits.body_time : limits.header_time) + earned) return;
    reject(408, in_body ? "The body took too long" : "The headers took too long");
    settle();
  } else if (!in_message() && exchanges_.empty() && drained() && now >= idle_since_ + limits.idle_time) {
    close_gently();
  }
}

}  // namespace millrace::net
