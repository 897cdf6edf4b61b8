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

Link::Link(asio::ip::tcp::socket socket, std::chrono::milliseconds write_time)
    : socket_(std::move(socket)), write_time_(write_time), peer_(endpoint_text(socket_)) {
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
  bool more = on_received({input_.data(), count});
  if (more && count == input_.size()) more = receive_more_now();
  delivering_ = false;
  if (more || lingering_) receive();
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
    if (!on_received({shared_input.data(), static_cast<std::size_t>(count)})) return false;
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
  return bytes - sent_;
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
  while (!pieces_.empty() && !closed_ && !write_waiting_) {
    std::array<iovec, pieces_a_send> parts;
    std::size_t used = 0;
    for (; used < std::min(pieces_a_send, pieces_.size()); ++used) {
      const auto bytes = pieces_[used].view().substr(used == 0 ? sent_ : 0);
      parts[used] = {const_cast<char*>(bytes.data()), bytes.size()};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = used;
    const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      drop_sent(count);
    } else if (errno == EAGAIN) {
      wait_until_writable();
    } else if (errno != EINTR) {
      close();
    }
  }
  if (closing_ && drained() && !closed_ && !lingering_) shut_down_sending();
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
  if (ended_) return close();
  boost::system::error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) return close();
  lingering_ = true;
  linger_deadline_ = std::chrono::steady_clock::now() + linger_time;
  receive();
}

}  // namespace millrace::net
