#include "server/import/address.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

#include "net/http.h"

namespace millrace::server {
namespace {

constexpr std::string_view known_forms =
    "write redis://:PASSWORD@HOST:PORT, rediss://… with TLS, or https://HOST with --token TOKEN for REST";

Error wrong(std::string_view what) {
  return {ErrorCode::invalid, fmt::format("{}; {}", what, known_forms)};
}

std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < 0 || value > most) return {};
  return value;
}

struct Parts {
  std::string_view scheme{};
  std::optional<std::string_view> user_info{};
  std::string_view authority{};  // host and port
  std::string_view rest{};       // from the slash on
};

std::optional<Parts> split(std::string_view url) {
  auto colon = url.find("://");
  if (colon == url.npos) return {};
  Parts parts{.scheme = url.substr(0, colon)};
  url.remove_prefix(colon + 3);
  auto end = std::min(url.find_first_of("/?#"), url.size());
  parts.rest = url.substr(end);
  parts.authority = url.substr(0, end);
  if (auto at = parts.authority.rfind('@'); at != url.npos) {
    parts.user_info = parts.authority.substr(0, at);
    parts.authority.remove_prefix(at + 1);
  }
  return parts;
}

void take_user(SourceAddress& address, std::string_view user_info) {
  auto colon = user_info.find(':');
  address.user = *net::percent_decode(user_info.substr(0, colon));
  if (colon != user_info.npos) address.password = *net::percent_decode(user_info.substr(colon + 1));
}

Result<void> take_place(net::RespPlace& place, std::string_view authority) {
  auto bracket = authority.rfind(']');  // an IPv6 address holds colons
  auto colon = authority.rfind(':');
  bool with_port = colon != authority.npos && (bracket == authority.npos || colon > bracket);
  std::string_view host = with_port ? authority.substr(0, colon) : authority;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!host.empty()) place.host = host;
  if (!with_port) return {};
  auto port = number(authority.substr(colon + 1), 65'535);
  if (!port || *port == 0) return wrong(fmt::format("'{}' is no port", authority.substr(colon + 1)));
  place.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<SourceAddress> of_resp(SourceAddress address, const Parts& parts) {
  address.place.host = "127.0.0.1";
  address.place.tls = parts.scheme == "rediss";
  if (auto done = take_place(address.place, parts.authority); !done) return done.error();
  std::string_view path = parts.rest.substr(0, parts.rest.find_first_of("?#"));
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return address;
  auto index = number(path, 1'000'000);
  if (!index) return wrong(fmt::format("'{}' is no number of a database", path));
  address.index = *index;
  return address;
}

Result<SourceAddress> of_rest(SourceAddress address, const Parts& parts) {
  if (parts.authority.empty()) return wrong("the URL names no host");
  // https://TOKEN@HOST: one word alone is the secret, as REST knows no users.
  if (address.password.empty()) address.password = address.user;
  if (address.password.empty()) {
    return Error{ErrorCode::invalid, "REST needs a token: give it with --token TOKEN, or as https://:TOKEN@HOST"};
  }
  address.rest = true;
  std::string_view path = parts.rest.substr(0, parts.rest.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  address.rest_url = fmt::format("{}://{}{}", parts.scheme, parts.authority, path);
  return address;
}

}  // namespace

Result<SourceAddress> parse_source(std::string_view url, const std::string& token) {
  auto parts = split(url);
  if (!parts) return wrong("that is no URL");
  SourceAddress address;
  if (parts->user_info) take_user(address, *parts->user_info);
  if (!token.empty()) address.password = token;
  if (parts->scheme == "redis" || parts->scheme == "rediss") return of_resp(std::move(address), *parts);
  if (parts->scheme == "http" || parts->scheme == "https") return of_rest(std::move(address), *parts);
  return wrong(fmt::format("'{}://' is not known here", parts->scheme));
}

}  // namespace millrace::server
