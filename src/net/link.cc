#include "net/link.h"

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace millrace::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t copied_max = 16 * 1024;  // below it a copy costs less than another piece
constexpr std::size_t spare_max = 64 * 1024;   // what an idle connection may keep of a burst
constexpr std::size_t pieces_a_send = 16;
constexpr std::size_t sealed_max = 64 * 1024;            // with TLS: sealed ahead of what the kernel takes
constexpr std::size_t received_a_turn = 256 * 1024;      // then the other connections have theirs
constexpr std::chrono::milliseconds linger_time{2'000};  // a round trip or a few; the peer need not read at all

thread_local std::array<char, 64 * 1024> shared_input;

std::string endpoint_text(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  const auto address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

}  // namespace

Link::Link(asio::ip::tcp::socket socket, std::chrono::milliseconds write_time, std::shared_ptr<const TlsContext> tls)
    : socket_(std::move(socket)), write_time_(write_time), peer_(endpoint_text(socket_)) {
  if (tls) tls_ = std::make_unique<TlsSession>(std::move(tls));
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
}

void Link::close() {
  if (closed_) return;
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  pieces_.clear();
  sent_ = 0;
  sealed_.clear();
  sealed_sent_ = 0;
  on_closed();
}

void Link::close_when_overdue(SteadyTime now) {
  if (closed_) return;
  if (write_waiting_ && now >= write_deadline_) {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);  // the kernel drops its unsent bytes too
    return close();
  }
  if (lingering_ && now >= linger_deadline_) close();
}

void Link::receive() {
  if (receiving_ || delivering_ || closed_ || ended_) return;
  receiving_ = true;
  socket_.async_receive(asio::buffer(input_),
                        [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
                          self->received(error, count);
                        });
}

void Link::received(boost::system::error_code error, std::size_t count) {
  receiving_ = false;
  if (closed_) return;
  if (error == asio::error::eof) {
    ended_ = true;
    return lingering_ ? close() : on_ended();
  }
  if (error) return close();
  if (closing_) return receive();
  delivering_ = true;
  bool more = deliver({input_.data(), count});
  if (more && count == input_.size()) more = receive_more_now();
  delivering_ = false;
  if (more || lingering_) receive();
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

// Takes the rest of a long message without a round through the event loop for each part.
bool Link::receive_more_now() {
  for (std::size_t taken = 0; taken < received_a_turn && !closed_;) {
    const auto count = ::recv(socket_.native_handle(), shared_input.data(), shared_input.size(), MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) {
      close();
      return false;
    }
    if (count <= 0) break;  // an end is found again by the next receive
    if (!deliver({shared_input.data(), static_cast<std::size_t>(count)})) return false;
    if (static_cast<std::size_t>(count) < shared_input.size()) break;
    taken += count;
  }
  return !closed_;
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
  const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) {
    if (tls_) {
      sealed_sent_ += static_cast<std::size_t>(count);
    } else {
      drop_sent(static_cast<std::size_t>(count));
    }
    return true;
  }
  if (errno == EAGAIN) {
    wait_until_writable();
  } else if (errno != EINTR) {
    close();
  }
  return false;
}

void Link::wait_until_writable() {
  write_waiting_ = true;
  write_deadline_ = std::chrono::steady_clock::now() + write_time_;
  socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](boost::system::error_code) {
    self->write_waiting_ = false;
    if (self->closed_) return;
    self->flush();
    if (!self->closed_ && self->drained() && !self->closing_) self->on_drained();
  });
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
  boost::system::error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) return close();
  lingering_ = true;
  linger_deadline_ = std::chrono::steady_clock::now() + linger_time;
  receive();
}

}  // namespace millrace::net
