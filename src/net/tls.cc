#include "net/tls.h"

#include <array>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace millrace::net {
namespace {

Error cannot_use(std::string_view what, const std::string& file) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_peek_last_error(), reason.data(), reason.size());
  ERR_clear_error();
  return {ErrorCode::invalid, fmt::format("cannot use {} {}: {}", what, file, reason.data())};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const std::string& certificate_file,
                                                           const std::string& key_file) {
  std::shared_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
  ssl_ctx_st* context = made->context_;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds no 32 KiB
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return cannot_use("the certificate", certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return cannot_use("the private key", key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) return cannot_use("the private key with its certificate", key_file);
  return std::shared_ptr<const TlsContext>(std::move(made));
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context)
    : context_(std::move(context)), session_(SSL_new(context_->context_)) {
  SSL_set_bio(session_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() {
  SSL_free(session_);
}

TlsSession::Received TlsSession::receive(std::string_view bytes, std::string& plain) {
  BIO_write(SSL_get_rbio(session_), bytes.data(), static_cast<int>(bytes.size()));
  std::array<char, 16 * 1024> record;  // the most that one carries
  for (;;) {
    ERR_clear_error();
    int count = SSL_read(session_, record.data(), static_cast<int>(record.size()));
    if (count > 0) {
      plain.append(record.data(), static_cast<std::size_t>(count));
      continue;
    }
    switch (SSL_get_error(session_, count)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE: return Received::more;
      case SSL_ERROR_ZERO_RETURN: return Received::ended;
      default: ERR_clear_error(); return Received::failed;
    }
  }
}

bool TlsSession::established() const {
  return SSL_is_init_finished(session_) == 1;
}

bool TlsSession::send(std::string_view plain) {
  ERR_clear_error();
  std::size_t written = 0;
  return plain.empty() || SSL_write_ex(session_, plain.data(), plain.size(), &written) == 1;
}

void TlsSession::end() {
  ERR_clear_error();
  if (established()) SSL_shutdown(session_);
}

void TlsSession::take_output(std::string& out) {
  BIO* output = SSL_get_wbio(session_);
  std::size_t size = BIO_ctrl_pending(output);
  std::size_t before = out.size();
  out.resize(before + size);
  int count = size == 0 ? 0 : BIO_read(output, out.data() + before, static_cast<int>(size));
  out.resize(before + static_cast<std::size_t>(count > 0 ? count : 0));
}

}  // namespace millrace::net
