#include <fmt/format.h>
#include <future>
#include <optional>
#include <thread>

#include "server/commands/commands.h"
#include "server/import/peer.h"
#include "server/running_server.h"
#include "server/wiring.h"

namespace millrace::server {
namespace {

using store::Reply;

RedisReply reply_of(Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::nil:
    case Reply::Kind::nil_array: return {};
    case Reply::Kind::integer:
    case Reply::Kind::boolean: return {.kind = RedisReply::Kind::integer, .integer = reply.integer};
    case Reply::Kind::error: return {.kind = RedisReply::Kind::error, .text = std::move(reply.text)};
    case Reply::Kind::bulk:
    case Reply::Kind::simple:
    case Reply::Kind::verbatim:
    case Reply::Kind::big_number: return {.kind = RedisReply::Kind::text, .text = std::move(reply.text)};
    case Reply::Kind::real: return {.kind = RedisReply::Kind::text, .text = fmt::format("{}", reply.real)};
    case Reply::Kind::array:
    case Reply::Kind::map:
    case Reply::Kind::set:
    case Reply::Kind::push: break;
  }
  RedisReply list{.kind = RedisReply::Kind::array};
  for (Reply& element : reply.elements) list.elements.push_back(reply_of(element));
  return list;
}

// The data folder, open in this process: a reactor of its own runs the commands.
class FolderPeer final : public Peer {
 public:
  ~FolderPeer() override {
    if (!thread_.joinable()) return;
    reactor_.post([this] { reactor_.stop(); });
    thread_.join();
  }

  Result<void> open(Options options, const std::string& database) {
    options.quiet = true;
    auto backend = Backend::open(reactor_, options);
    if (!backend) return backend.error();
    backend_ = std::move(*backend);
    thread_ = std::thread([this] { reactor_.run(); });
    auto found = on_reactor<Result<store::DatabaseId>>([&] { return backend_->store().find_database(database); });
    if (!found) return found.error();
    database_ = *found;
    return {};
  }

  Result<std::vector<RedisReply>> run(const std::vector<RedisCommand>& commands) override {
    auto replies = on_reactor<Result<std::vector<Reply>>>(
        [&] { return backend_->store().execute(database_, commands, {.door = store::Door::redis}); });
    if (!replies) return replies.error();
    std::vector<RedisReply> out;
    out.reserve(replies->size());
    for (Reply& reply : *replies) out.push_back(reply_of(reply));
    return out;
  }

 private:
  template <class T, class Begin>
  T on_reactor(Begin begin) {
    std::promise<T> promise;
    reactor_.post([&] { millrace::start(begin(), [&promise](T value) { promise.set_value(std::move(value)); }); });
    return promise.get_future().get();
  }

  net::Reactor reactor_{};
  std::unique_ptr<Backend> backend_{};
  std::thread thread_{};
  store::DatabaseId database_{};
};

// Nothing when no server answers on the folder.
std::optional<Result<std::unique_ptr<Peer>>> open_running(const Options& options, const std::string& secret) {
  auto running = read_running_server(options.data);
  if (!running || running->redis.empty()) return {};
  auto address = parse_source("redis://" + running->redis, secret);
  if (!address) return Result<std::unique_ptr<Peer>>(address.error());
  address->place.tls = running->tls;
  address->place.trusted = true;
  auto peer = open_resp(*address);
  if (!peer && peer.error().code == ErrorCode::unavailable) return {};
  return peer;
}

}  // namespace

Result<std::unique_ptr<Peer>> open_own(const Options& options, const std::string& database) {
  auto secret = secret_of_database(options, database);
  if (!secret) return secret.error();
  if (auto running = open_running(options, *secret)) return std::move(*running);
  auto folder = std::make_unique<FolderPeer>();
  if (auto done = folder->open(options, database); !done) return done.error();
  return folder;
}

}  // namespace millrace::server
