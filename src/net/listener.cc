#include "net/listener.h"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "net/reactor_asio.h"

namespace millrace::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int backlog = 4096;  // the kernel lowers it to net.core.somaxconn
// When no file can be opened, accepting again at once would only burn the processor until some connection closes.
constexpr std::chrono::milliseconds pause_without_files{100};

Error listen_error(const std::string& address, std::uint16_t port, error_code error) {
  auto code = ErrorCode::unavailable;
  if (error == asio::error::address_in_use) code = ErrorCode::conflict;
  if (error == asio::error::access_denied) code = ErrorCode::denied;
  if (error == boost::system::errc::address_not_available) code = ErrorCode::invalid;
  const auto why = code == ErrorCode::conflict ? "the port is taken" : error.message();
  return {code, fmt::format("cannot listen on {} port {}: {}", address, port, why)};
}

}  // namespace

struct Listener::State : std::enable_shared_from_this<State> {
  explicit State(Reactor& owner) : reactor(owner), acceptor(io_context_of(owner)) {}

  error_code open(const tcp::endpoint& endpoint);
  void accept();

  Reactor& reactor;
  tcp::acceptor acceptor;
  Accepted accepted{};
  Timer retry{};
};

error_code Listener::State::open(const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  return error;
}

void Listener::State::accept() {
  acceptor.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!error) {
      self->accepted(std::move(socket));
    } else if (error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system ||
               error == asio::error::no_memory || error == asio::error::no_buffer_space) {
      self->retry = self->reactor.after(pause_without_files, [state = self.get()] { state->accept(); });
      return;
    }
    if (self->acceptor.is_open()) self->accept();
  });
}

Listener::Listener(Reactor& reactor) : state_(std::make_shared<State>(reactor)) {}

Listener::~Listener() {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->retry.cancel();
}

Result<std::uint16_t> Listener::listen(const std::string& address, std::uint16_t port, Accepted accepted) {
  error_code error;
  const auto numeric = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, error);
  if (error) return Error{ErrorCode::invalid, fmt::format("cannot listen on '{}': not a numeric address", address)};
  error = state_->open({numeric, port});
  if (error) {
    error_code ignored;
    state_->acceptor.close(ignored);
    return listen_error(address, port, error);
  }
  state_->accepted = std::move(accepted);
  state_->accept();
  return state_->acceptor.local_endpoint().port();
}

std::size_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;  // the usual one
  if (limit.rlim_cur < limit.rlim_max) {
    auto raised = limit;
    raised.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return limit.rlim_cur;
}

}  // namespace millrace::net
