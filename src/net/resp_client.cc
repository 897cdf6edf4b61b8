#include "net/resp_client.h"

#include <array>
#include <cstring>
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

// What poll() says of it within `time`; nothing when that is over.
short wait_for(int descriptor, int events, std::chrono::milliseconds time) {
  pollfd waiting{.fd = descriptor, .events = static_cast<short>(events), .revents = 0};
  return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0 ? waiting.revents : short{0};
}

// Waits until the socket connects; 0 or what went wrong.
int finish_connecting(int descriptor) {
  if (wait_for(descriptor, POLLOUT, connect_time) == 0) return ETIMEDOUT;
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
    int yes = 1;
    ::setsockopt(socket.descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
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
    return place_.tls ? secure() : Result<void>();
  }

  Result<std::vector<RespReply>> run(std::span<const std::vector<std::string>> commands) override {
    std::string out;
    for (const auto& command : commands) append_resp_command(out, command);
    if (auto done = send(out); !done) {
      return Error{done.error().code, fmt::format("{}: {}", name_of(place_), done.error().message)};
    }
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
    SSL_set_mode(session_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return shake_hands();
  }

  Result<void> shake_hands() {
    for (;;) {
      ERR_clear_error();
      int outcome = SSL_connect(session_.get());
      if (outcome == 1) return {};
      int wanted = SSL_get_error(session_.get(), outcome);
      bool waits = wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE;
      if (!waits) return cannot_reach(place_, reason_of_tls(session_.get()));
      if (wait_for(socket_.descriptor, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, connect_time) == 0) {
        return cannot_reach(place_, "it does not speak TLS");
      }
    }
  }

  // While the peer takes nothing, it may be because nobody reads its answers: they are read meanwhile.
  Result<void> send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t count = write_some(bytes);
      if (count > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(count));
        continue;
      }
      if (!would_block(count)) return ended();
      if (wait_for(socket_.descriptor, POLLIN | POLLOUT, place_.patience) == 0) return late("takes nothing");
      ssize_t answered = read_some(early_);
      if (answered <= 0 && !would_block(answered)) return ended();
    }
    return {};
  }

  Result<void> receive(std::string& input) {
    if (!early_.empty()) {
      input += std::exchange(early_, {});
      return {};
    }
    for (;;) {
      ssize_t count = read_some(input);
      if (count > 0) return {};
      if (!would_block(count)) return ended();
      if (wait_for(socket_.descriptor, POLLIN, place_.patience) == 0) return late("answers nothing");
    }
  }

  ssize_t write_some(std::string_view bytes) {
    if (!session_) return ::send(socket_.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ERR_clear_error();
    return SSL_write(session_.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
  }

  ssize_t read_some(std::string& input) {
    constexpr std::size_t piece = 64 * 1024;
    std::size_t before = input.size();
    input.resize(before + piece);
    ERR_clear_error();
    ssize_t count = session_ ? SSL_read(session_.get(), input.data() + before, static_cast<int>(piece))
                             : ::recv(socket_.descriptor, input.data() + before, piece, 0);
    input.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return count;
  }

  // Asked at once after a call that did nothing.
  bool would_block(ssize_t count) const {
    if (!session_) return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    int wanted = SSL_get_error(session_.get(), static_cast<int>(count));
    return wanted == SSL_ERROR_WANT_READ || wanted == SSL_ERROR_WANT_WRITE;
  }

  static Error ended() { return {ErrorCode::unavailable, "the connection has ended"}; }

  Error late(std::string_view what) const {
    return {ErrorCode::unavailable, fmt::format("{} for {} s", what, place_.patience.count() / 1000)};
  }

  RespPlace place_;
  Socket socket_{};
  Context context_{nullptr, SSL_CTX_free};
  Secured session_{nullptr, SSL_free};
  std::string early_{};  // answers that came while commands were sent
  RespReplyReader reader_{[this](std::string& input) { return receive(input); }};
};

}  // namespace

Result<std::unique_ptr<RespClient>> RespClient::connect(const RespPlace& place) {
  auto connection = std::make_unique<Connection>(place);
  if (auto done = connection->open(); !done) return done.error();
  return std::unique_ptr<RespClient>(std::move(connection));
}

}  // namespace millrace::net
