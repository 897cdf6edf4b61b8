#include "delivery/destination.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

#include "delivery/delivery.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t url_bytes_max = 8192;  // what servers of all kinds take in a request line
constexpr std::size_t name_bytes_max = 256;

Error wrong(std::string_view why) {
  return {ErrorCode::invalid, fmt::format("invalid destination url: {}", why)};
}

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char left, char right) {
           return left == std::tolower(static_cast<unsigned char>(right));
         });
}

bool is_name_character(char one) {
  return std::isalnum(static_cast<unsigned char>(one)) || one == '_' || one == '.' || one == '-';
}

}  // namespace

Result<UrlParts> split_url(std::string_view url) {
  UrlParts parts;
  bool secure = starts_with_word(url, "https://");
  if (!secure && !starts_with_word(url, "http://")) {
    return wrong("endpoint has invalid scheme, add http:// or https://");
  }
  if (url.size() > url_bytes_max) return wrong(fmt::format("longer than {} bytes", url_bytes_max));
  // A byte from 0x80 on is passed as it is: receivers decide what it means.
  if (std::any_of(url.begin(), url.end(), [](unsigned char one) { return one <= ' ' || one == 0x7f; })) {
    return wrong("it has a space or a control character");
  }
  parts.scheme = url.substr(0, secure ? 5 : 4);
  std::string_view rest = url.substr(parts.scheme.size() + 3);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#\\"));
  parts.path = rest.substr(authority.size());
  if (authority.find('@') != std::string_view::npos) return wrong("it has credentials");
  if (authority.starts_with('[')) {
    auto close = authority.find(']');
    if (close == std::string_view::npos) return wrong("its address has no closing bracket");
    parts.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
  } else {
    parts.host = authority.substr(0, authority.find(':'));
    authority.remove_prefix(parts.host.size());
  }
  if (parts.host.empty()) return wrong("it has no host");
  if (authority.starts_with(':')) {
    parts.port = authority.substr(1);
    bool digits = std::all_of(parts.port.begin(), parts.port.end(), [](char one) { return one >= '0' && one <= '9'; });
    if (!digits || parts.port.size() > 5) return wrong("its port is no number");
  } else if (!authority.empty()) {
    return wrong("something stands behind its address");
  }
  return parts;
}

Result<void> check_url(std::string_view url) {
  auto parts = split_url(url);
  if (!parts) return parts.error();
  return {};
}

std::string authority_of(std::string_view url) {
  auto parts = split_url(url);
  if (!parts) return std::string(url);
  std::string_view port = parts->port;
  if (port.empty()) port = parts->scheme.size() == 5 ? "443" : "80";
  std::string text = fmt::format("{}://{}:{}", parts->scheme, parts->host, port);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char one) { return std::tolower(one); });
  return text;
}

Result<void> check_name(std::string_view kind, std::string_view name) {
  bool good =
      !name.empty() && name.size() <= name_bytes_max && std::all_of(name.begin(), name.end(), is_name_character);
  if (good) return {};
  return Error{ErrorCode::invalid,
               fmt::format("invalid {}: write letters, digits, and _ . -, up to {} of them", kind, name_bytes_max)};
}

}  // namespace millrace::delivery
