#pragma once

// The inside of Delivery, shared by the files that implement it.
//
// A message that is not finished stands in one place: in the sorted set `due`, by the time of its next attempt, or in
// that of a lane it waits for, or, until its turn has come, in the order of its queue alone. Who sends it claims it: an
// entry in memory says that the place is to be passed over until the attempt's outcome has been written. So a crash
// leaves the message in its place, and it is sent again.
//
// Places are read from a cursor on: what lies before it is in flight. Writing something before the cursor rewinds it.

#include <chrono>
#include <coroutine>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "delivery/database.h"
#include "delivery/delivery.h"
#include "delivery/key_locks.h"
#include "delivery/lane.h"
#include "delivery/message_ids.h"
#include "delivery/rows.h"
#include "net/outbound.h"
#include "net/reactor.h"

namespace millrace::delivery {

// --- Keys; docs/formats/delivery.md ---

inline constexpr std::string_view due_key = "due";
inline constexpr std::string_view log_key = "log";
inline constexpr std::string_view lanes_key = "lanes";
inline constexpr std::string_view queues_key = "queues";
inline constexpr std::string_view groups_key = "groups";
inline constexpr std::string_view schedules_key = "schedules";
inline constexpr std::string_view schedule_states_key = "schedule-states";
inline constexpr std::string_view flows_key = "flows";
inline constexpr std::string_view flow_counts_key = "flow-counts";
inline constexpr std::string_view dead_letters_key = "dead-letters";

std::string message_key(std::string_view id);
std::string status_key(std::string_view id);
std::string body_key(std::string_view id);
std::string order_key(std::string_view queue);   // the messages of a queue in their order
std::string holders_key(std::string_view id);    // unfinished callbacks that keep the message's place in its queue
std::string waiting_key(std::string_view lane);  // the messages that wait for a lane
std::string children_key(std::string_view parent);
std::string duplicate_key(std::string_view digest);
std::string position_key(std::string_view reader);

inline std::int64_t count_of(Timestamp time) {
  return time.time_since_epoch().count();
}
inline Timestamp time_of(std::int64_t milliseconds) {
  return Timestamp(std::chrono::milliseconds(milliseconds));
}

// --- Memory ---

// A message that somebody has claimed.
struct Entry {
  enum class Phase { claimed, sending, finishing };

  std::string id{};
  std::string place{};  // the key of the sorted set where it stands
  std::int64_t at = 0;  // its score there
  Phase phase = Phase::claimed;
  std::shared_ptr<Message> message{};  // null until it is loaded
  StatusRow status{};
  std::size_t body_bytes = 0;
  std::size_t memory = 0;      // that it has of the bound of all
  bool body_missing = false;   // stands at a key of its own and was not read yet
  bool canceled = false;       // its outcome counts no more
  bool active_logged = false;  // the log tells of the attempt
  bool logging = false;        // that is being written
  Timestamp sent_at{};
  std::shared_ptr<Lane> flow{};  // the lanes whose turn it has
  std::shared_ptr<Lane> host{};
  std::vector<std::coroutine_handle<>> waiters{};

  // Events since the status was last written begin here.
  std::size_t logged = 0;
};
using EntryPointer = std::shared_ptr<Entry>;
using LanePointer = std::shared_ptr<Lane>;

struct QueueState {
  QueueRow row{};
  std::int64_t last = 0;  // the highest place that was given in its order
};

// What is to be done once a transaction with new messages is durable.
struct Staged {
  std::vector<EntryPointer> ready{};
  std::vector<std::string> queues{};
  std::vector<std::string> queues_made{};
  std::vector<std::pair<LanePointer, std::int64_t>> lanes{};  // with a place that was taken
  std::vector<LanePointer> said{};                            // whose row was written
  std::int64_t due = INT64_MAX;                               // the earliest
};

struct Place {
  std::string member{};
  std::int64_t at = 0;
};

struct Delivery::Impl {
  Impl(net::Reactor& in, store::Store& store, store::DatabaseId id, net::Outbound& out, DeliveryOptions given);

