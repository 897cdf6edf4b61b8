#include "server/outbound.h"

#include <fmt/format.h>

#include "delivery/destination.h"
#include "net/curl_outbound.h"

namespace millrace::server {
namespace {

Error refused(std::string_view kind, std::string_view host) {
  return {ErrorCode::invalid,
          fmt::format("invalid destination url: endpoint resolves to a {} address: {}", kind, host)};
}

Result<void> admit(const net::AddressPolicy& policy, const std::vector<net::MappedHost>& mapped, std::string_view url) {
  auto parts = delivery::split_url(url);
  if (!parts) return parts.error();
  if (policy.allows_host(parts->host)) return {};
  for (const net::MappedHost& each : mapped) {
    if (each.host == parts->host) return {};
  }
  auto address = net::parse_address(parts->host);
  if (!address && (parts->host == "localhost" || parts->host.ends_with(".localhost"))) {
    address = net::parse_address("127.0.0.1");
  }
  if (!address || policy.allows(*address)) return {};
  return refused(net::is_loopback(*address) ? "loopback" : "private", net::to_text(*address));
}

}  // namespace

Result<Sending> make_sending(net::Reactor& reactor, const Options& options) {
  net::CurlOutboundOptions outbound;
  if (!options.development) {
    auto policy = net::AddressPolicy::internet_and(options.delivery_allow);
    if (!policy) return Error{ErrorCode::invalid, "delivery-allow: " + policy.error().message};
    outbound.policy = std::move(*policy);
  }
  for (const std::string& text : options.map_host) {
    auto mapped = net::parse_mapped_host(text);
    if (!mapped) return Error{ErrorCode::invalid, "map-host: " + mapped.error().message};
    outbound.mapped.push_back(std::move(*mapped));
  }
  Sending sending;
  sending.admit = [policy = outbound.policy, mapped = outbound.mapped](std::string_view url) {
    return admit(policy, mapped, url);
  };
  sending.outbound = std::make_unique<net::CurlOutbound>(reactor, std::move(outbound));
  return sending;
}

}  // namespace millrace::server
