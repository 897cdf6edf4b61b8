#pragma once

// Where a database is copied from, as the person wrote it. Pure.
//
//   redis://USER:PASSWORD@HOST:PORT/INDEX    rediss:// with TLS; all but the host may be left out
//   https://HOST/PATH                        REST, with a token of its own or as the password: https://:TOKEN@HOST

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/resp_client.h"

namespace millrace::server {

struct SourceAddress {
  bool rest = false;
  net::RespPlace place{};  // of the Redis protocol
  std::string user{};      // empty: the default one
  std::string password{};  // also the token of REST
  int index = 0;           // which of a server's numbered databases
  std::string rest_url{};  // without the secret
};

// `token` wins over a password in the URL. The message of an error holds no secret.
Result<SourceAddress> parse_source(std::string_view url, const std::string& token);

}  // namespace millrace::server