  // --- engine.cc ---
  Async<Result<void>> start();
  Async<Result<void>> load_queues();
  Async<Result<void>> load_lanes();
  Async<void> stop(std::chrono::milliseconds grace);
  Timestamp now() const { return options.clock(); }
  void problem(const std::string& line);
  std::int64_t after_fault() const { return count_of(now() + options.limits.pause_after_fault); }
  void spawn(Async<void> work);
  void arm(std::int64_t at);
  void on_timer();
  void every(std::chrono::milliseconds interval, net::Timer& timer, std::function<void()> call);

  // --- publishing.cc ---
  using Answers = std::vector<Result<std::vector<Published>>>;
  // `also` may add to the transaction, once the answers are known that it will have when it succeeds.
  using Also = std::function<void(const Answers& answers, Transaction& transaction)>;
  Async<Result<Answers>> publish_all(std::vector<PublishRequest> requests, Also also);
  // Adds a message to the transaction. Its lane of flow control is loaded.
  void stage(Transaction& transaction, Message message, Staged& staged);
  void abandon(Staged& staged);
  void settle(Staged& staged);
  Async<Result<LanePointer>> load_flow(std::string key);
  // Lanes of all that `messages` name, held until the vector goes.
  Async<Result<std::vector<LanePointer>>> load_flows(std::vector<std::string> keys);
  void log(Transaction& transaction, std::string_view id, std::uint64_t first, std::uint64_t count);

  // --- claiming.cc ---
  std::size_t capacity() const;
  void due_inserted(std::int64_t at);
  void lane_inserted(const LanePointer& lane, std::int64_t at);
  void wake();
  void poke(LanePointer lane);
  Async<void> pump();
  Async<bool> pump_due();
  Async<void> pump_lane(LanePointer lane);
  Async<Result<std::vector<Place>>> places(std::string key, std::int64_t from, std::int64_t to, std::size_t count);
  EntryPointer claim(std::string id, std::string place, std::int64_t at);
  Async<Result<void>> load(std::vector<EntryPointer> batch);
  Async<bool> route(std::vector<EntryPointer> batch, LanePointer own);  // whether the store answered
  void give_back(const EntryPointer& entry, const LanePointer& own);
  void pause_lane(const LanePointer& lane);
  Async<void> join_queue(EntryPointer entry);
  Async<void> leave_to_queue(EntryPointer entry);
  LanePointer lane(const std::string& name, bool make_host);
  LanePointer make_lane(std::string name, FlowRow limits, FlowCountRow counted, bool known);
  LanePointer host_lane(std::string_view url);
  LanePointer blocked_by(const LanePointer& flow, const LanePointer& host, const Lane* own);
  void take_turns(Entry& entry, LanePointer flow, LanePointer host);
  void give_turns(Entry& entry);
  void drop(const EntryPointer& entry);
  void resume_waiters(Entry& entry);

  // --- attempts.cc ---
  void launch(const EntryPointer& entry);
  Async<void> prepare(EntryPointer entry);
  void free_memory(Entry& entry);
  void send(const EntryPointer& entry);
  void hand_over(const EntryPointer& entry, net::OutboundRequest request);
  Async<void> finish(EntryPointer entry, net::OutboundResponse response);
  void decide(Entry& entry, const net::OutboundResponse& response, Timestamp at);
  std::vector<Message> callbacks_of(const Entry& entry, const net::OutboundResponse& response, Timestamp at);
  Transaction outcome(Entry& entry, const std::vector<Message>& callbacks, Staged& staged, Timestamp at);
  Async<void> log_attempts();
  std::string next_dead_letter(Timestamp at);

  // --- queues.cc ---
  Async<Result<void>> refill(std::string queue);
  Async<void> refill_later(std::string queue);
  std::int64_t next_place(QueueState& queue);
  // Makes it where it is not there.
  QueueState& queue_state(const std::string& name, Transaction& transaction, Staged& staged);

  // --- messages.cc ---
  struct Rows {
    MessageRow message{};
    StatusRow status{};
  };
  Async<Result<std::vector<std::optional<Rows>>>> read(std::vector<std::string> ids);
  Async<Result<std::vector<std::string>>> cancel_all(std::vector<std::string> ids, Filter filter,
                                                     std::size_t count_max);
  Async<Result<std::vector<std::string>>> cancel_some(std::vector<std::string> ids, const Filter& filter,
                                                      std::size_t count_max, std::vector<std::string>& again);
  void stage_cancel(Transaction& transaction, const std::string& id, Rows rows, Timestamp at);
  void look_at_everything();
  using Visit = std::function<Async<Result<std::size_t>>(std::vector<std::string> ids)>;  // how many of them went
  Async<Result<void>> each_unfinished(Visit visit);
  Async<Result<bool>> visit_places(std::string key, bool due, Visit& visit);

