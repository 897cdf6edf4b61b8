#pragma once

// TLS 1.2 and 1.3 of the server's side (RFC 8446), between the bytes of a socket and those of a protocol: no sockets in
// here. A context may be shared by threads; a session is confined to its connection.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace millrace::net {

class TlsContext {
 public:
  // Reads a certificate chain and its private key, both PEM. Fails with `invalid` and names the file and the reason.
  static Result<std::shared_ptr<const TlsContext>> load(const std::string& certificate_file,
                                                        const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* context_;
};

class TlsSession {
 public:
  explicit TlsSession(std::shared_ptr<const TlsContext> context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // `ended`: the peer will send no more. `failed`: what it sent is no TLS, or not ours; an alert may wait to be sent.
  enum class Received { more, ended, failed };

  // Takes bytes from the socket and appends to `plain` what they carry.
  Received receive(std::string_view bytes, std::string& plain);

  // Whether the handshake is done: `send` may be called from then on.
  bool established() const;

  // Takes all of `plain`. False when the session is broken.
  bool send(std::string_view plain);

  // Tells the peer that nothing more comes.
  void end();

  // Appends what has to go to the socket now.
  void take_output(std::string& out);

 private:
  std::shared_ptr<const TlsContext> context_;
  ssl_st* session_;
};

}  // namespace millrace::net
