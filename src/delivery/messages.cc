// Reading and cancelling messages.

#include <algorithm>

#include "delivery/destination.h"
#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t page = 256;  // messages of one transaction: a millisecond or two of the reactor

template <class Items, class Value>
bool among(const Items& wanted, const Value& value) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), value) != wanted.end();
}

std::string_view path_of(std::string_view path) {
  std::string_view only = path.substr(0, path.find_first_of("?#"));
  return only.empty() ? std::string_view("/") : only;
}

Error unknown(std::string_view id) {
  return {ErrorCode::not_found, "message not found: " + std::string(id)};
}

}  // namespace

bool matches(const Filter& filter, const Message& message, Timestamp time) {
  if (filter.from && time < *filter.from) return false;
  if (filter.to && time > *filter.to) return false;
  const Content& content = message.content;
  if (!filter.message_ids.empty() && !among(filter.message_ids, message.id) &&
      !among(filter.message_ids, message.id_for_receiver())) {
    return false;
  }
  if (!among(filter.urls, message.url) || !among(filter.groups, message.group)) return false;
  if (!among(filter.endpoints, message.endpoint) || !among(filter.queues, message.queue)) return false;
  if (!among(filter.schedules, message.schedule)) return false;
  if (!among(filter.caller_addresses, content.caller_address)) return false;
  if (!filter.labels.empty() && std::none_of(content.labels.begin(), content.labels.end(),
                                             [&](const auto& label) { return among(filter.labels, label); })) {
    return false;
  }
  if (!filter.flow_control_keys.empty() &&
      (!content.flow_control || !among(filter.flow_control_keys, content.flow_control->key))) {
    return false;
  }
  if (filter.hosts.empty() && filter.paths.empty()) return true;
  auto parts = split_url(message.url);
  if (!parts) return false;
  std::string host(parts->host);
  std::string with_port = parts->port.empty() ? host : host + ":" + std::string(parts->port);
  if (!among(filter.hosts, host) && !among(filter.hosts, with_port)) return false;
  return among(filter.paths, path_of(parts->path));
}

Async<Result<std::vector<std::optional<Delivery::Impl::Rows>>>> Delivery::Impl::read(std::vector<std::string> ids) {
  std::vector<std::optional<Rows>> found(ids.size());
  if (ids.empty()) co_return found;
  store::Command messages{"mget"};
  store::Command statuses{"mget"};
  for (const std::string& id : ids) {
    messages.push_back(message_key(id));
    statuses.push_back(status_key(id));
  }
  Transaction both;
  both.add(std::move(messages));
  both.add(std::move(statuses));
  auto replies = co_await database.run(std::move(both));
  if (!replies) co_return replies.error();
  for (std::size_t at = 0; at < ids.size(); ++at) {
    auto text = text_of((*replies)[0].elements[at]);
    auto row = text ? decode_message(ids[at], *text) : std::nullopt;
    if (!row) continue;
    StatusRow status = status_of((*replies)[1].elements[at], row->message);
    found[at] = Rows{std::move(*row), std::move(status)};
  }
  co_return found;
}

// Adds the end of a message.
void Delivery::Impl::stage_cancel(Transaction& transaction, const std::string& id, Rows rows, Timestamp at) {
  const Message& message = rows.message.message;
  StatusRow& status = rows.status;
  const std::size_t before = status.events.size();
  if (auto entry = entries.find(id);
      entry != entries.end() && entry->second->phase == Entry::Phase::sending && !entry->second->active_logged) {
    status.events.push_back({.time = entry->second->sent_at, .state = State::active});
  }
  status.events.push_back({.time = at, .state = State::cancel_requested});
  status.events.push_back({.time = at, .state = State::canceled});
  status.state = State::canceled;
  status.finished_at = at;
  status.next_delivery.reset();
  transaction.add("set", status_key(id), encode(status));
  log(transaction, id, before, status.events.size() - before);
  transaction.add("zrem", std::string(due_key), "m" + id);
  transaction.add("zrem", waiting_key("h" + authority_of(message.url)), id);
  if (message.content.flow_control) {
    transaction.add("zrem", waiting_key("f" + message.content.flow_control->key), id);
  }
  if (!message.queue.empty()) transaction.add("zrem", order_key(message.queue), id);
  if (!message.source_queue.empty()) transaction.add("srem", holders_key(message.source), id);
}

