#pragma once

// The bytes of one accepted socket, for a protocol to build on: what arrives is handed to on_received(), what goes out
// is queued and sent as far as the kernel takes it. One receive and one send a request, no copy of large bodies.
// Inside net only. Confined to the reactor. Whoever makes one keeps it until on_closed().

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/ready_set.h"
#include "net/tls.h"

namespace millrace::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class Link : public std::enable_shared_from_this<Link>, private ReadySet::Member {
 public:
  // `write_time`: how long the peer may take nothing of what is waiting for it. With `tls` the bytes of the protocol
  // travel in it.
  Link(boost::asio::ip::tcp::socket socket, std::chrono::milliseconds write_time,
       std::shared_ptr<const TlsContext> tls = nullptr);
  virtual ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const std::string& peer() const { return peer_; }
  bool closed() const { return closed_; }

  // Drops what has not been sent and closes.
  void close();

  // Closes, if the peer has not taken anything for too long or lingers. To be called every now and then.
  void close_when_overdue(SteadyTime now);

 protected:
  // Asks for bytes; on_received() or on_ended() will be called, unless the link closes.
  void receive();

  // Queue for sending. Small ones are gathered in one buffer, large ones go out from where they lie.
  void append(std::string_view bytes);
  std::string& gathered();  // the buffer that append() uses, to write into until the next call
  void append_owned(std::string bytes);
  void append_foreign(std::string_view bytes, std::shared_ptr<const void> owner);
  // Sends what the kernel takes. When some is left, on_drained() follows once it has gone out.
  void flush();
  bool drained() const { return pieces_.empty() && sealed_.size() == sealed_sent_; }
  std::size_t queued() const;  // bytes not sent yet
  // A flush() has left bytes behind that wait for the peer to read.
  bool blocked() const { return write_waiting_; }

  // Closes when everything is sent and the peer has seen it: closing at once while the peer still sends would take the
  // last response from it (RFC 9112 section 9.6). Received bytes are dropped meanwhile.
  void close_gently();
  bool closing() const { return closing_; }

  // `bytes` are good until it returns. True: more are wanted at once.
  virtual bool on_received(std::string_view bytes) = 0;
  // The peer has ended its side; it may still read.
  virtual void on_ended() = 0;
  virtual void on_drained() = 0;
  // Once, and nothing after it.
  virtual void on_closed() = 0;

 private:
  struct Piece {
    std::string bytes{};
    std::string_view foreign{};
    std::shared_ptr<const void> owner{};
    bool gathering = false;  // `bytes` may be appended to

    std::string_view view() const { return foreign.data() != nullptr ? foreign : std::string_view{bytes}; }
  };

  void on_readable() override;
  void on_writable() override;
  void wait_for(std::uint32_t events);
  void take(std::string_view bytes);
  bool deliver(std::string_view bytes);
  bool seal_some();
  bool send_some(std::span<const std::string_view> parts);
  void drop_sent(std::size_t count);
  void shut_down_sending();

  ReadySet& ready_set_;
  int socket_;
  std::chrono::milliseconds write_time_;
  std::string peer_{};
  std::vector<Piece> pieces_{};
  std::size_t sent_ = 0;  // of the first piece
  std::string spare_{};   // the buffer of a piece that has been sent
  std::unique_ptr<TlsSession> tls_{};
  std::string sealed_{};  // with TLS: what goes to the socket
  std::size_t sealed_sent_ = 0;
  SteadyTime write_deadline_{};
  SteadyTime linger_deadline_{};
  std::uint32_t awaited_ = 0;  // the events that the set waits for
  bool receiving_ = false;
  bool delivering_ = false;
  bool write_waiting_ = false;
  bool ended_ = false;
  bool closing_ = false;
  bool lingering_ = false;
  bool notified_ = false;  // the peer knows by TLS that nothing more comes
  bool closed_ = false;
};

}  // namespace millrace::net
