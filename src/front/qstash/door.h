#pragma once

// The HTTP door of delivery, /v1 and /v2, as the SDKs of QStash use it.
//
//   Authorization: Bearer TOKEN     on every request; publishers that cannot set headers write ?qstash_token=TOKEN
//   401 {"error":"unable to authenticate: invalid token"}, 403 for a change with the read-only token
//
// The tables of calls stand in the *_calls.cc beside this file. Pages of any origin may use the door: it goes by the
// token alone. Confined to the reactor.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "front/qstash/call.h"
#include "front/router.h"

namespace millrace::front {

struct QstashTokens {
  std::string all{};
  std::string read_only{};
};

// The token that may only read, made from the one that may do everything, so that it needs no place of its own.
std::string read_only_token(const std::string& token);

class QstashDoor {
 public:
  // `delivery` outlives the door.
  QstashDoor(delivery::Delivery& delivery, QstashTokens tokens);

  std::vector<Route> routes();

  // Whether a path is one of this door's.
  static bool owns(std::string_view path);

  // The body bytes that are read of a request of this door: few before its token is known.
  std::size_t body_bytes_max(const net::HttpRequest& head) const;

  // The answer to a request of this door that cannot be read.
  net::HttpResponse refuse(int status, std::string_view reason) const;

 private:
  enum class Access { none, read, all };
  struct Entry {
    Access access = Access::none;
    bool of_query = false;
  };
  struct Match {
    const CallRow* row = nullptr;
    Call call{};
    std::string allowed{};  // the methods of the path, where none of them was asked for
  };

  Async<net::HttpResponse> answer(net::HttpRequest& request);
  Entry entry_of(const net::HttpRequest& request) const;
  Access access_of(std::string_view token) const;
  Match match(const net::HttpRequest& request) const;

  delivery::Delivery& delivery_;
  QstashTokens tokens_;
  std::vector<CallRow> rows_;
};

// What `path` holds where `pattern` has {} and *; nothing when it does not match. Pure.
struct PathParts {
  std::vector<std::string> names{};
  std::string_view tail{};
};
std::optional<PathParts> match_path(std::string_view pattern, std::string_view path);

}  // namespace millrace::front
