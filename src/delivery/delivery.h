#pragma once

// Delivers messages to HTTP endpoints: signed, retried, in order where a queue asks for it, at the time that a schedule
// says. At least once: what was accepted is delivered or ends as a dead letter, over any crash; a message is sent twice
// only when the process ended while an attempt was in flight, or when the receiver's answer was lost.
//
// Everything is kept in a database of its own, through the store's seam; docs/formats/delivery.md has its keys. Each
// call is one transaction, durable when it returns. In memory there are the attempts in flight, which are bounded, and
// the limits that messages wait for; not what waits.
//
// Confined to the reactor. Requests are sent by `outbound`, on a thread of its own.
//
// Errors: `invalid` for what stays wrong, `not_found` for names and ids, `denied` for destinations that the policy
// forbids, `over_limit` with the text of a quota ("quota maxDelay exceeded, current limit: 604800"), `unavailable` when
// the store cannot write. Rules and texts are those of QStash where it has them.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "delivery/message.h"
#include "store/store.h"

namespace millrace::net {
class Outbound;
class Reactor;
}  // namespace millrace::net

namespace millrace::delivery {

// Each is the default of the contract, or says why.
struct Limits {
  std::size_t body_bytes_max = std::size_t{10} << 20;
  std::chrono::milliseconds delay_max = std::chrono::hours(24 * 365);
  int retries_max = 100;
  std::chrono::milliseconds attempt_max = std::chrono::minutes(15);
  std::chrono::milliseconds dead_letters_kept = std::chrono::hours(24 * 30);
  std::chrono::milliseconds events_kept = std::chrono::hours(24 * 14);
  std::uint64_t events_max = 3'000'000;  // about 1 GB with small messages: an idle disk must not fill by itself
  std::chrono::milliseconds deduplication_window = std::chrono::minutes(10);
  std::chrono::milliseconds delivered_readable = std::chrono::seconds(60);  // how long `message` finds a finished one
  std::size_t queues_max = 10'000;      // each costs memory while messages wait in it
  std::size_t schedules_max = 100'000;  // listing them all is one answer
  std::size_t groups_max = 10'000;
  std::size_t endpoints_max = 1'000;       // of one group: one publish makes that many messages in one transaction
  std::size_t in_flight_max = 1'000;       // sockets
  std::size_t in_flight_of_host_max = 50;  // one slow host must not take them all
  std::size_t in_flight_bytes_max = std::size_t{256} << 20;  // of bodies
  std::chrono::milliseconds pause_after_fault{1000};         // before the store is asked again that failed
};

struct DeliveryOptions {
  Limits limits{};
  SigningKeys keys{};
  std::function<Result<void>(const SigningKeys&)> keep_keys{};  // durably, before they are used
  std::function<Result<void>(std::string_view url)> admit{};    // what the policy says of a URL before anything is sent
  std::string region = "EU-CENTRAL-1";
  bool standard_webhooks = true;  // webhook-id, webhook-timestamp and webhook-signature beside Upstash-Signature
  Clock clock = system_now;
  std::function<void(const std::string& line)> on_problem{};
};

// What a URL may be. Pure: the addresses that its host has are checked when it is connected to. Fails with `invalid`
// for another scheme than http and https, for no host, and for credentials.
Result<void> check_url(std::string_view url);

class Delivery {
 public:
  // `database` belongs to delivery alone. All three outlive it.
  Delivery(net::Reactor& reactor, store::Store& store, store::DatabaseId database, net::Outbound& outbound,
           DeliveryOptions options);
  ~Delivery();

  // Goes on where an earlier process ended. Before anything else.
  Async<Result<void>> start();

  // Starts no more attempts, and waits for those in flight up to `grace`; what is then still open is sent again after
  // the next start.
  Async<void> stop(std::chrono::milliseconds grace);

  // Looks at once for what is due: when the clock was set.
  void look_again();

  const Limits& limits() const;

  // --- Publishing ---

  // To a URL: one answer. To a group: one for each endpoint, in its order. To a queue that is not there: it is made.
  // Nothing of it counts when it fails.
  Async<Result<std::vector<Published>>> publish(PublishRequest request);

  // All that can be accepted is accepted, in one transaction; the answers stand in the order of the requests.
  Async<Result<std::vector<Result<std::vector<Published>>>>> publish_batch(std::vector<PublishRequest> requests);

