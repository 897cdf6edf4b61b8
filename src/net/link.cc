#include "net/link.h"

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <fmt/format.h>
#include <memory>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace millrace::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t copied_max = 16 * 1024;  // below it a copy costs less than another piece
constexpr std::size_t spare_max = 64 * 1024;   // what an idle connection may keep of a burst
constexpr std::size_t pieces_a_send = 16;
constexpr std::size_t sealed_max = 64 * 1024;            // with TLS: sealed ahead of what the kernel takes
constexpr std::size_t received_a_turn = 256 * 1024;      // then the other connections have theirs
constexpr std::chrono::milliseconds linger_time{2'000};  // a round trip or a few; the peer need not read at all

using Input = std::array<char, 64 * 1024>;
thread_local Input shared_input;

// Bytes are read into one buffer of the thread, but where a handler lets others have a turn (meanwhile.h): what it was
// given must stay.
class InputLoan {
 public:
  InputLoan() {
    if (loans_++ > 0) own_ = std::make_unique<Input>();
  }
  ~InputLoan() { --loans_; }
  InputLoan(const InputLoan&) = delete;
  InputLoan& operator=(const InputLoan&) = delete;

  Input& input() { return own_ ? *own_ : shared_input; }

 private:
  static thread_local inline int loans_ = 0;
  std::unique_ptr<Input> own_{};
};

std::string endpoint_text(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  const auto address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

ReadySet& ready_set_of(asio::ip::tcp::socket& socket) {
  return ReadySet::of(static_cast<asio::io_context&>(socket.get_executor().context()));
}

// Takes the socket out of the io_context, which would otherwise be woken for each of its bytes as well.
int taken_out(asio::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay{true}, ignored);
  return socket.release(ignored);
}

}  // namespace

Link::Link(asio::ip::tcp::socket socket, std::chrono::milliseconds write_time, std::shared_ptr<const TlsContext> tls)
    : ready_set_(ready_set_of(socket)), write_time_(write_time), peer_(endpoint_text(socket)) {
  if (tls) tls_ = std::make_unique<TlsSession>(std::move(tls));
  socket_ = taken_out(socket);
}

Link::~Link() {
  if (closed_) return;
  wait_for(0);
  ::close(socket_);
}

void Link::close() {
  if (closed_) return;
  closed_ = true;
  receiving_ = false;
  wait_for(0);
  ::close(socket_);
  pieces_.clear();
  sent_ = 0;
  sealed_.clear();
  sealed_sent_ = 0;
  on_closed();
}

void Link::close_when_overdue(SteadyTime now) {
  if (closed_) return;
  if (write_waiting_ && now >= write_deadline_) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};  // the kernel drops its unsent bytes too
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return close();
  }
  if (lingering_ && now >= linger_deadline_) close();
}

void Link::wait_for(std::uint32_t events) {
  ready_set_.change(socket_, *this, std::exchange(awaited_, events), events);
}

void Link::receive() {
  if (closed_ || ended_) return;
  receiving_ = true;
  wait_for(awaited_ | EPOLLIN);
}

