#pragma once

// URLs that messages are sent to. Pure. A URL stays as it was given: receivers find it in the signature.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::delivery {

struct UrlParts {
  std::string_view scheme{};  // "http" or "https", in any case
  std::string_view host{};    // without the brackets of an IPv6 address
  std::string_view port{};    // empty: the scheme's
  std::string_view path{};    // with its query, may be empty
};

// Fails with `invalid`: another scheme than http and https, no host, credentials, characters that no URL has.
Result<UrlParts> split_url(std::string_view url);

// "https://shop.example:443": what a connection is made to, in lower case.
std::string authority_of(std::string_view url);

// Names of groups, queues, schedules: letters, digits, and _ . - ; up to 256 of them. Fails with `invalid`.
Result<void> check_name(std::string_view kind, std::string_view name);

}  // namespace millrace::delivery
