#pragma once

// A sorted set: members with scores, in the order of the scores and, where these are equal, of the members' bytes.
// Small ones are packed into the row of their key, larger ones spread over rows of their own, so that touching one
// member of a million, or asking for its rank, costs about as much as with ten. One that became spread stays so until
// it is empty. -0 becomes 0; whoever puts a score has made sure that it is not nan.
//
// Lives for one command; changes count once `save` has written them.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/keyspace.h"
#include "store/embedded/sorted_set_order.h"

namespace millrace::store {

struct ScoredMember {
  std::string member{};
  double score = 0;
};

class SortedSet {
 public:
  // Empty when there is no such key. `key` outlives it. WRONGTYPE when another type stands there.
  static Result<SortedSet> open(Keyspace& keys, std::string_view key);

  std::uint64_t size() const { return size_; }
  bool exists() const { return before_.has_value(); }

  Result<std::optional<double>> score(std::string_view member);

  Result<bool> put(std::string_view member, double score);  // whether it is new
  Result<bool> erase(std::string_view member);              // whether it was there

  // All of it, at once. Only before other changes.
  void clear() {
    changed_ = true;
    size_ = 0;
  }

  // The elements in `range`, from either end of it. The visitor must not call the set.
  using Visitor = std::function<Visit(std::string_view member, double score)>;
  Result<void> each(const OrderRange& range, Direction direction, const Visitor& visit);

  // The elements from `first` to `last`, both included, which are ranks in ascending order whatever the direction.
  Result<void> each_ranked(std::uint64_t first, std::uint64_t last, Direction direction, const Visitor& visit);

  // The elements whose member comes after `member`, in the order of the members' bytes; absent: all.
  Result<void> each_member_after(const std::optional<std::string>& member, const Visitor& visit);

  // How many elements stand before `order_key`. The rank of an element is that of its order key.
  Result<std::uint64_t> count_before(std::string_view order_key);
  Result<std::uint64_t> count(const OrderRange& range);

  // Writes what changed; one that became empty is deleted, which keyspace notifications call "del".
  Result<void> save();

  // Has exactly these members stand at `key`, whatever was there; none: deletes it. No member comes twice.
  static Result<void> replace(Keyspace& keys, std::string_view key, const std::vector<ScoredMember>& members);

 private:
  SortedSet(Keyspace& keys, std::string_view key) : keys_(keys), key_(key) {}

  Result<void> read(const KeyRow& row);
  Result<void> spread();
  Result<void> fill(const std::vector<ScoredMember>& members);
  void put_rows(std::string_view order_key);
  std::optional<double> find_packed_score(std::string_view member) const;
  void put_packed_element(std::string_view order_key);
  void erase_packed_element(std::string_view order_key);
  Result<void> walk_packed(const OrderRange& range, Direction direction, const Visitor& visit) const;

  Keyspace& keys_;
  std::string_view key_;
  std::optional<KeyRow> before_{};  // its numbers; the content is in `packed_`
  std::string packed_{};
  std::int64_t expires_at_ = 0;
  Generation generation_ = 0;  // 0: packed
  std::uint64_t size_ = 0;
  std::uint32_t numbers_given_ = 0;  // see SortedSetCounts
  bool changed_ = false;             // the key's row
  bool written_ = false;             // rows of elements, and no more
};

}  // namespace millrace::store
