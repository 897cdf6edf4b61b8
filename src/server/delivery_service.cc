#include "server/delivery_service.h"

#include <fmt/format.h>
#include <string>

#include "server/outbound.h"
#include "server/progress.h"

namespace millrace::server {
namespace {

constexpr std::string_view database_name = "millrace.delivery";
constexpr std::chrono::seconds stop_grace{5};  // what is then in flight is sent again after the next start

Async<Result<store::DatabaseId>> open_database(store::EmbeddedStore& store) {
  std::string name(database_name);
  auto found = co_await store.find_database(name);
  if (found || found.error().code != ErrorCode::not_found) co_return found;
  co_return co_await store.create_database(name);
}

// Tells of each attempt when it has ended, as dev tells of each mutation.
class TellingOutbound final : public net::Outbound {
 public:
  explicit TellingOutbound(std::unique_ptr<net::Outbound> sender) : sender_(std::move(sender)) {}

  void send(net::OutboundRequest request, std::function<void(net::OutboundResponse)> done) override {
    std::string id;
    for (const auto& [name, value] : request.headers) {
      if (name == "Upstash-Message-Id") id = value;
    }
    std::string what = fmt::format("message {} to {}", id, request.url);
    sender_->send(std::move(request), [what, done = std::move(done)](net::OutboundResponse response) {
      std::string outcome = response.status == 0
                                ? "failed: " + response.error
                                : fmt::format("answered {} after {} ms", response.status, response.latency.count());
      print_line(what + " " + outcome);
      done(std::move(response));
    });
  }

 private:
  std::unique_ptr<net::Outbound> sender_;
};

}  // namespace

DeliveryService::DeliveryService(net::Reactor& reactor, store::EmbeddedStore& store, const Options& options,
                                 Credentials& credentials)
    : reactor_(reactor), store_(store), options_(options), credentials_(credentials) {}

DeliveryService::~DeliveryService() = default;

Async<Result<void>> DeliveryService::start() {
  auto database = co_await open_database(store_);
  if (!database) co_return database.error();
  delivery::DeliveryOptions options;
  options.keys = {credentials_.signing_key_current, credentials_.signing_key_next};
  options.keep_keys = [this](const delivery::SigningKeys& keys) { return keep(keys); };
  options.on_problem = [](const std::string& line) { print_problem("millrace: " + line); };
  auto sending = make_sending(reactor_, options_);
  if (!sending) co_return sending.error();
  options.admit = std::move(sending->admit);
  options.region = options_.region;
  outbound_ = std::move(sending->outbound);
  if (!options_.quiet) outbound_ = std::make_unique<TellingOutbound>(std::move(outbound_));
  delivery_ = std::make_unique<delivery::Delivery>(reactor_, store_, *database, *outbound_, std::move(options));
  if (auto started = co_await delivery_->start(); !started) co_return started.error();
  front::QstashTokens tokens{credentials_.qstash_token, front::read_only_token(credentials_.qstash_token)};
  door_ = std::make_unique<front::QstashDoor>(*delivery_, std::move(tokens));
  co_return Result<void>{};
}

Async<void> DeliveryService::stop() {
  if (delivery_) co_await delivery_->stop(stop_grace);
}

// The file may hold newer secrets of others than the server began with.
Result<void> DeliveryService::keep(const delivery::SigningKeys& keys) {
  auto kept = load_credentials(options_.data);
  if (!kept) return kept.error();
  kept->signing_key_current = keys.current;
  kept->signing_key_next = keys.next;
  if (auto saved = save_credentials(options_.data, *kept); !saved) return saved.error();
  credentials_.signing_key_current = keys.current;
  credentials_.signing_key_next = keys.next;
  return {};
}

}  // namespace millrace::server
