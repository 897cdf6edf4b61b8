#include "net/curl_outbound.h"

#include <arpa/inet.h>
#include <atomic>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "net/reactor.h"

namespace millrace::net {
namespace {

using namespace std::chrono_literals;

// A server that answers each connection by a function of its own, on a thread of its own.
class LocalServer {
 public:
  using Serve = std::function<void(int socket, const std::string& head)>;

  explicit LocalServer(Serve serve) : serve_(std::move(serve)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 256);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
  }

  ~LocalServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    {
      std::lock_guard lock(mutex_);
      for (int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    for (std::thread& each : connections_) each.join();
    for (int socket : sockets_) ::close(socket);
  }

  std::string url(std::string_view path = "/") const { return fmt::format("http://127.0.0.1:{}{}", port, path); }

  static void say(int socket, std::string_view text) { (void)::send(socket, text.data(), text.size(), MSG_NOSIGNAL); }
  static void answer(int socket, std::string_view body) {
    say(socket, fmt::format("HTTP/1.1 200 OK\r\nx-one: 1\r\nContent-Length: {}\r\n\r\n{}", body.size(), body));
  }

  std::uint16_t port = 0;
  std::atomic<int> accepted{0};
  std::mutex heads_mutex{};
  std::vector<std::string> heads{};  // of the requests, with what came along of their bodies

 private:
  void accept() {
    for (;;) {
      int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      ++accepted;
      std::lock_guard lock(mutex_);
      sockets_.push_back(socket);
      connections_.emplace_back([this, socket] { talk(socket); });
    }
  }

  void talk(int socket) {
    std::string head;
    char bytes[65536];
    for (;;) {
      auto count = ::recv(socket, bytes, sizeof bytes, 0);
      if (count <= 0) return;
      head.append(bytes, static_cast<std::size_t>(count));
      auto end = head.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      auto length = head.find("Content-Length: ");
      std::size_t body = length == std::string::npos ? 0 : std::stoul(head.substr(length + 16));
      if (head.size() < end + 4 + body) continue;
      {
        std::lock_guard lock(heads_mutex);
        heads.push_back(head);
      }
      serve_(socket, std::exchange(head, {}));
    }
  }

  Serve serve_;
  int listener_ = -1;
  std::thread thread_{};
  std::mutex mutex_{};
  std::vector<int> sockets_{};
  std::vector<std::thread> connections_{};
};

// Sends all of them at once and returns their responses in the order of the requests.
std::vector<OutboundResponse> send_all(std::vector<OutboundRequest> requests, CurlOutboundOptions options = {}) {
  std::vector<OutboundResponse> responses(requests.size());
  Reactor reactor;
  CurlOutbound outbound(reactor, std::move(options));
  std::size_t left = requests.size();
  reactor.post([&] {
    for (std::size_t at = 0; at < requests.size(); ++at) {
      outbound.send(std::move(requests[at]), [&, at](OutboundResponse response) {
        responses[at] = std::move(response);
        if (--left == 0) reactor.stop();
      });
    }
  });
  reactor.run();
  return responses;
}

OutboundRequest request(std::string url, std::string body = "hello") {
  OutboundRequest made{.method = "POST", .url = std::move(url), .timeout = 5s, .body_bytes_max = 1000};
  made.body = std::make_shared<const std::string>(std::move(body));
  return made;
}

OutboundResponse send_one(OutboundRequest one, CurlOutboundOptions options = {}) {
  std::vector<OutboundRequest> requests;
  requests.push_back(std::move(one));
  return send_all(std::move(requests), std::move(options)).front();
}

TEST(CurlOutbound, SendsWhatItIsToldAndNothingElse) {
  LocalServer server([](int socket, const std::string&) { LocalServer::answer(socket, "fine"); });
  OutboundRequest one = request(server.url("/a/../b?x=1"));
  one.method = "PUT";
  one.headers = {{"X-Tenant", "t"}, {"X-Empty", ""}, {"X-Evil", "a\r\nX-Injected: 1"}};
  OutboundResponse response = send_one(std::move(one));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "fine");
  EXPECT_EQ(response.headers[0], (std::pair<std::string, std::string>("X-One", "1")));
  EXPECT_EQ(server.heads[0], fmt::format("PUT /a/../b?x=1 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nX-Tenant: t\r\nX-Empty:\r\n"
                                         "Content-Length: 5\r\n\r\nhello",
                                         server.port));
}

TEST(CurlOutbound, SendsEveryMethodWithAndWithoutABody) {
  LocalServer server([](int socket, const std::string&) { LocalServer::answer(socket, ""); });
  std::vector<std::string> wanted;
  std::vector<std::string> seen;
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* body : {"", "x"}) {
      OutboundRequest one = request(server.url(), body);
      one.method = method;
      EXPECT_EQ(send_one(std::move(one)).status, 200) << method << body;
      std::string head = server.heads.back();
      EXPECT_TRUE(head.starts_with(std::string(method) + " / ")) << head;
      EXPECT_TRUE(head.ends_with("\r\n\r\n" + std::string(body))) << head;
      EXPECT_EQ(head.find("Content-Type"), std::string::npos);
    }
  }
}

TEST(CurlOutbound, ReusesConnections) {
  LocalServer server([](int socket, const std::string&) { LocalServer::answer(socket, "fine"); });
  Reactor reactor;
  CurlOutbound outbound(reactor, {});
  int left = 50;
  std::function<void()> next = [&] {
    outbound.send(request(server.url()), [&](OutboundResponse response) {
      EXPECT_EQ(response.status, 200);
      if (--left == 0) return reactor.stop();
      next();
    });
  };
  reactor.post([&] { next(); });
  reactor.run();

  EXPECT_EQ(server.accepted, 1);
}

