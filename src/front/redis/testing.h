#pragma once

// A client for tests of what writes to one.

#include <string>

#include "net/resp_server.h"

namespace millrace::front {

class TestPeer final : public net::RespPeer {
 public:
  explicit TestPeer(std::uint64_t number = 1) : number_(number) {}

  std::string& out() override { return sent; }
  void send(std::string bytes) override { sent += bytes; }
  std::size_t unsent() const override { return unread; }
  void go_on() override { ++went_on; }
  void close() override { closed = true; }
  void close_after_replies() override { last = true; }
  const std::string& address() const override { return address_; }
  const std::string& server_address() const override { return server_address_; }
  std::uint64_t number() const override { return number_; }
  std::chrono::steady_clock::time_point heard_at() const override { return {}; }
  net::RespParser& parser() override { return parser_; }

  std::string take() { return std::exchange(sent, {}); }

  std::string sent{};
  std::size_t unread = 0;
  int went_on = 0;
  bool closed = false;
  bool last = false;

 private:
  std::uint64_t number_;
  std::string address_ = "127.0.0.1:50000";
  std::string server_address_ = "127.0.0.1:6379";
  net::RespParser parser_{};
};

}  // namespace millrace::front
