#include "store/commands/groups.h"
#include "store/commands/list_ends.h"
#include "store/commands/numbers.h"

namespace millrace::store {
namespace {

// What a command answers that found nothing: `nothing`, for the time being where its client can wait.
Reply wait_or(Call& call, std::span<const std::string> keys, std::int64_t until, Reply nothing) {
  if (call.context().may_block()) {
    call.context().blocking = Blocking{.keys = {keys.begin(), keys.end()}, .until = until};
  }
  return nothing;
}

Result<Reply> pop_or_wait(Call& call, List::End end) {
  auto until = parse_timeout(call.arguments.back(), call.now());
  if (!until) return until.error();
  auto keys = call.arguments.first(call.arguments.size() - 1);
  auto popped = pop_from_first(call, {.keys = keys, .end = end});
  if (!popped) return popped;
  if (popped->is_nil()) return wait_or(call, keys, *until, std::move(*popped));
  std::vector<Reply>& pair = popped->elements;
  Reply element = std::move(pair[1].elements.front());
  pair[1] = std::move(element);
  return popped;
}

Result<Reply> move_or_wait(Call& call, const Move& move, const std::string& timeout) {
  auto until = parse_timeout(timeout, call.now());
  if (!until) return until.error();
  auto moved = move_element(call, move);
  if (!moved || !moved->is_nil()) return moved;
  return wait_or(call, call.arguments.first(1), *until, std::move(*moved));
}

Result<Reply> blpop(Call& call) {
  return pop_or_wait(call, List::End::head);
}
Result<Reply> brpop(Call& call) {
  return pop_or_wait(call, List::End::tail);
}

Result<Reply> blmove(Call& call) {
  auto from = parse_end(call.arguments[2]);
  if (!from) return from.error();
  auto to = parse_end(call.arguments[3]);
  if (!to) return to.error();
  return move_or_wait(call, {call.arguments[0], call.arguments[1], *from, *to}, call.arguments[4]);
}

Result<Reply> brpoplpush(Call& call) {
  return move_or_wait(call, {call.arguments[0], call.arguments[1], List::End::tail, List::End::head},
                      call.arguments[2]);
}

Result<Reply> blmpop(Call& call) {
  auto wanted = parse_pop_from_first(call.arguments.subspan(1));
  if (!wanted) return wanted.error();
  auto until = parse_timeout(call.arguments[0], call.now());
  if (!until) return until.error();
  auto popped = pop_from_first(call, *wanted);
  if (!popped || !popped->is_nil()) return popped;
  return wait_or(call, wanted->keys, *until, std::move(*popped));
}

constexpr CommandSpec table[] = {
    {
        .name = "blmove",
        .arity = exactly(5),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow | blocking,
        .group = Group::list,
        .run = blmove,
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary =
            "Moves an element from an end of one list to an end of another and returns it. Waits for one otherwise.",
    },
    {
        .name = "blmpop",
        .arity = at_least(4),
        .keys = counted_at(2),
        .access = Access::write,
        .flags = blocking,
        .group = Group::list,
        .run = blmpop,
        .since = "7.0.0",
        .complexity = "O(N+M) in the number of keys and of elements returned",
        .summary =
            "Removes elements from the first of several lists that has any and returns them. Waits for one otherwise.",
    },
    {
        .name = "blpop",
        .arity = at_least(2),
        .keys = all_but_last,
        .access = Access::write,
        .flags = blocking,
        .group = Group::list,
        .run = blpop,
        .since = "2.0.0",
        .complexity = "O(N) in the number of keys",
        .summary = "Removes the first element of the first of several lists that has any and returns it. Waits for one "
                   "otherwise.",
    },
    {
        .name = "brpop",
        .arity = at_least(2),
        .keys = all_but_last,
        .access = Access::write,
        .flags = blocking,
        .group = Group::list,
        .run = brpop,
        .since = "2.0.0",
        .complexity = "O(N) in the number of keys",
        .summary = "Removes the last element of the first of several lists that has any and returns it. Waits for one "
                   "otherwise.",
    },
    {
        .name = "brpoplpush",
        .arity = exactly(3),
        .keys = first_two,
        .access = Access::write,
        .flags = may_grow | blocking,
        .group = Group::list,
        .run = brpoplpush,
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Moves the last element of a list in front of another and returns it. Waits for one otherwise.",
    },
};

}  // namespace

std::span<const CommandSpec> list_blocking_commands() {
  return table;
}

}  // namespace millrace::store