// Cancels those of `ids` that match and are not finished, up to `count_max`, and gives their ids. `again` becomes those
// whose outcome is being written meanwhile.
Async<Result<std::vector<std::string>>> Delivery::Impl::cancel_some(std::vector<std::string> ids, const Filter& filter,
                                                                    std::size_t count_max,
                                                                    std::vector<std::string>& again) {
  // Nobody claims them from here on.
  std::vector<std::string> fenced;
  std::unordered_set<std::string> claimed;
  for (const std::string& id : ids) {
    if (canceling.insert(id).second) fenced.push_back(id);
    if (entries.contains(id)) claimed.insert(id);
  }
  std::vector<std::string> asked = ids;
  auto rows = co_await read(std::move(asked));
  std::vector<std::string> gone;
  std::vector<std::string> touched;
  std::vector<std::string> freed;  // lanes that may have counted on them
  std::vector<EntryPointer> flagged;
  Transaction cancel;
  const Timestamp time = now();
  for (std::size_t at = 0; rows && at < ids.size() && gone.size() < count_max; ++at) {
    auto& found = (*rows)[at];
    const std::string& id = ids[at];
    if (!found || terminal(found->status.state)) continue;
    const Message& message = found->message.message;
    if (!matches(filter, message, message.created_at)) continue;
    auto entry = entries.find(id);
    const bool busy =
        entry != entries.end() && (entry->second->phase == Entry::Phase::finishing || entry->second->logging);
    if (busy || (entry == entries.end() && claimed.contains(id))) {
      again.push_back(id);
      continue;
    }
    if (entry != entries.end()) {
      entry->second->canceled = true;
      flagged.push_back(entry->second);
    }
    for (const std::string& queue : {message.queue, message.source_queue}) {
      if (!queue.empty()) touched.push_back(queue);
    }
    if (message.content.flow_control) freed.push_back("f" + message.content.flow_control->key);
    stage_cancel(cancel, id, std::move(*found), time);
    gone.push_back(id);
  }
  Result<Replies> done = rows ? Result<Replies>(Replies()) : rows.error();
  if (!cancel.empty()) done = co_await database.run(std::move(cancel));
  for (const std::string& id : fenced) canceling.erase(id);
  if (!fenced.empty() && backlog) wake();
  if (!done) {
    for (const EntryPointer& entry : flagged) entry->canceled = false;
    look_at_everything();
    co_return done.error();
  }
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const std::string& queue : touched) spawn(refill_later(queue));
  for (const std::string& name : freed) {
    if (LanePointer flow = lane(name, false)) poke(std::move(flow));
  }
  co_return gone;
}

Async<Result<std::vector<std::string>>> Delivery::Impl::cancel_all(std::vector<std::string> ids, Filter filter,
                                                                   std::size_t count_max) {
  std::vector<std::string> gone;
  while (!ids.empty() && gone.size() < count_max) {
    std::vector<std::string> again;
    auto some = co_await cancel_some(std::move(ids), filter, count_max - gone.size(), again);
    if (!some) co_return some.error();
    for (std::string& id : *some) gone.push_back(std::move(id));
    ids = std::move(again);
    if (ids.empty()) break;
    if (auto found = entries.find(ids.front()); found != entries.end()) {
      EntryPointer entry = found->second;
      EntryChange change{*entry};
      co_await change;
    }
  }
  co_return gone;
}

// After somebody may have passed over a place.
void Delivery::Impl::look_at_everything() {
  due_inserted(0);
  std::unordered_map<std::string, LanePointer> waiting = waiting_lanes;
  for (const auto& [name, lane] : waiting) lane_inserted(lane, 0);
}

// Visits everything that is not finished, a page at a time.
Async<Result<void>> Delivery::Impl::each_unfinished(Visit visit) {
  std::string due(due_key);
  auto more = co_await visit_places(std::move(due), true, visit);
  std::vector<std::string> rest;
  for (const auto& [name, queue] : queues) rest.push_back(order_key(name));
  for (const std::string& name : recorded_lanes) rest.push_back(waiting_key(name));
  for (std::string& key : rest) {
    if (!more || !*more) break;
    more = co_await visit_places(std::move(key), false, visit);
  }
  if (!more) co_return more.error();
  co_return Result<void>{};
}

// False when the visitor wants no more.
Async<Result<bool>> Delivery::Impl::visit_places(std::string key, bool due, Visit& visit) {
  std::size_t passed = 0;
  for (;;) {
    Transaction range;
    range.add("zrange", key, std::to_string(passed), std::to_string(passed + page - 1));
    auto replies = co_await database.run(std::move(range));
    if (!replies) co_return replies.error();
    std::vector<std::string> ids;
    const std::size_t size = replies->front().elements.size();
    for (store::Reply& each : replies->front().elements) {
      if (!due) ids.push_back(std::move(each.text));
      if (due && each.text.front() == 'm') ids.push_back(each.text.substr(1));
    }
    auto gone = co_await visit(std::move(ids));
    if (!gone) co_return gone.error();
    if (*gone == SIZE_MAX) co_return false;
    if (size < page) co_return true;
    passed += size - std::min(size, *gone);
  }
}