// Takes a long message without a round through the event loop for each part.
void Link::on_readable() {
  const auto self = shared_from_this();
  if (delivering_) return;  // inside a turn that its own handler gives others
  InputLoan loan;
  auto& input = loan.input();
  for (std::size_t taken = 0; receiving_ && taken < received_a_turn;) {
    const auto count = ::recv(socket_, input.data(), input.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return close();
    if (count == 0) {
      ended_ = true;
      receiving_ = false;
      wait_for(awaited_ & ~std::uint32_t{EPOLLIN});
      return lingering_ ? close() : on_ended();
    }
    take({input.data(), static_cast<std::size_t>(count)});
    if (closed_ || static_cast<std::size_t>(count) < input.size()) break;
    taken += static_cast<std::size_t>(count);
  }
  if (!receiving_) wait_for(awaited_ & ~std::uint32_t{EPOLLIN});
}

// Who is closing reads on, and drops it.
void Link::take(std::string_view bytes) {
  if (closing_) return;
  receiving_ = false;
  delivering_ = true;
  const bool more = deliver(bytes);
  delivering_ = false;
  if (!closed_ && !ended_ && (more || lingering_)) receiving_ = true;
}

bool Link::deliver(std::string_view bytes) {
  if (!tls_) return on_received(bytes);
  std::string plain;
  auto state = tls_->receive(bytes, plain);
  flush();  // what the handshake answers, or an alert
  if (closed_) return false;
  bool more = plain.empty() || on_received(plain);
  if (closed_) return false;
  if (state == TlsSession::Received::more) return more;
  if (state == TlsSession::Received::failed) {
    close();
  } else {
    ended_ = true;
    on_ended();
  }
  return false;
}

std::string& Link::gathered() {
  if (pieces_.empty() || !pieces_.back().gathering) {
    pieces_.push_back({.bytes = std::move(spare_), .gathering = true});
    spare_.clear();
  }
  return pieces_.back().bytes;
}

void Link::append(std::string_view bytes) {
  if (!closed_ && !bytes.empty()) gathered().append(bytes);
}

std::size_t Link::queued() const {
  std::size_t bytes = 0;
  for (const auto& piece : pieces_) bytes += piece.view().size();
  return bytes - sent_ + sealed_.size() - sealed_sent_;
}

void Link::append_owned(std::string bytes) {
  if (bytes.size() <= copied_max) return append(bytes);
  if (!closed_) pieces_.push_back({.bytes = std::move(bytes)});
}

void Link::append_foreign(std::string_view bytes, std::shared_ptr<const void> owner) {
  if (bytes.size() <= copied_max) return append(bytes);
  if (!closed_) pieces_.push_back({.foreign = bytes, .owner = std::move(owner)});
}

void Link::flush() {
  while (!closed_ && !write_waiting_) {
    if (tls_) {
      if (!seal_some()) break;
      std::string_view left = std::string_view(sealed_).substr(sealed_sent_);
      send_some({&left, 1});
    } else {
      if (pieces_.empty()) break;
      std::array<std::string_view, pieces_a_send> parts;
      std::size_t used = 0;
      for (; used < std::min(pieces_a_send, pieces_.size()); ++used) {
        parts[used] = pieces_[used].view().substr(used == 0 ? sent_ : 0);
      }
      send_some({parts.data(), used});
    }
  }
  if (closing_ && drained() && !closed_ && !lingering_) shut_down_sending();
}

// Whether there is something sealed to be sent.
bool Link::seal_some() {
  if (sealed_sent_ < sealed_.size()) return true;
  sealed_.clear();
  sealed_sent_ = 0;
  while (!pieces_.empty() && tls_->established() && sealed_.size() < sealed_max) {
    std::string_view part = pieces_.front().view().substr(sent_).substr(0, sealed_max);
    if (!tls_->send(part)) {
      close();
      return false;
    }
    drop_sent(part.size());
    tls_->take_output(sealed_);
  }
  tls_->take_output(sealed_);
  return !sealed_.empty();
}

// Whether the kernel took something.
bool Link::send_some(std::span<const std::string_view> parts) {
  std::array<iovec, pieces_a_send> vector;
  for (std::size_t i = 0; i < parts.size(); ++i) vector[i] = {const_cast<char*>(parts[i].data()), parts[i].size()};
  msghdr message{};
  message.msg_iov = vector.data();
  message.msg_iovlen = parts.size();
  const auto count = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) {
    if (tls_) {
      sealed_sent_ += static_cast<std::size_t>(count);
    } else {
      drop_sent(static_cast<std::size_t>(count));
    }
    return true;
  }
  if (errno == EAGAIN) {
    write_waiting_ = true;
    write_deadline_ = std::chrono::steady_clock::now() + write_time_;
    wait_for(awaited_ | EPOLLOUT);
  } else if (errno != EINTR) {
    close();
  }
  return false;
}

void Link::on_writable() {
  if (!write_waiting_) return wait_for(awaited_ & ~std::uint32_t{EPOLLOUT});
  const auto self = shared_from_this();
  write_waiting_ = false;
  flush();
  if (closed_ || write_waiting_) return;
  wait_for(awaited_ & ~std::uint32_t{EPOLLOUT});
  if (drained() && !closing_) on_drained();
}

void Link::drop_sent(std::size_t count) {
  sent_ += count;
  std::size_t done = 0;
  while (done < pieces_.size() && sent_ >= pieces_[done].view().size()) {
    auto& piece = pieces_[done++];
    sent_ -= piece.view().size();
    if (!piece.gathering || piece.bytes.capacity() > spare_max) continue;
    spare_ = std::move(piece.bytes);
    spare_.clear();
  }
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(done));
}

void Link::close_gently() {
  if (closing_ || closed_) return;
  closing_ = true;
  flush();
}

void Link::shut_down_sending() {
  if (tls_ && !notified_) {
    notified_ = true;
    tls_->end();
    if (flush(); closed_ || !drained() || lingering_) return;
  }
  if (ended_) return close();
  if (::shutdown(socket_, SHUT_WR) != 0) return close();
  lingering_ = true;
  linger_deadline_ = std::chrono::steady_clock::now() + linger_time;
  receive();
}

}  // namespace millrace::net
