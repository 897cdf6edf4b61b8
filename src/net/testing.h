#pragma once

// A blocking client for tests of servers: it sends what it is told and takes responses apart no further than a test
// needs. Every wait ends after some seconds with a failed test.

#include <arpa/inet.h>
#include <charconv>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "net/http.h"

namespace millrace::net {

struct TestResponse {
  std::string status_line{};
  std::string head{};  // the header lines
  std::string body{};  // chunked ones as they came

  // Empty when there is none.
  std::string header(std::string_view name) const {
    HttpResponse response;
    response.header_lines = head;
    return std::string(response.header(name).value_or(""));
  }
};

class TestClient {
 public:
  enum class Body { as_told, none };

  explicit TestClient(std::uint16_t port) : socket_(connected(port)) { EXPECT_GE(socket_, 0); }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), input_(std::move(other.input_)) {}
  ~TestClient() { shut(); }

  static bool refused(std::uint16_t port) {
    const int socket = connected(port);
    if (socket >= 0) ::close(socket);
    return socket < 0;
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // the server has closed; what it said is seen by the reader
      bytes.remove_prefix(count);
    }
  }

  TestResponse response(Body body = Body::as_told) {
    TestResponse response;
    while (input_.find("\r\n\r\n") == std::string::npos) {
      if (receive()) continue;
      ADD_FAILURE() << "the connection ended within a head: '" << input_ << "'";
      return response;
    }
    const auto line_end = input_.find("\r\n");
    const auto head_end = input_.find("\r\n\r\n");
    response.status_line = input_.substr(0, line_end);
    if (head_end > line_end) response.head = input_.substr(line_end + 2, head_end - line_end);
    input_.erase(0, head_end + 4);
    if (body == Body::none) return response;
    if (response.header("transfer-encoding") == "chunked") {
      response.body = until("0\r\n\r\n");
    } else {
      response.body = take(number(response.header("content-length")));
    }
    return response;
  }

  // The next so many bytes, whatever they mean.
  std::string bytes(std::size_t size) { return take(size); }

  // Everything until the server ends the connection.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(input_, {});
  }

  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  void shut() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  // Breaks off without a farewell.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    shut();
  }

  std::uint16_t local_port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

 private:
  static int connected(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
    ::close(socket);
    return -1;
  }

  static std::size_t number(const std::string& text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }

  bool receive() {
    char bytes[65536];
    const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
    EXPECT_FALSE(count < 0 && errno == EAGAIN) << "the server says nothing";
    if (count > 0) input_.append(bytes, count);
    return count > 0;
  }

  std::string take(std::size_t size) {
    while (input_.size() < size && receive()) {
    }
    auto taken = input_.substr(0, size);
    input_.erase(0, size);
    return taken;
  }

  std::string until(std::string_view end) {
    while (input_.find(end) == std::string::npos && receive()) {
    }
    return take(input_.find(end) + end.size());
  }

  int socket_;
  std::string input_{};
};

}  // namespace millrace::net
