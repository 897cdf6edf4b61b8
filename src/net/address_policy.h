#pragma once

// Which addresses of other servers may be connected to. Pure.
//
// Refused, unless allowed by name or range: loopback, unspecified, private (RFC 1918, RFC 4193), shared (RFC 6598),
// link-local with the metadata services of clouds, multicast, reserved and documentation ranges; in version 6 also the
// forms that carry one of version 4 (mapped, compatible, 6to4, NAT64, Teredo).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

struct sockaddr;

namespace millrace::net {

// An address of version 6; one of version 4 in its mapped form.
using AddressBytes = std::array<std::uint8_t, 16>;

struct AddressRange {
  AddressBytes address{};
  int bits = 0;  // of 128
};

class AddressPolicy {
 public:
  // Everything may be connected to: for development.
  static AddressPolicy everything();

  // Each of `allowed` is a range ("10.1.0.0/16", "fd00::/8", "127.0.0.1") or the name of a host, of which every
  // address is allowed then ("hooks.internal", "*.internal"). Fails with `invalid`.
  static Result<AddressPolicy> internet_and(const std::vector<std::string>& allowed);

  bool allows_everything() const { return everything_; }
  bool allows_host(std::string_view host) const;  // by its name
  bool allows(const AddressBytes& address) const;

 private:
  bool everything_ = false;
  std::vector<AddressRange> ranges_{};
  std::vector<std::string> hosts_{};  // in lower case; one that begins with a dot stands for all below it
};

// "127.0.0.1" or "::1"; nothing for text that is neither. Also the shorter forms of version 4 that resolvers take
// ("127.1", "0x7f000001").
std::optional<AddressBytes> parse_address(std::string_view text);
std::optional<AddressBytes> address_of(const sockaddr& address);
std::string to_text(const AddressBytes& address);

bool is_loopback(const AddressBytes& address);

}  // namespace millrace::net
