#pragma once

// A set or a hash: members with values (empty in a set), small ones packed into the row of their key, larger ones
// spread over rows of their own, so that touching one of a million costs as much as one of ten. Iteration is in the
// order of the members' bytes either way. A collection that became spread stays so until it is empty.
//
// Lives for one command; changes count once `save` has written them.

#include <string>
#include <string_view>

#include "store/embedded/keyspace.h"

namespace millrace::store {

class Collection {
 public:
  // Empty when there is no such key. `key` outlives it. WRONGTYPE when another type stands there.
  static Result<Collection> open(Keyspace& keys, std::string_view key, Type type);

  std::uint64_t size() const { return size_; }

  // Valid until the next call on the collection or its keyspace.
  Result<std::optional<std::string_view>> get(std::string_view member);

  Result<bool> put(std::string_view member, std::string_view value);  // whether it is new
  Result<bool> erase(std::string_view member);                        // whether it was there

  // The visitor must not call the collection.
  Result<void> each(const Keyspace::Visitor& visit);

  Result<void> save();

 private:
  Collection(Keyspace& keys, std::string_view key, Type type) : keys_(keys), key_(key), type_(type) {}

  Result<void> spread();

  Keyspace& keys_;
  std::string_view key_;
  Type type_;
  std::optional<KeyRow> before_{};  // its numbers; the content is in `packed_`
  std::string packed_{};
  Generation generation_ = 0;  // 0: packed
  std::uint64_t size_ = 0;
  bool changed_ = false;
};

}  // namespace millrace::store