// --- The seam ---

Async<Result<MessageStatus>> Delivery::message(std::string id) {
  std::vector<std::string> ids = {id};
  auto rows = co_await impl_->read(std::move(ids));
  if (!rows) co_return rows.error();
  if (!rows->front()) co_return unknown(id);
  Impl::Rows found = std::move(*rows->front());
  const auto& finished = found.status.finished_at;
  if (finished && impl_->now() - *finished > impl_->options.limits.delivered_readable) co_return unknown(id);
  if (found.message.body_apart) {
    Transaction get;
    get.add("get", body_key(id));
    auto replies = co_await impl_->database.run(std::move(get));
    if (!replies) co_return replies.error();
    if (auto body = text_of(replies->front())) found.message.message.content.body = *body;
  }
  MessageStatus status{.message = std::move(found.message.message), .state = found.status.state};
  status.retried = found.status.retried;
  status.next_delivery = found.status.next_delivery;
  auto entry = impl_->entries.find(id);
  bool sending = entry != impl_->entries.end() && entry->second->phase == Entry::Phase::sending;
  if (sending && !terminal(status.state)) status.state = State::active;
  co_return status;
}

Async<Result<Page<MessageStatus>>> Delivery::messages(PageRequest request) {
  Page<MessageStatus> answer;
  std::size_t skip = request.cursor.empty() ? 0 : std::strtoull(request.cursor.c_str(), nullptr, 10);
  const std::size_t from = skip;
  Impl* impl = impl_.get();
  Impl::Visit visit = [&answer, &skip, count = request.count,
                       impl](std::vector<std::string> ids) -> Async<Result<std::size_t>> {
    if (skip >= ids.size()) {
      skip -= ids.size();
      co_return std::size_t{0};
    }
    ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::exchange(skip, 0)));
    if (ids.size() > count - answer.items.size()) ids.resize(count - answer.items.size());
    auto rows = co_await impl->read(std::move(ids));
    if (!rows) co_return rows.error();
    for (auto& row : *rows) {
      if (!row || terminal(row->status.state)) continue;
      answer.items.push_back({std::move(row->message.message), row->status.state, row->status.retried, {}});
    }
    co_return answer.items.size() >= count ? SIZE_MAX : std::size_t{0};
  };
  auto visited = co_await impl_->each_unfinished(std::move(visit));
  if (!visited) co_return visited.error();
  if (answer.items.size() >= request.count) answer.cursor = std::to_string(from + answer.items.size());
  co_return answer;
}

Async<Result<void>> Delivery::cancel(std::string id) {
  std::vector<std::string> ids = {id};
  Filter any;
  auto gone = co_await impl_->cancel_all(std::move(ids), std::move(any), 1);
  if (!gone) co_return gone.error();
  if (gone->empty()) co_return unknown(id);
  co_return Result<void>{};
}

Async<Result<std::uint64_t>> Delivery::cancel(Filter filter, std::optional<std::size_t> count_max) {
  std::uint64_t count = 0;
  const std::size_t most = count_max.value_or(SIZE_MAX);
  Impl* impl = impl_.get();
  if (!filter.message_ids.empty()) {
    for (std::size_t at = 0; at < filter.message_ids.size() && count < most; at += page) {
      auto begin = filter.message_ids.begin() + static_cast<std::ptrdiff_t>(at);
      std::vector<std::string> ids(begin,
                                   begin + static_cast<std::ptrdiff_t>(std::min(page, filter.message_ids.size() - at)));
      Filter same = filter;
      auto gone = co_await impl->cancel_all(std::move(ids), std::move(same), most - count);
      if (!gone) co_return gone.error();
      count += gone->size();
    }
    co_return count;
  }
  Impl::Visit visit = [&count, &filter, most, impl](std::vector<std::string> ids) -> Async<Result<std::size_t>> {
    Filter same = filter;
    auto gone = co_await impl->cancel_all(std::move(ids), std::move(same), most - count);
    if (!gone) co_return gone.error();
    count += gone->size();
    co_return count >= most ? SIZE_MAX : gone->size();
  };
  auto visited = co_await impl->each_unfinished(std::move(visit));
  if (!visited) co_return visited.error();
  co_return count;
}

}  // namespace millrace::delivery