  // Publishes `requests` and remembers `position` for `reader` in the same transaction: a reader that goes on behind
  // the position it finds here neither loses nor repeats a message. A request that cannot be accepted (an unknown
  // group, say) is told to `on_problem` and left out: it would stop the reader for good.
  Async<Result<void>> publish_from_log(std::string reader, std::uint64_t position,
                                       std::vector<PublishRequest> requests);
  Async<Result<std::optional<std::uint64_t>>> position(std::string reader);

  // --- Messages ---

  // With its whole body. A finished one is found for a while (Limits::delivered_readable).
  Async<Result<MessageStatus>> message(std::string id);
  Async<Result<std::vector<std::string>>> children(std::string parent);  // ids, of a publish with `one_id`
  Async<Result<Page<MessageStatus>>> messages(PageRequest page);         // that are not finished; bodies up to 4 KiB

  // No further attempt is made; one in flight is not interrupted. `not_found` for one that is finished.
  Async<Result<void>> cancel(std::string id);
  // Up to `count_max`, and how many; unknown ids are left out. Everything when the filter is empty.
  Async<Result<std::uint64_t>> cancel(Filter filter, std::optional<std::size_t> count_max);

  // --- Events ---

  Async<Result<Page<Event>>> events(Filter filter, PageRequest page);

  // --- Dead letters ---

  Async<Result<Page<DeadLetter>>> dead_letters(Filter filter, PageRequest page);
  Async<Result<DeadLetter>> dead_letter(std::string id);
  Async<Result<void>> delete_dead_letter(std::string id);
  struct Deleted {
    std::uint64_t count = 0;
    std::optional<std::string> cursor{};
  };
  Async<Result<Deleted>> delete_dead_letters(Filter filter, PageRequest page);

  // Makes a new message of a dead letter, which is gone then. `change` may replace anything in its content.
  using Change = std::function<void(PublishRequest&)>;
  Async<Result<Published>> retry_dead_letter(std::string id, Change change);
  Async<Result<Page<Published>>> retry_dead_letters(Filter filter, PageRequest page, Change change);

  // --- Queues ---

  Async<Result<void>> put_queue(std::string name, int parallelism, bool paused);
  Async<Result<std::vector<Queue>>> queues();
  Async<Result<Queue>> queue(std::string name);
  Async<Result<void>> pause_queue(std::string name, bool paused);  // resumes when false
  Async<Result<void>> delete_queue(std::string name);              // cancels what is in it

  // --- URL groups ---

  Async<Result<std::vector<UrlGroup>>> groups();
  Async<Result<UrlGroup>> group(std::string name_or_id);
  Async<Result<UrlGroup>> create_group(std::string name);  // `conflict` when it is there; it may stay empty
  Async<Result<void>> rename_group(std::string name_or_id, std::string name);
  Async<Result<void>> put_endpoints(std::string group, std::vector<Endpoint> endpoints);
  // Matched by name or, where that is empty, by URL. The group goes with its last endpoint.
  Async<Result<void>> delete_endpoints(std::string group, std::vector<Endpoint> endpoints);
  Async<Result<void>> set_group_headers(std::string group, Headers headers);
  Async<Result<bool>> delete_group(std::string name_or_id);  // whether it was there

  // --- Schedules ---

  // Replaces one of the same id, but for its time of creation. The id.
  Async<Result<std::string>> put_schedule(ScheduleRequest request);
  Async<Result<std::vector<Schedule>>> schedules();
  Async<Result<Schedule>> schedule(std::string id);
  Async<Result<void>> pause_schedule(std::string id, bool paused);  // resumes when false
  Async<Result<void>> delete_schedule(std::string id);

  // --- Flow control ---

  Async<Result<std::vector<FlowControlStatus>>> flow_controls(std::string search);  // whose key contains it
  Async<Result<FlowControlStatus>> flow_control(std::string key);
  Async<Result<void>> pause_flow_control(std::string key, bool paused);
  Async<Result<void>> reset_rate(std::string key);
  // What is absent stays as it is; pinned values hold whatever messages say.
  Async<Result<void>> pin_flow_control(std::string key, std::optional<int> parallelism, std::optional<int> rate,
                                       std::optional<std::chrono::seconds> period);
  Async<Result<void>> unpin_flow_control(std::string key, bool parallelism, bool rate);
  struct Parallelism {
    std::size_t count = 0;
    std::size_t max = 0;
  };
  Parallelism parallelism() const;

  // --- Signing keys ---

  SigningKeys keys() const;
  Async<Result<SigningKeys>> rotate_keys();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::delivery
