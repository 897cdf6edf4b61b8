// Dead letters: messages that failed for good, until somebody takes them away or sends them anew.

#include <algorithm>
#include <charconv>

#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t page = 64;                  // looked at in one transaction
constexpr std::size_t looked_at_max = 20'000;     // for one answer: a filter that fits nothing must end
constexpr std::size_t page_bytes_max = 16 << 20;  // of one answer

Error unknown(const std::string& id) {
  return {ErrorCode::not_found, "dead letter not found: " + id};
}

std::string lock_name(const std::string& id) {
  return "dead letter " + id;
}

DeadLetter dead_letter_of(const std::string& id, std::int64_t at, MessageRow message, const StatusRow& status) {
  DeadLetter letter{.id = id, .time = time_of(at), .message = std::move(message.message)};
  auto last = std::find_if(status.events.rbegin(), status.events.rend(),
                           [](const EventRow& event) { return event.state == State::error; });
  if (last == status.events.rend()) return letter;
  if (last->response) {
    letter.response = *last->response;
  } else {
    letter.response.body = last->error;
  }
  return letter;
}

bool wanted(const Filter& filter, const DeadLetter& letter) {
  auto has = [](const auto& values, const auto& value) {
    return values.empty() || std::find(values.begin(), values.end(), value) != values.end();
  };
  return has(filter.dead_letter_ids, letter.id) && has(filter.response_statuses, letter.response.status) &&
         matches(filter, letter.message, letter.time);
}

}  // namespace

std::int64_t dead_letter_time(std::string_view id) {
  std::int64_t at = 0;
  std::from_chars(id.data(), id.data() + id.size(), at);
  return at;
}

Async<Result<std::optional<Delivery::Impl::DeadLetterId>>> Delivery::Impl::find_dead_letter(std::string id) {
  const std::string at = score(dead_letter_time(id));
  Transaction range;
  range.add("zrange", std::string(dead_letters_key), at, at, "byscore");
  auto replies = co_await database.run(std::move(range));
  if (!replies) co_return replies.error();
  std::optional<DeadLetterId> found;
  for (const store::Reply& each : replies->front().elements) {
    auto space = each.text.find(' ');
    if (each.text.substr(0, space) == id) found = DeadLetterId{id, each.text.substr(space + 1), dead_letter_time(id)};
  }
  co_return found;
}

// With what a page needs to go on: letters in the order of their places, up to a bound of places.
Async<Result<Page<DeadLetter>>> Delivery::Impl::dead_letter_page(Filter filter, PageRequest request, bool with_bodies) {
  const bool latest = request.order == Order::latest_first;
  Page<DeadLetter> answer;
  std::string last = request.cursor;
  std::string from = latest ? "+inf" : "-inf";
  std::size_t bytes = 0;
  std::size_t passed = 0;  // places of the cursor's millisecond that were seen already
  for (std::size_t looked = 0;;) {
    if (!last.empty()) from = score(dead_letter_time(last));
    Transaction range;
    store::Command command{"zrange", std::string(dead_letters_key), from, latest ? "-inf" : "+inf", "byscore"};
    if (latest) command.push_back("rev");
    for (const char* word : {"limit"}) command.push_back(word);
    command.push_back(std::to_string(passed));
    command.push_back(std::to_string(page));
    range.add(std::move(command));
    auto replies = co_await database.run(std::move(range));
    if (!replies) co_return replies.error();
    std::vector<DeadLetterId> places;
    std::vector<std::string> ids;
    const std::size_t size = replies->front().elements.size();
    for (const store::Reply& each : replies->front().elements) {
      auto space = each.text.find(' ');
      DeadLetterId place{each.text.substr(0, space), each.text.substr(space + 1), 0};
      place.at = dead_letter_time(place.id);
      const bool same = !last.empty() && place.at == dead_letter_time(last);
      passed = same ? passed + 1 : 1;
      if (same && (latest ? place.id >= last : place.id <= last)) continue;
      last = place.id;
      ids.push_back(place.message_id);
      places.push_back(std::move(place));
    }
    auto rows = co_await read(std::move(ids));
    if (!rows) co_return rows.error();
    for (std::size_t at = 0; at < places.size(); ++at) {
      if (!(*rows)[at]) continue;
      const bool apart = (*rows)[at]->message.body_apart;
      DeadLetter letter =
          dead_letter_of(places[at].id, places[at].at, std::move((*rows)[at]->message), (*rows)[at]->status);
      if (!wanted(filter, letter)) continue;
      if (apart && with_bodies) {
        Transaction get;
        get.add("get", body_key(letter.message.id));
        auto body = co_await database.run(std::move(get));
        if (!body) co_return body.error();
        letter.message.content.body = text_of(body->front()).value_or("");
      }
      bytes += letter.message.content.body.size() + letter.response.body.size();
      answer.items.push_back(std::move(letter));
      if (answer.items.size() < request.count && bytes < page_bytes_max) continue;
      if (at + 1 < places.size() || size == page) answer.cursor = places[at].id;
      co_return std::move(answer);
    }
    looked += size;
    if (size < page) co_return std::move(answer);
    if (looked < looked_at_max) continue;
    answer.cursor = last;
    co_return std::move(answer);
  }
}

