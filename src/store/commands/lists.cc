#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/list_ends.h"
#include "store/commands/numbers.h"
#include "store/commands/text.h"
#include "store/embedded/list.h"

namespace millrace::store {
namespace {

Result<List> open_list(Call& call) {
  return List::open(call.keys, call.arguments[0]);
}

Reply size_of(const List& list) {
  return Reply::of(static_cast<std::int64_t>(list.size()));
}

// An index as clients count, from the end when it is negative; nothing when there is no such element.
std::optional<std::uint64_t> resolve_index(const List& list, std::int64_t index) {
  auto size = static_cast<std::int64_t>(list.size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return static_cast<std::uint64_t>(index);
}

struct Part {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

// From the index `start` to `stop`, both included.
Part resolve_range(const List& list, std::int64_t start, std::int64_t stop) {
  auto size = static_cast<std::int64_t>(list.size());
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (stop < 0) stop += size;
  stop = std::min(stop, size - 1);
  if (start > stop) return {};
  return {static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(stop - start + 1)};
}

Result<std::pair<std::int64_t, std::int64_t>> parse_start_and_stop(Call& call) {
  auto start = parse_integer(call.arguments[1]);
  if (!start) return start.error();
  auto stop = parse_integer(call.arguments[2]);
  if (!stop) return stop.error();
  return std::pair(*start, *stop);
}

Result<Reply> push(Call& call, List::End end, bool only_if_exists) {
  auto list = open_list(call);
  if (!list) return list.error();
  if (only_if_exists && !list->exists()) return Reply::of(0);
  for (const std::string& element : call.arguments.subspan(1)) {
    if (auto done = list->push(end, element); !done) return done.error();
  }
  if (auto done = list->save(end == List::End::head ? "lpush" : "rpush"); !done) return done.error();
  return size_of(*list);
}

Result<Reply> pop(Call& call, List::End end) {
  std::optional<std::int64_t> count;
  if (call.arguments.size() > 1) {
    auto parsed = parse_count(call.arguments[1]);
    if (!parsed) return parsed.error();
    count = *parsed;
  }
  auto list = open_list(call);
  if (!list) return list.error();
  if (!list->exists()) return count ? Reply::nil_array() : Reply::nil();
  if (count == 0) return Reply::array({});
  auto popped = pop_many(*list, end, static_cast<std::uint64_t>(count.value_or(1)));
  if (!popped || count) return popped;
  return std::move(popped->elements.front());
}

Result<Reply> lpush(Call& call) {
  return push(call, List::End::head, false);
}
Result<Reply> rpush(Call& call) {
  return push(call, List::End::tail, false);
}
Result<Reply> lpushx(Call& call) {
  return push(call, List::End::head, true);
}
Result<Reply> rpushx(Call& call) {
  return push(call, List::End::tail, true);
}
Result<Reply> lpop(Call& call) {
  return pop(call, List::End::head);
}
Result<Reply> rpop(Call& call) {
  return pop(call, List::End::tail);
}

Result<Reply> llen(Call& call) {
  auto list = open_list(call);
  if (!list) return list.error();
  return size_of(*list);
}

Result<Reply> lindex(Call& call) {
  auto list = open_list(call);
  if (!list) return list.error();
  if (!list->exists()) return Reply::nil();
  auto index = parse_integer(call.arguments[1]);
  if (!index) return index.error();
  auto at = resolve_index(*list, *index);
  if (!at) return Reply::nil();
  auto element = list->at(*at);
  if (!element) return element.error();
  return Reply::bulk(*element);
}

Result<Reply> lrange(Call& call) {
  auto bounds = parse_start_and_stop(call);
  if (!bounds) return bounds.error();
  auto list = open_list(call);
  if (!list) return list.error();
  Part part = resolve_range(*list, bounds->first, bounds->second);
  std::vector<Reply> elements;
  elements.reserve(part.count);
  auto done = list->each(part.first, part.count, Direction::ascending, [&](std::uint64_t, std::string_view element) {
    elements.push_back(Reply::bulk(element));
    return Visit::more;
  });
  if (!done) return done.error();
  return Reply::array(std::move(elements));
}

Result<Reply> ltrim(Call& call) {
  auto bounds = parse_start_and_stop(call);
  if (!bounds) return bounds.error();
  auto list = open_list(call);
  if (!list) return list.error();
  if (!list->exists()) return Reply::ok();
  Part part = resolve_range(*list, bounds->first, bounds->second);
  bool unchanged = part.count == list->size();
  if (auto done = list->keep(part.first, part.count); !done) return done.error();
  if (auto done = list->save("ltrim"); !done) return done.error();
  if (unchanged) {  // which counts as a write all the same
    call.keys.was_written(call.arguments[0], Type::list);
    call.notify('l', "ltrim", call.arguments[0]);
  }
  return Reply::ok();
}

Result<Reply> lset(Call& call) {
  auto list = open_list(call);
  if (!list) return list.error();
  if (!list->exists()) return Error{ErrorCode::invalid, "ERR no such key"};
  auto index = parse_integer(call.arguments[1]);
  if (!index) return index.error();
  auto at = resolve_index(*list, *index);
  if (!at) return Error{ErrorCode::invalid, "ERR index out of range"};
  if (auto done = list->set(*at, call.arguments[2]); !done) return done.error();
  if (auto done = list->save("lset"); !done) return done.error();
  return Reply::ok();
}

Result<std::optional<std::uint64_t>> find_first(List& list, std::string_view wanted) {
  std::optional<std::uint64_t> found;
  auto done = list.each(0, list.size(), Direction::ascending, [&](std::uint64_t index, std::string_view element) {
    if (element != wanted) return Visit::more;
    found = index;
    return Visit::stop;
  });
  if (!done) return done.error();
  return found;
}

Result<Reply> linsert(Call& call) {
  bool before = equals_ignoring_case(call.arguments[1], "BEFORE");
  if (!before && !equals_ignoring_case(call.arguments[1], "AFTER")) return syntax_error();
  auto list = open_list(call);
  if (!list) return list.error();
  if (!list->exists()) return Reply::of(0);
  auto pivot = find_first(*list, call.arguments[2]);
  if (!pivot) return pivot.error();
  if (!*pivot) return Reply::of(-1);
  if (auto done = list->insert(**pivot + (before ? 0 : 1), call.arguments[3]); !done) return done.error();
  if (auto done = list->save("linsert"); !done) return done.error();
  return size_of(*list);
}

Result<Reply> lrem(Call& call) {
  auto count = parse_integer(call.arguments[1]);
  if (!count) return count.error();
  auto list = open_list(call);
  if (!list) return list.error();
  bool from_head = *count >= 0;
  std::uint64_t most = *count == 0 ? UINT64_MAX
                       : from_head ? static_cast<std::uint64_t>(*count)
                                   : 0 - static_cast<std::uint64_t>(*count);
  std::vector<std::uint64_t> found;
  auto done = list->each(0, list->size(), from_head ? Direction::ascending : Direction::descending,
                         [&](std::uint64_t index, std::string_view element) {
                           if (element == call.arguments[2]) found.push_back(index);
                           return found.size() == most ? Visit::stop : Visit::more;
                         });
  if (!done) return done.error();
  if (!from_head) std::ranges::reverse(found);
  if (done = list->erase(found); !done) return done.error();
  if (done = list->save("lrem"); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(found.size()));
}

struct PositionOptions {
  std::uint64_t rank = 1;  // the first match to answer
  bool from_tail = false;
  std::optional<std::uint64_t> count{};  // 0: all
  std::uint64_t compared_max = UINT64_MAX;
};

Result<void> parse_rank(const std::string& word, PositionOptions& options) {
  auto rank = parse_between(word, -INT64_MAX, INT64_MAX);
  if (!rank) return rank.error();
  if (*rank == 0) {
    return Error{ErrorCode::invalid,
                 "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative "
                 "to start from the end of the list"};
  }
  options.from_tail = *rank < 0;
  options.rank = static_cast<std::uint64_t>(std::abs(*rank));
  return {};
}

Result<PositionOptions> parse_position_options(std::span<const std::string> words) {
  PositionOptions options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return syntax_error();
    if (equals_ignoring_case(words[i], "RANK")) {
      if (auto done = parse_rank(words[i + 1], options); !done) return done.error();
    } else if (equals_ignoring_case(words[i], "COUNT")) {
      auto count = parse_count(words[i + 1], "ERR COUNT can't be negative");
      if (!count) return count.error();
      options.count = static_cast<std::uint64_t>(*count);
    } else if (equals_ignoring_case(words[i], "MAXLEN")) {
      auto most = parse_count(words[i + 1], "ERR MAXLEN can't be negative");
      if (!most) return most.error();
      options.compared_max = *most == 0 ? UINT64_MAX : static_cast<std::uint64_t>(*most);
    } else {
      return syntax_error();
    }
  }
  return options;
}

Result<Reply> lpos(Call& call) {
  auto options = parse_position_options(call.arguments.subspan(2));
  if (!options) return options.error();
  auto list = open_list(call);
  if (!list) return list.error();
  std::uint64_t compared = std::min(options->compared_max, list->size());
  std::uint64_t most = options->count.value_or(1);
  std::uint64_t seen = 0;
  std::vector<Reply> found;
  auto done = list->each(options->from_tail ? list->size() - compared : 0, compared,
                         options->from_tail ? Direction::descending : Direction::ascending,
                         [&](std::uint64_t index, std::string_view element) {
                           if (element != call.arguments[1] || ++seen < options->rank) return Visit::more;
                           found.push_back(Reply::of(static_cast<std::int64_t>(index)));
                           return found.size() == most ? Visit::stop : Visit::more;
                         });
  if (!done) return done.error();
  if (options->count) return Reply::array(std::move(found));
  return found.empty() ? Reply::nil() : std::move(found.front());
}

Result<Reply> lmove(Call& call) {
  auto from = parse_end(call.arguments[2]);
  if (!from) return from.error();
  auto to = parse_end(call.arguments[3]);
  if (!to) return to.error();
  return move_element(call, {call.arguments[0], call.arguments[1], *from, *to});
}

Result<Reply> rpoplpush(Call& call) {
  return move_element(call, {call.arguments[0], call.arguments[1], List::End::tail, List::End::head});
}

Result<Reply> lmpop(Call& call) {
  auto wanted = parse_pop_from_first(call.arguments);
  if (!wanted) return wanted.error();
  return pop_from_first(call, *wanted);
}

constexpr CommandSpec table[] = {
    {
        .name = "lindex",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::list,
        .run = lindex,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns an element of a list by its index.",
    },
    {
        .name = "linsert",
        .arity = exactly(4),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::list,
        .run = linsert,
        .since = "2.2.0",
        .complexity = "O(N) in the number of elements before the pivot, or behind it where those are moved",
        .summary = "Inserts an element before or after another one of a list.",
    },
    {
        .name = "llen",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::list,
        .run = llen,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the length of a list.",
    },
    {
        .name = "lmove",
        .arity = exactly(4),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::list,
        .run = lmove,
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Moves an element from an end of one list to an end of another and returns it.",
    },
    {
        .name = "lmpop",
        .arity = at_least(3),
        .keys = counted_at(1),
        .access = Access::write,
        .flags = 0,
        .group = Group::list,
        .run = lmpop,
        .since = "7.0.0",
        .complexity = "O(N+M) in the number of keys and of elements returned",
        .summary = "Removes elements from the first of several lists that has any and returns them.",
    },
    {
        .name = "lpop",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::list,
        .run = lpop,
        .since = "1.0.0",
        .complexity = "O(N) in the number of elements returned",
        .summary = "Removes the first elements of a list and returns them. Deletes the list with its last element.",
    },
    {
        .name = "lpos",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::list,
        .run = lpos,
        .since = "6.0.6",
        .complexity = "O(N) in the number of elements compared",
        .summary = "Returns the indexes of elements that equal a value in a list.",
    },
    {
        .name = "lpush",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::list,
        .run = lpush,
        .since = "1.0.0",
        .complexity = "O(N) in the number of elements given",
        .summary = "Adds elements in front of a list. Creates the list if it doesn't exist.",
    },
    {
        .name = "lpushx",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::list,
        .run = lpushx,
        .since = "2.2.0",
        .complexity = "O(N) in the number of elements given",
        .summary = "Adds elements in front of a list if it exists.",
    },
    {
        .name = "lrange",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::list,
        .run = lrange,
        .since = "1.0.0",
        .complexity = "O(N) in the number of elements returned",
        .summary = "Returns a range of elements of a list.",
    },
    {
        .name = "lrem",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::list,
        .run = lrem,
        .since = "1.0.0",
        .complexity = "O(N) in the length of the list",
        .summary = "Removes elements that equal a value from a list. Deletes the list with its last element.",
    },
    {
        .name = "lset",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::list,
        .run = lset,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Sets an element of a list by its index.",
    },
    {
        .name = "ltrim",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = 0,
        .group = Group::list,
        .run = ltrim,
        .since = "1.0.0",
        .complexity = "O(N) in the number of elements kept or removed, whichever are fewer",
        .summary = "Removes elements from both ends of a list. Deletes the list if none is left.",
    },
    {
        .name = "rpop",
        .arity = between(1, 2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::list,
        .run = rpop,
        .since = "1.0.0",
        .complexity = "O(N) in the number of elements returned",
        .summary = "Removes the last elements of a list and returns them. Deletes the list with its last element.",
    },
    {
        .name = "rpoplpush",
        .arity = exactly(2),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::list,
        .run = rpoplpush,
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Moves the last element of a list in front of another and returns it.",
    },
    {
        .name = "rpush",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::list,
        .run = rpush,
        .since = "1.0.0",
        .complexity = "O(N) in the number of elements given",
        .summary = "Adds elements behind a list. Creates the list if it doesn't exist.",
    },
    {
        .name = "rpushx",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::list,
        .run = rpushx,
        .since = "2.2.0",
        .complexity = "O(N) in the number of elements given",
        .summary = "Adds elements behind a list if it exists.",
    },
};

}  // namespace

std::span<const CommandSpec> list_commands() {
  return table;
}

}  // namespace millrace::store
