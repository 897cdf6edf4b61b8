#include "net/resp_client.h"

#include <array>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace millrace::net {
namespace {

constexpr std::chrono::milliseconds connect_time{5000};  // also for the handshake of TLS

struct Socket {
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor >= 0) ::close(descriptor);
  }

  int descriptor = -1;
};

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Secured = std::unique_ptr<SSL, decltype(&SSL_free)>;

std::string name_of(const RespPlace& place) {
  return fmt::format("{}:{}", place.host, place.port);
}

Error cannot_reach(const RespPlace& place, std::string_view why) {
  return {ErrorCode::unavailable, fmt::format("cannot reach {}: {}", name_of(place), why)};
}

// Waits until the socket connects; 0 or what went wrong.
int finish_connecting(int descriptor) {
  pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(connect_time.count())) <= 0) return ETIMEDOUT;
  int problem = 0;
  socklen_t size = sizeof problem;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem;
}

int connect_to(const addrinfo& address, int& descriptor) {
  descriptor = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol);
  if (descriptor < 0) return errno;
  if (::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0) return 0;
  int problem = errno == EINPROGRESS ? finish_connecting(descriptor) : errno;
  if (problem != 0) {
    ::close(descriptor);
    descriptor = -1;
  }
  return problem;
}

void wait_at_most(int descriptor, std::chrono::milliseconds patience) {
  timeval time{.tv_sec = patience.count() / 1000, .tv_usec = (patience.count() % 1000) * 1000};
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

void make_blocking(int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
  int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

Result<void> open_socket(const RespPlace& place, Socket& socket) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int problem = ::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &hints, &found);
  if (problem != 0) return cannot_reach(place, ::gai_strerror(problem));
  Addresses addresses(found, ::freeaddrinfo);
  int reason = ECONNREFUSED;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    reason = connect_to(*address, socket.descriptor);
    if (reason != 0) continue;
    make_blocking(socket.descriptor);
    return {};
  }
  return cannot_reach(place, std::strerror(reason));
}

std::string reason_of_tls(const SSL* session) {
  long verdict = SSL_get_verify_result(session);
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  std::array<char, 256> reason{};
  unsigned long code = ERR_get_error();
  if (code == 0) return "it does not speak TLS";
  ERR_error_string_n(code, reason.data(), reason.size());
  return reason.data();
}

class Connection final : public RespClient {
 public:
  explicit Connection(const RespPlace& place) : place_(place) {}

  Result<void> open() {
    if (auto done = open_socket(place_, socket_); !done) return done;
    wait_at_most(socket_.descriptor, connect_time);
    auto done = place_.tls ? secure() : Result<void>();
    wait_at_most(socket_.descriptor, place_.patience);
    return done;
  }

  Result<std::vector<RespReply>> run(std::span<const std::vector<std::string>> commands) override {
    std::string out;
    for (const auto& command : commands) append_resp_command(out, command);
    if (auto done = send(out); !done) return done.error();
    std::vector<RespReply> replies;
    replies.reserve(commands.size());
    while (replies.size() < commands.size()) {
      auto reply = reader_.read();
      if (!reply) return Error{reply.error().code, fmt::format("{}: {}", name_of(place_), reply.error().message)};
      replies.push_back(std::move(*reply));
    }
    return replies;
  }

 private:
  Result<void> secure() {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_default_verify_paths(context_.get());
    SSL_CTX_set_verify(context_.get(), place_.trusted ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    session_.reset(SSL_new(context_.get()));
    SSL_set_tlsext_host_name(session_.get(), place_.host.c_str());
    // An address instead of a name is looked for among the certificate's addresses.
    X509_VERIFY_PARAM* expected = SSL_get0_param(session_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, place_.host.c_str()) != 1) {
      ERR_clear_error();
      SSL_set1_host(session_.get(), place_.host.c_str());
    }
    SSL_set_fd(session_.get(), socket_.descriptor);
    if (SSL_connect(session_.get()) == 1) return {};
    return cannot_reach(place_, reason_of_tls(session_.get()));
  }

  Result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t count = session_ ? SSL_write(session_.get(), bytes.data(),
                                           static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)))
                               : ::send(socket_.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return broken("takes nothing");
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
  }

  Result<void> receive(std::string& input) {
    constexpr std::size_t piece = 64 * 1024;
    std::size_t before = input.size();
    input.resize(before + piece);
    ssize_t count = session_ ? SSL_read(session_.get(), input.data() + before, static_cast<int>(piece))
                             : ::recv(socket_.descriptor, input.data() + before, piece, 0);
    input.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count > 0) return {};
    return broken("answers nothing");
  }

  // The last system call or TLS has failed.
  Error broken(std::string_view what) const {
    bool late = errno == EAGAIN || errno == EWOULDBLOCK;
    if (late) return {ErrorCode::unavailable, fmt::format("{} for {} s", what, place_.patience.count() / 1000)};
    return {ErrorCode::unavailable, "the connection has ended"};
  }

  RespPlace place_;
  Socket socket_{};
  Context context_{nullptr, SSL_CTX_free};
  Secured session_{nullptr, SSL_free};
  RespReplyReader reader_{[this](std::string& input) { return receive(input); }};
};

}  // namespace

Result<std::unique_ptr<RespClient>> RespClient::connect(const RespPlace& place) {
  auto connection = std::make_unique<Connection>(place);
  if (auto done = connection->open(); !done) return done.error();
  return std::unique_ptr<RespClient>(std::move(connection));
}

}  // namespace millrace::net
