#pragma once

// A list: small ones packed into the row of their key; larger ones spread, an element a row under its position. The
// positions are contiguous and begin anywhere, so that whatever happens at an end, or at an index, costs the same in a
// list of ten and of a million; to insert or remove within moves the elements of the shorter side. Positions never run
// out: they begin in the middle of 64 bits.
//
// A list that became spread stays so until it is empty, or `keep` leaves only a few.
//
// Lives for one command; changes count once `save` has written them. Indexes count from 0 and are below the size.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/keyspace.h"

namespace millrace::store {

class List {
 public:
  enum class End { head, tail };

  // Empty when there is no such key. `key` outlives it. WRONGTYPE when another type stands there.
  static Result<List> open(Keyspace& keys, std::string_view key);

  // As if there were no such key.
  static List none(Keyspace& keys, std::string_view key) { return {keys, key}; }

  std::uint64_t size() const { return size_; }
  bool exists() const { return before_.has_value(); }

  // Valid until the next call on the list or its keyspace.
  Result<std::string_view> at(std::uint64_t index);

  // Visits `count` elements from the index `first` on, or in descending order back to it. The visitor must not call the
  // list.
  using Visitor = std::function<Visit(std::uint64_t index, std::string_view element)>;
  Result<void> each(std::uint64_t first, std::uint64_t count, Direction direction, const Visitor& visit);

  Result<void> push(End end, std::string_view element);
  Result<void> set(std::uint64_t index, std::string_view element);

  // The element will stand at `index`, which may be the size.
  Result<void> insert(std::uint64_t index, std::string_view element);

  // Removes those at `indexes`, which ascend strictly.
  Result<void> erase(std::span<const std::uint64_t> indexes);

  // Removes all but `count` elements from the index `first` on. Costs as much as the fewer of those kept and removed.
  Result<void> keep(std::uint64_t first, std::uint64_t count);

  // Removes one and returns it.
  Result<std::string> pop(End end);

  // Writes what changed, and then tells keyspace notifications of the `event`, unless it is empty; a list that became
  // empty is deleted, which they call "del". Nothing happens when nothing changed.
  Result<void> save(std::string_view event);

 private:
  List(Keyspace& keys, std::string_view key) : keys_(keys), key_(key) {}

  bool is_spread() const { return generation_ != 0; }
  std::string row_at(std::uint64_t index) const;
  std::size_t packed_offset(std::uint64_t index) const;
  Result<void> spread();
  Result<void> insert_packed(std::size_t offset, std::string_view element);
  Result<std::vector<std::string>> read(std::uint64_t first, std::uint64_t count);
  Result<void> move_towards_head(std::uint64_t count);
  Result<void> move_towards_tail(std::uint64_t first);
  Result<void> close_towards_head(std::span<const std::uint64_t> removed);
  Result<void> close_towards_tail(std::span<const std::uint64_t> removed);
  void erase_rows(std::uint64_t first, std::uint64_t count);
  Result<void> restart_with(std::uint64_t first, std::uint64_t count);

  Keyspace& keys_;
  std::string_view key_;
  std::optional<KeyRow> before_{};  // its numbers
  std::string packed_{};            // the elements, each sized
  Generation generation_ = 0;       // 0: packed
  std::uint64_t head_ = 0;          // the position of the first element
  std::uint64_t size_ = 0;
  bool changed_ = false;  // the key's row
  bool written_ = false;  // an element's row, and no more
};

}  // namespace millrace::store
