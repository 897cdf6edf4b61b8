// From what is due to attempts: claiming places in slices, and the lanes that messages wait for.

#include <algorithm>

#include "delivery/destination.h"
#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t already_claimed = 8;  // that a page may begin with: those of one millisecond, mostly
constexpr std::size_t slice = 64;           // messages that are read at once: less than a millisecond of the reactor

}  // namespace

// --- Entries ---

std::size_t Delivery::Impl::capacity() const {
  return options.limits.in_flight_max - std::min(options.limits.in_flight_max, entries.size());
}

EntryPointer Delivery::Impl::claim(std::string id, std::string place, std::int64_t at) {
  auto entry = std::make_shared<Entry>();
  entry->id = id;
  entry->place = std::move(place);
  entry->at = at;
  entries.emplace(std::move(id), entry);
  return entry;
}

void Delivery::Impl::resume_waiters(Entry& entry) {
  for (auto waiting : std::exchange(entry.waiters, {})) {
    reactor.post([waiting] { waiting.resume(); });
  }
}

// The place is free for the next, who may have waited for room, for memory or for this message.
void Delivery::Impl::drop(const EntryPointer& given) {
  EntryPointer entry = given;
  entries.erase(entry->id);
  resume_waiters(*entry);
  if (stopping) return;
  // An eighth of the room at a time, so that each look into the store finds work for many.
  if (capacity() * 8 < options.limits.in_flight_max && !entries.empty()) return;
  while (!short_of_room.empty() && capacity() > 0) {
    LanePointer lane = std::move(short_of_room.front());
    short_of_room.pop_front();
    poke(std::move(lane));
  }
  if (backlog) wake();
}

// --- Lanes ---

LanePointer Delivery::Impl::make_lane(std::string name, FlowRow limits, FlowCountRow counted, bool known) {
  LanePointer made(new Lane(name, limits, counted, known), [this, watch = std::weak_ptr<int>(alive)](Lane* gone) {
    if (!watch.expired()) lanes.erase(gone->name());
    delete gone;
  });
  lanes[std::move(name)] = made;
  return made;
}

LanePointer Delivery::Impl::lane(const std::string& name, bool make_host) {
  auto found = lanes.find(name);
  if (found != lanes.end()) {
    if (auto held = found->second.lock()) return held;
  }
  if (!make_host) return nullptr;
  FlowRow limits{.parallelism = static_cast<int>(options.limits.in_flight_of_host_max)};
  return make_lane(name, limits, {}, true);
}

LanePointer Delivery::Impl::host_lane(std::string_view url) {
  std::string name = "h" + authority_of(url);
  return lane(name, true);
}

// The lane that has no turn to give. Who comes anew stands behind those that wait; who comes from a line, `own`, has
// waited, and would else be sent from line to line.
LanePointer Delivery::Impl::blocked_by(const LanePointer& flow, const LanePointer& host, const Lane* own) {
  Timestamp time = now();
  for (const LanePointer* each : {&flow, &host}) {
    const LanePointer& one = *each;
    if (one && (!one->open(time) || (one->waiting && own == nullptr))) return one;
  }
  return nullptr;
}

void Delivery::Impl::take_turns(Entry& entry, LanePointer flow, LanePointer host) {
  Timestamp time = now();
  if (flow) flow->take(time);
  host->take(time);
  entry.flow = std::move(flow);
  entry.host = std::move(host);
}

void Delivery::Impl::give_turns(Entry& entry) {
  for (LanePointer* each : {&entry.host, &entry.flow}) {
    LanePointer lane = std::exchange(*each, nullptr);
    if (!lane) continue;
    lane->give();
    if (lane->waiting) poke(std::move(lane));
  }
}

void Delivery::Impl::lane_inserted(const LanePointer& lane, std::int64_t at) {
  lane->waiting = true;
  lane->rewind = std::min(lane->rewind, at);
  waiting_lanes.try_emplace(lane->name(), lane);
  poke(lane);
}

void Delivery::Impl::poke(LanePointer lane) {
  if (stopping || !lane->waiting) return;
  if (lane->pumping) {
    lane->again = true;
    return;
  }
  lane->pumping = true;
  spawn(pump_lane(std::move(lane)));
}

// --- Places ---

// Up to `count` of them that nobody has claimed, the earliest first.
Async<Result<std::vector<Place>>> Delivery::Impl::places(std::string key, std::int64_t from, std::int64_t to,
                                                         std::size_t count) {
  const bool due = key == due_key;
  std::vector<Place> found;
  std::size_t limit = count + already_claimed;
  for (;;) {
    Transaction read;
    read.add("zrange", key, score(from), to == INT64_MAX ? "+inf" : score(to), "byscore", "limit", "0",
             std::to_string(limit), "withscores");
    auto replies = co_await database.run(std::move(read));
    if (!replies) co_return replies.error();
    const auto& elements = replies->front().elements;
    std::int64_t last = from;
    for (std::size_t at = 0; at + 1 < elements.size() && found.size() < count; at += 2) {
      std::string_view member = elements[at].text;
      last = score_of(elements[at + 1]);
      bool message = !due || member.front() == 'm';
      if (message) {
        std::string id(due ? member.substr(1) : member);
        if (entries.contains(id) || canceling.contains(id)) continue;
      } else if (ticking.contains(std::string(member.substr(1)))) {
        continue;
      }
      found.push_back({std::string(member), last});
    }
    if (!found.empty() || elements.size() / 2 < limit) co_return found;
    // All of them are in flight. Those of one millisecond may be more than a page.
    if (last == from) limit += entries.size() + slice;
    from = last;
  }
}

