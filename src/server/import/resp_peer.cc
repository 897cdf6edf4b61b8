#include <fmt/format.h>

#include "server/import/peer.h"

namespace millrace::server {
namespace {

class RespPeer final : public Peer {
 public:
  explicit RespPeer(std::unique_ptr<net::RespClient> client) : client_(std::move(client)) {}

  Result<std::vector<RedisReply>> run(const std::vector<RedisCommand>& commands) override {
    return client_->run(commands);
  }

 private:
  std::unique_ptr<net::RespClient> client_;
};

Error refused(const SourceAddress& address, const std::string& reason) {
  bool secret = reason.starts_with("WRONGPASS") || reason.starts_with("NOAUTH");
  return {ErrorCode::denied, fmt::format("{}:{} refuses: {}{}", address.place.host, address.place.port, reason,
                                         secret ? "; write the password as redis://:PASSWORD@HOST" : "")};
}

}  // namespace

Result<std::unique_ptr<Peer>> open_resp(const SourceAddress& address) {
  auto client = net::RespClient::connect(address.place);
  if (!client) return client.error();
  std::vector<RedisCommand> greeting;
  if (!address.password.empty()) {
    greeting.push_back(address.user.empty() ? RedisCommand{"AUTH", address.password}
                                            : RedisCommand{"AUTH", address.user, address.password});
  }
  if (address.index != 0) greeting.push_back({"SELECT", std::to_string(address.index)});
  greeting.push_back({"PING"});
  auto replies = (*client)->run(greeting);
  if (!replies) return replies.error();
  for (const RedisReply& reply : *replies) {
    if (reply.is_error()) return refused(address, reply.text);
  }
  return std::make_unique<RespPeer>(std::move(*client));
}

}  // namespace millrace::server
