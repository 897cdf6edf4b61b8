#include "net/address_policy.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>

namespace millrace::net {
namespace {

struct Refused {
  const char* address;
  int bits;
};

// The special-purpose registries of IANA.
constexpr Refused refused_of_4[] = {
    {"0.0.0.0", 8},        // unspecified
    {"10.0.0.0", 8},       // private
    {"100.64.0.0", 10},    // shared, behind carriers' translation
    {"127.0.0.0", 8},      // loopback
    {"169.254.0.0", 16},   // link-local, metadata services
    {"172.16.0.0", 12},    // private
    {"192.0.0.0", 24},     // protocol assignments
    {"192.0.2.0", 24},     // documentation
    {"192.88.99.0", 24},   // 6to4 relays
    {"192.168.0.0", 16},   // private
    {"198.18.0.0", 15},    // benchmarks
    {"198.51.100.0", 24},  // documentation
    {"203.0.113.0", 24},   // documentation
    {"224.0.0.0", 4},      // multicast
    {"240.0.0.0", 4},      // reserved, broadcast
};
constexpr Refused refused_of_6[] = {
    {"::", 96},                          // unspecified, loopback, compatible
    {"64:ff9b::", 96},                   // NAT64
    {"64:ff9b:1::", 48}, {"100::", 64},  // discard
    {"2001::", 23},                      // protocol assignments, Teredo
    {"2001:db8::", 32},                  // documentation
    {"2002::", 16},                      // 6to4
    {"3fff::", 20},                      // documentation
    {"5f00::", 16},                      // segment routing
    {"fc00::", 7},                       // unique local
    {"fe80::", 10},                      // link-local
    {"fec0::", 10},                      // site-local
    {"ff00::", 8},                       // multicast
};
constexpr AddressRange mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};

bool within(const AddressBytes& address, const AddressRange& range) {
  int whole = range.bits / 8;
  if (!std::equal(address.begin(), address.begin() + whole, range.address.begin())) return false;
  int rest = range.bits % 8;
  if (rest == 0) return true;
  auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((address[static_cast<std::size_t>(whole)] ^ range.address[static_cast<std::size_t>(whole)]) & mask) == 0;
}

const std::vector<AddressRange>& refused() {
  static const std::vector<AddressRange> ranges = [] {
    std::vector<AddressRange> all;
    for (const Refused& each : refused_of_4) all.push_back({parse_address(each.address).value(), 96 + each.bits});
    for (const Refused& each : refused_of_6) all.push_back({parse_address(each.address).value(), each.bits});
    return all;
  }();
  return ranges;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char one) { return std::tolower(one); });
  while (out.ends_with('.')) out.pop_back();
  return out;
}

std::optional<AddressRange> parse_range(std::string_view text) {
  auto slash = std::min(text.find('/'), text.size());
  auto address = parse_address(text.substr(0, slash));
  if (!address) return {};
  const bool of_4 = within(*address, mapped) && text.find(':') == std::string_view::npos;
  AddressRange range{*address, 128};
  if (slash == text.size()) return range;
  int bits = -1;
  std::string_view number = text.substr(slash + 1);
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
  if (error != std::errc{} || end != number.data() + number.size()) return {};
  if (bits < 0 || bits > (of_4 ? 32 : 128)) return {};
  range.bits = of_4 ? 96 + bits : bits;
  return range;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](unsigned char one) {
    return std::isalnum(one) || one == '.' || one == '-' || one == '_';
  });
}

}  // namespace

AddressPolicy AddressPolicy::everything() {
  AddressPolicy policy;
  policy.everything_ = true;
  return policy;
}

Result<AddressPolicy> AddressPolicy::internet_and(const std::vector<std::string>& allowed) {
  AddressPolicy policy;
  for (const std::string& text : allowed) {
    if (auto range = parse_range(text)) {
      policy.ranges_.push_back(*range);
      continue;
    }
    std::string host = lower(text.starts_with("*.") ? std::string_view(text).substr(1) : std::string_view(text));
    if (!is_host_name(host)) {
      return Error{ErrorCode::invalid, fmt::format("'{}' is neither a range of addresses nor a host", text)};
    }
    policy.hosts_.push_back(std::move(host));
  }
  return policy;
}

bool AddressPolicy::allows_host(std::string_view host) const {
  if (everything_) return true;
  std::string name = lower(host);
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const std::string& allowed) {
    return allowed.front() == '.' ? name.ends_with(allowed) : name == allowed;
  });
}

bool AddressPolicy::allows(const AddressBytes& address) const {
  if (everything_) return true;
  auto holds = [&](const AddressRange& range) { return within(address, range); };
  if (std::any_of(ranges_.begin(), ranges_.end(), holds)) return true;
  return std::none_of(refused().begin(), refused().end(), holds);
}

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string copy(text);
  AddressBytes bytes{};
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return bytes;
  in_addr four{};
  if (::inet_aton(copy.c_str(), &four) == 0 || copy.find_first_of(" \t\n") != std::string::npos) return {};
  bytes = mapped.address;
  std::memcpy(bytes.data() + 12, &four, 4);
  return bytes;
}

std::optional<AddressBytes> address_of(const sockaddr& address) {
  AddressBytes bytes = mapped.address;
  if (address.sa_family == AF_INET) {
    std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
    return bytes;
  }
  if (address.sa_family != AF_INET6) return {};
  std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  return bytes;
}

std::string to_text(const AddressBytes& address) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool of_4 = within(address, mapped);
  ::inet_ntop(of_4 ? AF_INET : AF_INET6, address.data() + (of_4 ? 12 : 0), text, sizeof text);
  return text;
}

bool is_loopback(const AddressBytes& address) {
  static const AddressRange of_4{parse_address("127.0.0.0").value(), 104};
  static const AddressBytes of_6 = parse_address("::1").value();
  return within(address, of_4) || address == of_6;
}

}  // namespace millrace::net
