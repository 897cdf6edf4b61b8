#include "store/commands/list_ends.h"

#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/numbers.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

std::string_view pop_event(List::End end) {
  return end == List::End::head ? "lpop" : "rpop";
}
std::string_view push_event(List::End end) {
  return end == List::End::head ? "lpush" : "rpush";
}

// Within one list, whose element may be the only one.
Result<Reply> rotate(Call& call, List& list, const Move& move) {
  auto element = list.pop(move.from);
  if (!element) return element.error();
  if (auto done = list.push(move.to, *element); !done) return done.error();
  if (auto done = list.save(push_event(move.to)); !done) return done.error();
  call.notify('l', pop_event(move.from), move.source);
  return Reply::bulk(std::move(*element));
}

}  // namespace

Result<List::End> parse_end(std::string_view text) {
  if (equals_ignoring_case(text, "LEFT")) return List::End::head;
  if (equals_ignoring_case(text, "RIGHT")) return List::End::tail;
  return syntax_error();
}

Result<List> open_source(Call& call, std::string_view key) {
  if (!call.context().trying_again) return List::open(call.keys, key);
  auto row = call.keys.find(key);
  if (!row) return row.error();
  bool other = *row && (*row)->type != Type::list;
  return other ? List::none(call.keys, key) : List::open(call.keys, key);
}

Result<Reply> pop_many(List& list, List::End end, std::uint64_t count) {
  count = std::min(count, list.size());
  bool head = end == List::End::head;
  std::vector<Reply> elements;
  elements.reserve(count);
  auto done = list.each(head ? 0 : list.size() - count, count, head ? Direction::ascending : Direction::descending,
                        [&](std::uint64_t, std::string_view element) {
                          elements.push_back(Reply::bulk(element));
                          return Visit::more;
                        });
  if (done) done = list.keep(head ? count : 0, list.size() - count);
  if (done) done = list.save(pop_event(end));
  if (!done) return done.error();
  return Reply::array(std::move(elements));
}

Result<Reply> move_element(Call& call, const Move& move) {
  auto source = open_source(call, move.source);
  if (!source) return source.error();
  if (!source->exists()) return Reply::nil();
  if (move.source == move.destination) return rotate(call, *source, move);
  auto destination = List::open(call.keys, move.destination);
  if (!destination) return destination.error();
  auto element = source->pop(move.from);
  if (!element) return element.error();
  if (auto done = destination->push(move.to, *element); !done) return done.error();
  if (auto done = destination->save(push_event(move.to)); !done) return done.error();
  if (auto done = source->save(pop_event(move.from)); !done) return done.error();
  return Reply::bulk(std::move(*element));
}

Result<PopFromFirst> parse_pop_from_first(std::span<const std::string> words) {
  auto count_of_keys = parse_between(words[0], 1, INT64_MAX, "ERR numkeys should be greater than 0");
  if (!count_of_keys) return count_of_keys.error();
  auto keys = static_cast<std::uint64_t>(*count_of_keys);
  if (keys >= words.size() - 1) return syntax_error();
  auto end = parse_end(words[keys + 1]);
  if (!end) return end.error();
  PopFromFirst wanted{.keys = words.subspan(1, keys), .end = *end};
  auto options = words.subspan(keys + 2);
  if (options.empty()) return wanted;
  if (options.size() < 2 || !equals_ignoring_case(options[0], "COUNT")) return syntax_error();
  auto count = parse_between(options[1], 1, INT64_MAX, "ERR count should be greater than 0");
  if (!count) return count.error();
  if (options.size() > 2) return syntax_error();
  wanted.count = static_cast<std::uint64_t>(*count);
  return wanted;
}

Result<Reply> pop_from_first(Call& call, const PopFromFirst& wanted) {
  for (const std::string& key : wanted.keys) {
    auto list = open_source(call, key);
    if (!list) return list.error();
    if (!list->exists()) continue;
    auto popped = pop_many(*list, wanted.end, wanted.count);
    if (!popped) return popped.error();
    std::vector<Reply> answer;
    answer.push_back(Reply::bulk(key));
    answer.push_back(std::move(*popped));
    return Reply::array(std::move(answer));
  }
  return Reply::nil_array();
}

}  // namespace millrace::store