void Delivery::Impl::stage_removal(Transaction& transaction, const std::string& id, const Rows& rows,
                                   std::string_view message_id) {
  transaction.add("zrem", std::string(dead_letters_key), id + " " + std::string(message_id));
  if (rows.status.unlogged) {
    transaction.add("del", message_key(message_id), status_key(message_id), body_key(message_id));
    return;
  }
  StatusRow status = rows.status;
  status.dead_letter.clear();
  transaction.add("set", status_key(message_id), encode(status));
}

// Whether it was there.
Async<Result<bool>> Delivery::Impl::remove_dead_letter(std::string id) {
  std::string lock = lock_name(id);
  auto waiting = locks.hold(std::move(lock));
  auto held = co_await waiting;
  std::string same = id;
  auto place = co_await find_dead_letter(std::move(same));
  if (!place) co_return place.error();
  if (!*place) co_return false;
  std::vector<std::string> ids = {(*place)->message_id};
  auto rows = co_await read(std::move(ids));
  if (!rows) co_return rows.error();
  Transaction remove;
  if (rows->front()) {
    stage_removal(remove, id, *rows->front(), (*place)->message_id);
  } else {
    remove.add("zrem", std::string(dead_letters_key), id + " " + (*place)->message_id);
  }
  auto done = co_await database.run(std::move(remove));
  if (!done) co_return done.error();
  co_return true;
}

Async<Result<Published>> Delivery::Impl::retry(std::string id, Change change) {
  std::string lock = lock_name(id);
  auto waiting = locks.hold(std::move(lock));
  auto held = co_await waiting;
  std::string same = id;
  auto place = co_await find_dead_letter(std::move(same));
  if (!place) co_return place.error();
  if (!*place) co_return unknown(id);
  const std::string message_id = (*place)->message_id;
  std::vector<std::string> ids = {message_id};
  auto rows = co_await read(std::move(ids));
  if (!rows) co_return rows.error();
  if (!rows->front()) co_return unknown(id);
  const Rows found = std::move(*rows->front());
  const Message& message = found.message.message;
  std::vector<PublishRequest> requests(1);
  PublishRequest& request = requests[0];
  request.destination.url = message.url;
  request.content = message.content;
  request.queue = message.queue;
  request.schedule = message.schedule;
  request.from_group = message.group;
  request.from_endpoint = message.endpoint;
  if (found.message.body_apart) {
    Transaction get;
    get.add("get", body_key(message_id));
    auto body = co_await database.run(std::move(get));
    if (!body) co_return body.error();
    request.content.body = text_of(body->front()).value_or("");
  }
  if (change) change(request);
  Also remove = [&](const Answers& answers, Transaction& transaction) {
    if (answers[0]) stage_removal(transaction, id, found, message_id);
  };
  auto answers = co_await publish_all(std::move(requests), std::move(remove));
  if (!answers) co_return answers.error();
  if (!answers->front()) co_return answers->front().error();
  co_return std::move(answers->front()->front());
}

// --- The seam ---