Async<Result<void>> Delivery::Impl::load(std::vector<EntryPointer> batch) {
  store::Command messages{"mget"};
  store::Command statuses{"mget"};
  for (const EntryPointer& entry : batch) {
    messages.push_back(message_key(entry->id));
    statuses.push_back(status_key(entry->id));
  }
  Transaction read;
  read.add(std::move(messages));
  read.add(std::move(statuses));
  auto replies = co_await database.run(std::move(read));
  if (!replies) co_return replies.error();
  for (std::size_t at = 0; at < batch.size(); ++at) {
    auto text = text_of((*replies)[0].elements[at]);
    auto row = text ? decode_message(batch[at]->id, *text) : std::nullopt;
    if (!row) continue;
    Entry& entry = *batch[at];
    entry.body_bytes = row->body_bytes;
    entry.body_missing = row->body_apart;
    entry.message = std::make_shared<Message>(std::move(row->message));
    entry.status = status_of((*replies)[1].elements[at], *entry.message);
    entry.logged = entry.status.events.size();
  }
  co_return Result<void>{};
}

// --- What is due ---

void Delivery::Impl::due_inserted(std::int64_t at) {
  due_rewind = std::min(due_rewind, at);
  if (at <= count_of(now())) {
    backlog = true;
    wake();
  } else {
    arm(at);
  }
}

void Delivery::Impl::wake() {
  if (stopping || !started) return;
  pump_again = true;
  if (!pumping) spawn(pump());
}

Async<void> Delivery::Impl::pump() {
  pumping = true;
  while (pump_again && !stopping) {
    pump_again = false;
    bool more = co_await pump_due();
    if (more) pump_again = true;
  }
  pumping = false;
}

// One slice. Whether there may be more that can be claimed now.
Async<bool> Delivery::Impl::pump_due() {
  const std::size_t room = std::min(capacity(), slice);
  if (room == 0) {
    backlog = true;
    co_return false;
  }
  due_cursor = std::min(due_cursor, std::exchange(due_rewind, INT64_MAX));
  const std::int64_t time = count_of(now());
  std::string key(due_key);
  auto found = co_await places(std::move(key), due_cursor, time, room);
  if (!found) {
    problem(found.error().message);
    arm(after_fault());
    co_return false;
  }
  std::vector<EntryPointer> batch;
  for (const Place& place : *found) {
    if (place.member.front() == 's') {
      std::string id = place.member.substr(1);
      ticking.insert(id);
      spawn(tick(std::move(id), place.at));
    } else {
      batch.push_back(claim(place.member.substr(1), std::string(due_key), place.at));
    }
    due_cursor = std::max(due_cursor, place.at);
  }
  const bool more = found->size() == room;
  if (!more) {
    due_cursor = std::max(due_cursor, time);
    backlog = due_rewind != INT64_MAX;
  }
  if (!batch.empty()) {
    bool good = co_await route(std::move(batch), nullptr);
    if (!good) {
      arm(after_fault());
      co_return false;
    }
  }
  if (more || due_rewind != INT64_MAX) co_return true;

  Transaction next;
  next.add("zrange", std::string(due_key), "(" + score(time), "+inf", "byscore", "limit", "0", "1", "withscores");
  auto replies = co_await database.run(std::move(next));
  if (replies && replies->front().elements.size() == 2) arm(score_of(replies->front().elements[1]));
  if (!replies) arm(after_fault());
  co_return false;
}

// --- What waits for a lane ---

void Delivery::Impl::pause_lane(const LanePointer& lane) {
  std::int64_t until = after_fault();
  openings.emplace(until, lane->name());
  arm(until);
}

