#pragma once

// A set or a hash: members with values (empty in a set; a field of a hash may expire, and one whose time is over is not
// there), small ones packed into the row of their key, larger ones spread over rows of their own, so that touching one
// of a million costs as much as one of ten. Iteration is in the order of the members' bytes either way. A collection
// that became spread stays so until it is empty.
//
// Lives for one command; changes count once `save` has written them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/keyspace.h"

namespace millrace::store {

enum class Repeats { never, allowed };

class Collection {
 public:
  // Empty when there is no such key. `key` outlives it. WRONGTYPE when another type stands there.
  static Result<Collection> open(Keyspace& keys, std::string_view key, Type type);

  // Fields whose time is over count until they are reclaimed, as in Redis.
  std::uint64_t size() const { return size_; }
  bool exists() const { return before_.has_value(); }

  // Valid until the next call on the collection or its keyspace.
  Result<std::optional<std::string_view>> get(std::string_view member);

  struct Entry {
    std::string_view value{};
    std::int64_t expires_at = 0;  // milliseconds since 1970; 0: never
  };
  Result<std::optional<Entry>> get_entry(std::string_view member);

  // Whether it is new. Only fields of a hash expire.
  Result<bool> put(std::string_view member, std::string_view value, std::int64_t expires_at = 0);
  Result<bool> erase(std::string_view member);  // whether it was there

  // The visitor must not call the collection.
  Result<void> each(const Keyspace::Visitor& visit) { return each_after(std::nullopt, visit); }

  // Those behind `after`, which need not be there; absent: all.
  Result<void> each_after(std::optional<std::string_view> after, const Keyspace::Visitor& visit);

  // Elements chosen at random: all of them where `count` is no less, else uniformly up to some thousands of elements
  // and nearly so beyond (sampling.h). With repeats allowed each choice is made anew, and there are always `count`.
  struct Picked {
    std::string member{};
    std::string value{};
  };
  Result<std::vector<Picked>> pick(std::uint64_t count, Repeats repeats);

  // Removes all at once.
  Result<void> clear();

  // Writes what changed, and then tells keyspace notifications of the event, whose class is `letter`, unless nothing
  // changed; one that became empty is deleted, which they call "del".
  Result<void> save(char letter, std::string_view event);
  Result<void> save() { return save({}, {}); }

 private:
  Collection(Keyspace& keys, std::string_view key, Type type) : keys_(keys), key_(key), type_(type) {}

  Result<std::optional<std::string_view>> find_stored(std::string_view member);
  std::string_view stored_form(std::string_view value, std::int64_t expires_at);
  std::optional<Entry> read(std::string_view stored) const;
  Result<void> spread();
  Result<std::vector<Picked>> pick_by_index(std::uint64_t count, Repeats repeats);
  Result<std::vector<Picked>> pick_by_probes(std::uint64_t count, Repeats repeats);

  Keyspace& keys_;
  std::string_view key_;
  Type type_;
  std::optional<KeyRow> before_{};  // its numbers; the content is in `packed_`
  std::string packed_{};
  Generation generation_ = 0;  // 0: packed
  std::uint64_t size_ = 0;
  bool changed_ = false;  // the key's row
  bool written_ = false;  // an element's row and no more, or what was there already
  std::string scratch_{};
};

}  // namespace millrace::store