Async<Result<Page<DeadLetter>>> Delivery::dead_letters(Filter filter, PageRequest page) {
  return impl_->dead_letter_page(std::move(filter), std::move(page), true);
}

Async<Result<DeadLetter>> Delivery::dead_letter(std::string id) {
  std::string same = id;
  auto place = co_await impl_->find_dead_letter(std::move(same));
  if (!place) co_return place.error();
  if (!*place) co_return unknown(id);
  std::vector<std::string> ids = {(*place)->message_id};
  auto rows = co_await impl_->read(std::move(ids));
  if (!rows) co_return rows.error();
  if (!rows->front()) co_return unknown(id);
  const bool apart = rows->front()->message.body_apart;
  DeadLetter letter = dead_letter_of(id, (*place)->at, std::move(rows->front()->message), rows->front()->status);
  if (apart) {
    Transaction get;
    get.add("get", body_key(letter.message.id));
    auto body = co_await impl_->database.run(std::move(get));
    if (!body) co_return body.error();
    letter.message.content.body = text_of(body->front()).value_or("");
  }
  co_return std::move(letter);
}

Async<Result<void>> Delivery::delete_dead_letter(std::string id) {
  std::string same = id;
  auto gone = co_await impl_->remove_dead_letter(std::move(same));
  if (!gone) co_return gone.error();
  if (!*gone) co_return unknown(id);
  co_return Result<void>{};
}

// Ids alone need no look at all the others.
Async<Result<Page<std::string>>> Delivery::Impl::dead_letter_ids(Filter filter, PageRequest request) {
  Page<std::string> ids;
  if (!filter.dead_letter_ids.empty() && request.cursor.empty()) {
    const std::vector<std::string> wanted_ids = std::move(filter.dead_letter_ids);
    filter.dead_letter_ids.clear();
    for (const std::string& id : wanted_ids) {
      if (ids.items.size() == request.count) break;
      if (filter == Filter()) {
        ids.items.push_back(id);
        continue;
      }
      std::string same = id;
      auto place = co_await find_dead_letter(std::move(same));
      if (!place) co_return place.error();
      if (!*place) continue;
      std::vector<std::string> message_ids = {(*place)->message_id};
      auto rows = co_await read(std::move(message_ids));
      if (!rows) co_return rows.error();
      if (!rows->front()) continue;
      DeadLetter letter = dead_letter_of(id, (*place)->at, std::move(rows->front()->message), rows->front()->status);
      if (wanted(filter, letter)) ids.items.push_back(id);
    }
    co_return std::move(ids);
  }
  auto letters = co_await dead_letter_page(std::move(filter), std::move(request), false);
  if (!letters) co_return letters.error();
  for (DeadLetter& letter : letters->items) ids.items.push_back(std::move(letter.id));
  ids.cursor = std::move(letters->cursor);
  co_return std::move(ids);
}

Async<Result<Delivery::Deleted>> Delivery::delete_dead_letters(Filter filter, PageRequest page) {
  auto ids = co_await impl_->dead_letter_ids(std::move(filter), std::move(page));
  if (!ids) co_return ids.error();
  Deleted deleted{.cursor = std::move(ids->cursor)};
  for (std::string& id : ids->items) {
    auto gone = co_await impl_->remove_dead_letter(std::move(id));
    if (!gone) co_return gone.error();
    deleted.count += *gone ? 1 : 0;
  }
  co_return deleted;
}

Async<Result<Published>> Delivery::retry_dead_letter(std::string id, Change change) {
  return impl_->retry(std::move(id), std::move(change));
}

Async<Result<Page<Published>>> Delivery::retry_dead_letters(Filter filter, PageRequest page, Change change) {
  auto ids = co_await impl_->dead_letter_ids(std::move(filter), std::move(page));
  if (!ids) co_return ids.error();
  Page<Published> answer;
  answer.cursor = std::move(ids->cursor);
  for (std::string& id : ids->items) {
    Change same = change;
    auto published = co_await impl_->retry(std::move(id), std::move(same));
    if (published) {
      answer.items.push_back(std::move(*published));
    } else if (published.error().code != ErrorCode::not_found) {
      co_return published.error();
    }
  }
  co_return std::move(answer);
}

}  // namespace millrace::delivery