  // --- flow_control.cc ---
  Async<Result<void>> change_flow(std::string key, std::function<void(FlowRow&)> change, bool reset_rate);

  // --- url_groups.cc ---
  using GroupChange = std::function<Result<bool>(UrlGroup&)>;  // false: the group goes
  Async<Result<void>> change_group(Delivery& seam, std::string name, bool make, GroupChange change);

  // --- dead_letters.cc ---
  struct DeadLetterId {
    std::string id{};
    std::string message_id{};
    std::int64_t at = 0;
  };
  Async<Result<std::optional<DeadLetterId>>> find_dead_letter(std::string id);
  Async<Result<Page<std::string>>> dead_letter_ids(Filter filter, PageRequest page);
  Async<Result<Page<DeadLetter>>> dead_letter_page(Filter filter, PageRequest page, bool with_bodies);
  // Adds what takes a dead letter away.
  void stage_removal(Transaction& transaction, const std::string& id, const Rows& rows, std::string_view message_id);
  Async<Result<bool>> remove_dead_letter(std::string id);
  Async<Result<Published>> retry(std::string id, Change change);

  // --- events.cc ---
  Async<Result<Page<Event>>> events_of(Filter filter, PageRequest request);

  // --- schedules.cc ---
  struct ScheduleRows {
    ScheduleRow schedule{};
    ScheduleStateRow state{};
  };
  Async<Result<std::optional<ScheduleRows>>> read_schedule(std::string id);
  Async<Result<Schedule>> show_schedule(std::string id);
  Async<void> tick(std::string id, std::int64_t at);
  Async<Result<void>> tick_once(std::string id, std::int64_t at);

  // --- retention.cc ---
  Async<void> sweep();
  Async<Result<bool>> sweep_log();
  Async<Result<bool>> sweep_dead_letters();

  net::Reactor& reactor;
  Database database;
  net::Outbound& outbound;
  DeliveryOptions options;
  KeyLocks locks;
  MessageIds ids{};
  SigningKeys keys{};

  std::unordered_map<std::string, EntryPointer> entries{};
  std::size_t bytes_in_flight = 0;
  std::deque<EntryPointer> short_of_memory{};
  std::unordered_set<std::string> canceling{};
  std::unordered_set<std::string> ticking{};
  std::unordered_map<std::string, std::weak_ptr<Lane>> lanes{};
  std::unordered_map<std::string, LanePointer> waiting_lanes{};
  std::unordered_set<std::string> recorded_lanes{};  // in the set `lanes`
  std::deque<LanePointer> short_of_room{};
  std::set<std::pair<std::int64_t, std::string>> openings{};  // of waiting lanes, by time
  std::map<std::string, QueueState> queues{};

  std::int64_t due_cursor = 0;
  std::int64_t due_rewind = INT64_MAX;
  bool backlog = false;  // something is due that nobody has claimed
  bool pumping = false;
  bool pump_again = false;
  std::int64_t armed_at = INT64_MAX;
  net::Timer timer{};
  net::Timer log_timer{};
  net::Timer sweep_timer{};
  bool logging = false;
  bool sweeping = false;
  bool stopping = false;
  bool started = false;
  std::size_t tasks = 0;
  std::int64_t dead_letter_at = 0;
  int dead_letter_count = 0;
  std::shared_ptr<int> alive = std::make_shared<int>(0);
};

// A status as it is before anything was written: created.
StatusRow status_of(const store::Reply& reply, const Message& message);

// The milliseconds that an id of a dead letter begins with.
std::int64_t dead_letter_time(std::string_view id);

// What is said wrong or beyond the limits.
Result<void> check_content(const Content& content, const DeliveryOptions& options);

// Whether a message is one of those that `filter` means; states, response statuses and ids of dead letters aside.
bool matches(const Filter& filter, const Message& message, Timestamp time);

// co_await changed(entry): goes on after the entry's next step.
struct EntryChange {
  Entry& entry;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) { entry.waiters.push_back(waiting); }
  void await_resume() const {}
};

}  // namespace millrace::delivery