Async<void> Delivery::Impl::pump_lane(LanePointer lane) {
  const std::string key = waiting_key(lane->name());
  while (lane->waiting && !stopping) {
    lane->again = false;
    if (!lane->open(now())) {
      if (auto opens = lane->opens_at(now())) {
        openings.emplace(count_of(*opens), lane->name());
        arm(count_of(*opens));
      }
      if (lane->again) continue;
      break;
    }
    std::size_t room = std::min(capacity(), slice);
    if (room == 0) {
      short_of_room.push_back(lane);
      break;
    }
    if (lane->limits().parallelism) {
      room = std::min(room, static_cast<std::size_t>(*lane->limits().parallelism - lane->active()));
    }
    if (lane->limits().rate) {
      room = std::min(room, static_cast<std::size_t>(*lane->limits().rate - lane->counted(now()).count));
    }
    lane->cursor = std::min(lane->cursor, std::exchange(lane->rewind, INT64_MAX));
    auto found = co_await places(key, lane->cursor, INT64_MAX, room);
    if (!found) {
      problem(found.error().message);
      pause_lane(lane);
      break;
    }
    if (found->empty()) {
      if (lane->rewind != INT64_MAX) continue;
      lane->waiting = false;
      waiting_lanes.erase(lane->name());
      break;
    }
    std::vector<EntryPointer> batch;
    for (const Place& place : *found) batch.push_back(claim(place.member, key, place.at));
    lane->cursor = found->back().at;
    std::vector<EntryPointer> claimed = batch;
    bool good = co_await route(std::move(batch), lane);
    if (!good) {
      pause_lane(lane);
      break;
    }
    // Those that went on to wait for a host come back here with their turns; no more of this key need to wait there.
    auto is_sent = [](const EntryPointer& each) { return each->phase != Entry::Phase::claimed; };
    auto is_moved = [&](const EntryPointer& each) {
      return !is_sent(each) && each->message && !each->canceled && !terminal(each->status.state);
    };
    bool sent = std::any_of(claimed.begin(), claimed.end(), is_sent);
    bool moved = std::any_of(claimed.begin(), claimed.end(), is_moved);
    if (lane->of_flow() && moved && !sent && lane->rewind == INT64_MAX) break;
  }
  lane->pumping = false;
  if (lane->again) poke(lane);
}

// --- Where a claimed message goes ---

// Starts the attempts of those that may start; the others go to where they wait. `own` is the lane in whose line they
// stood, absent for those that were due.
Async<bool> Delivery::Impl::route(std::vector<EntryPointer> batch, LanePointer own) {
  auto loaded = co_await load(batch);
  if (!loaded) {
    problem(loaded.error().message);
    for (const EntryPointer& entry : batch) give_back(entry, own);
    co_return false;
  }
  Transaction moves;
  std::vector<EntryPointer> moved;
  std::vector<std::pair<LanePointer, std::int64_t>> to;
  bool good = true;
  for (const EntryPointer& entry : batch) {
    const bool due = entry->place == due_key;
    if (entry->canceled) {
      drop(entry);
      continue;
    }
    if (!entry->message || terminal(entry->status.state)) {
      moves.add("zrem", entry->place, due ? "m" + entry->id : entry->id);
      moved.push_back(entry);
      continue;
    }
    const Message& message = *entry->message;
    if (!message.queue.empty() && !entry->status.joined) {
      spawn(join_queue(entry));
      continue;
    }
    if (!message.queue.empty()) {
      auto queue = queues.find(message.queue);
      if (queue != queues.end() && queue->second.row.paused) {
        spawn(leave_to_queue(entry));
        continue;
      }
    }
    LanePointer flow;
    if (message.content.flow_control) {
      std::string key = message.content.flow_control->key;
      auto found = co_await load_flow(std::move(key));
      if (!found) {
        problem(found.error().message);
        give_back(entry, own);
        good = false;
        continue;
      }
      flow = *found;
    }
    LanePointer host = host_lane(message.url);
    if (entry->canceled) {
      drop(entry);
      continue;
    }
    auto blocked = blocked_by(flow, host, own.get());
    if (!blocked) {
      take_turns(*entry, flow, host);
      launch(entry);
      continue;
    }
    if (blocked == own) {
      give_back(entry, own);
      continue;
    }
    moves.add("zrem", entry->place, due ? "m" + entry->id : entry->id);
    moves.add("zadd", waiting_key(blocked->name()), score(entry->at), entry->id);
    if (!recorded_lanes.contains(blocked->name())) moves.add("sadd", std::string(lanes_key), blocked->name());
    moved.push_back(entry);
    to.emplace_back(blocked, entry->at);
    // Who comes later waits behind it.
    blocked->waiting = true;
    waiting_lanes.try_emplace(blocked->name(), blocked);
  }
  if (moved.empty()) co_return good;
  auto done = co_await database.run(std::move(moves));
  if (!done) {
    problem(done.error().message);
    for (const EntryPointer& entry : moved) give_back(entry, own);
    for (const auto& [lane, at] : to) poke(lane);
    co_return false;
  }
  for (const EntryPointer& entry : moved) drop(entry);
  for (const auto& [lane, at] : to) {
    recorded_lanes.insert(lane->name());
    lane_inserted(lane, at);
  }
  co_return good;
}

// It stays where it is, to be claimed again.
void Delivery::Impl::give_back(const EntryPointer& entry, const LanePointer& own) {
  std::int64_t& rewind = own ? own->rewind : due_rewind;
  rewind = std::min(rewind, entry->at);
  drop(entry);
}

}  // namespace millrace::delivery