TEST(CurlOutbound, SendsManyAtOnce) {
  LocalServer server([](int socket, const std::string&) { LocalServer::answer(socket, "fine"); });
  std::vector<OutboundRequest> requests;
  for (int i = 0; i < 100; ++i) requests.push_back(request(server.url()));

  for (const auto& response : send_all(std::move(requests))) EXPECT_EQ(response.status, 200) << response.error;
}

TEST(CurlOutbound, FollowsNoRedirect) {
  LocalServer server([](int socket, const std::string&) {
    LocalServer::say(socket, "HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n");
  });

  EXPECT_EQ(send_one(request(server.url())).status, 302);
  EXPECT_EQ(server.heads.size(), 1u);
}

TEST(CurlOutbound, KeepsTheBeginningOfABodyAndEndsOneWithoutEnd) {
  LocalServer server([](int socket, const std::string&) {
    LocalServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    std::string part(4096, 'x');
    while (::send(socket, part.data(), part.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  OutboundResponse response = send_one(request(server.url()));

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.size(), 1000u);
}

TEST(CurlOutbound, EndsAHeadWithoutEnd) {
  LocalServer server([](int socket, const std::string&) {
    LocalServer::say(socket, "HTTP/1.1 200 OK\r\n");
    std::string line = "X-More: " + std::string(1000, 'x') + "\r\n";
    while (::send(socket, line.data(), line.size(), MSG_NOSIGNAL) > 0) {
    }
  });
  OutboundResponse response = send_one(request(server.url()));

  EXPECT_EQ(response.status, 0);
  EXPECT_EQ(response.error, "the head of the response is too long");
}

TEST(CurlOutbound, GivesUpOnAServerThatSaysNothingOrDripsBytes) {
  LocalServer silent([](int, const std::string&) {});
  LocalServer dripping([](int socket, const std::string&) {
    LocalServer::say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    while (::send(socket, "x", 1, MSG_NOSIGNAL) > 0) std::this_thread::sleep_for(20ms);
  });
  std::vector<OutboundRequest> requests;
  for (const LocalServer* each : {&silent, &dripping}) {
    requests.push_back(request(each->url()));
    requests.back().timeout = 300ms;
  }
  auto before = std::chrono::steady_clock::now();
  for (const auto& response : send_all(std::move(requests))) {
    EXPECT_EQ(response.status, 0);
    EXPECT_EQ(response.error, "context deadline exceeded");
    EXPECT_GE(response.latency, 250ms);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
}

TEST(CurlOutbound, TellsOfAServerThatHangsUpAndOfNoneAtAll) {
  LocalServer rude([](int socket, const std::string&) { ::shutdown(socket, SHUT_RDWR); });
  OutboundResponse hung_up = send_one(request(rude.url()));
  OutboundResponse nobody = send_one(request("http://127.0.0.1:1/"));
  OutboundResponse nowhere = send_one(request("http://no-such-host.invalid/"));

  EXPECT_EQ(hung_up.status, 0);
  EXPECT_NE(hung_up.error, "");
  EXPECT_EQ(nobody.status, 0);
  EXPECT_EQ(nowhere.error, "unable to resolve host: lookup no-such-host.invalid: no such host");
}

TEST(CurlOutbound, ConnectsToNoAddressThatThePolicyForbids) {
  LocalServer server([](int socket, const std::string&) { LocalServer::answer(socket, "fine"); });
  auto strict = [] { return CurlOutboundOptions{.policy = AddressPolicy::internet_and({}).value()}; };
  for (std::string host : {"127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    OutboundResponse response = send_one(request(fmt::format("http://{}:{}/", host, server.port)), strict());
    EXPECT_EQ(response.status, 0) << host;
    EXPECT_NE(response.error, "") << host;
  }
  EXPECT_EQ(server.accepted, 0);
  EXPECT_EQ(send_one(request(server.url()), strict()).error, "endpoint resolves to a loopback address: 127.0.0.1");
  CurlOutboundOptions allowing{.policy = AddressPolicy::internet_and({"127.0.0.0/8"}).value()};
  EXPECT_EQ(send_one(request(server.url()), std::move(allowing)).status, 200);
  CurlOutboundOptions named{.policy = AddressPolicy::internet_and({"localhost"}).value()};
  EXPECT_EQ(send_one(request(fmt::format("http://localhost:{}/", server.port)), std::move(named)).status, 200);
}

TEST(CurlOutbound, MapsHosts) {
  LocalServer server([](int socket, const std::string&) { LocalServer::answer(socket, "fine"); });
  CurlOutboundOptions options{.policy = AddressPolicy::internet_and({}).value()};
  options.mapped = {parse_mapped_host(fmt::format("example.com:80=127.0.0.1:{}", server.port)).value()};

  EXPECT_EQ(send_one(request("http://example.com/x"), std::move(options)).status, 200);
  EXPECT_NE(server.heads[0].find("Host: example.com\r\n"), std::string::npos);
  EXPECT_FALSE(parse_mapped_host("example.com=127.0.0.1:1"));
  EXPECT_FALSE(parse_mapped_host("example.com:80"));
}

TEST(CurlOutbound, EndsWithRequestsUnderWay) {
  LocalServer silent([](int, const std::string&) {});
  Reactor reactor;
  bool told = false;
  {
    CurlOutbound outbound(reactor, {});
    for (int i = 0; i < 10; ++i) outbound.send(request(silent.url()), [&](OutboundResponse) { told = true; });
    while (silent.accepted == 0) std::this_thread::yield();
  }
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace millrace::net
