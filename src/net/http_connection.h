#pragma once

// One HTTP/1.1 connection: requests in, responses out in their order. Inside net only. Confined to the reactor.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "net/http_parser.h"
#include "net/http_server.h"
#include "net/link.h"
#include "net/listener.h"

namespace millrace::net {

class HttpConnection;

// What the server and its connections share. A connection may outlive the server while a handler of its runs.
struct HttpServer::Core : std::enable_shared_from_this<Core> {
  Core(Reactor& owner, HttpServerOptions chosen, HttpHandler handle);

  void accepted(boost::asio::ip::tcp::socket socket);
  void add(const std::shared_ptr<HttpConnection>& connection);
  void remove(HttpConnection& connection);
  void sweep();
  void schedule_sweep();
  void flush_later(HttpConnection& connection);
  void flush_waiting();
  void end_stop();
  std::vector<std::shared_ptr<HttpConnection>> all() const;
  HttpResponse error(int status, std::string_view reason, const HttpRequest* head) const;

  Reactor& reactor;
  HttpServerOptions options;
  HttpHandler handler;
  HttpParserLimits parser_limits;
  HttpCounts counts{};
  std::unique_ptr<Listener> listener{};
  std::vector<std::shared_ptr<HttpConnection>> connections{};
  std::vector<std::shared_ptr<HttpConnection>> flush_waiters{};  // flushed at the tick's end
  std::size_t connections_max = 0;
  std::chrono::milliseconds sweep_interval{};
  SteadyTime now{};         // of the last sweep: exact enough for idle times
  std::string date_line{};  // "Date: ...\r\n", of the last sweep
  std::time_t date_second = 0;
  Timer sweep_timer{};
  TickEnd tick_end{};
  bool stopping = false;
  std::coroutine_handle<> stop_waiting{};
  Timer stop_timer{};
};

class HttpConnection final : public Link {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpServer::Core> core);
  ~HttpConnection() override;

  void begin();
  // Says that there is no room and closes.
  void refuse();
  // Ends it once the requests in work have been answered, at once when there are none.
  void retire();
  // Closes what has taken too long.
  void sweep(SteadyTime now);
  void flush_now();

  std::size_t place = 0;       // in the server's list
  bool flush_waiting = false;  // in the server's list of those

  std::size_t unanswered() const { return exchanges_.size(); }

 private:
  class Stream;

  // One request on its way to its response.
  struct Exchange {
    enum class State { waiting, running, answered, streaming, sent };

    Exchange();
    Exchange(Exchange&&) noexcept;
    ~Exchange();

    State state = State::waiting;
    std::unique_ptr<HttpRequest> request{};  // null when it could not be read
    HttpResponse response{};
    std::unique_ptr<Stream> stream{};
    bool keep_alive = true;
    bool head_only = false;
    bool safe = false;
    std::uint8_t version_minor = 1;
  };

  // Runs at once and frees itself at its end.
  struct Detached {
    struct promise_type {
      Detached get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() { std::terminate(); }
    };
  };

  bool on_received(std::string_view bytes) override;
  void on_ended() override;
  void on_drained() override;
  void on_closed() override;

  bool reading_wanted() const;
  void consume(std::string_view bytes);
  void enqueue(std::unique_ptr<HttpRequest> request);
  void reject(int status, std::string_view reason);
  bool start_next();
  static Detached run(std::shared_ptr<HttpConnection> self, Exchange& exchange);
  void answered(Exchange& exchange);
  void advance();
  void settle();
  bool send_front();
  void begin_response(Exchange& exchange);
  void append_head(const Exchange& exchange, bool chunked);
  void append_body(Exchange& exchange);
  static Detached run_stream(std::shared_ptr<HttpConnection> self, Exchange& exchange);
  void pop_front();
  void shut_stream();
  void tell_gone();
  bool in_message() const;
  bool streaming() const;

  std::shared_ptr<HttpServer::Core> core_;
  HttpParser parser_;
  std::deque<Exchange> exchanges_{};  // in the order of the requests; [0, started_) have been given to the handler
  std::size_t started_ = 0;
  std::size_t running_ = 0;
  std::size_t running_unsafe_ = 0;
  std::string held_{};  // received, but too many requests are in work
  SteadyTime message_begin_{};
  SteadyTime idle_since_{};
  HttpParser::State timed_state_ = HttpParser::State::idle;  // the state that message_begin_ is of
  bool corked_ = false;                                      // more responses may follow at once: do not send yet
  bool advancing_ = false;
  bool last_ = false;  // no request after those in `exchanges_`
};

}  // namespace millrace::net
