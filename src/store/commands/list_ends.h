#pragma once

// What the commands that take elements from the ends of lists have in common, whether they wait or not.

#include <optional>
#include <span>
#include <string>

#include "store/commands/command_table.h"
#include "store/embedded/list.h"

namespace millrace::store {

Result<List::End> parse_end(std::string_view text);  // LEFT or RIGHT

// The list to take from. For a client that waits for lists, a key of another type is as good as none.
Result<List> open_source(Call& call, std::string_view key);

// Takes up to `count` elements from an end and answers them in the order in which they go. Saves.
Result<Reply> pop_many(List& list, List::End end, std::uint64_t count);

struct Move {
  std::string_view source{};
  std::string_view destination{};
  List::End from = List::End::tail;
  List::End to = List::End::head;
};

// The element that moved; nil when there is no source.
Result<Reply> move_element(Call& call, const Move& move);

// numkeys key [key ...] LEFT|RIGHT [COUNT count]
struct PopFromFirst {
  std::span<const std::string> keys{};
  List::End end = List::End::head;
  std::uint64_t count = 1;
};
Result<PopFromFirst> parse_pop_from_first(std::span<const std::string> words);

// Of the first of the lists that is there: its key, and what was taken. A nil array when there is none.
Result<Reply> pop_from_first(Call& call, const PopFromFirst& wanted);

}  // namespace millrace::store
