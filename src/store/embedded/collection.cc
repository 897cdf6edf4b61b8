#include "store/embedded/collection.h"

#include <fmt/format.h>

#include "store/embedded/packed.h"

namespace millrace::store {

Result<Collection> Collection::open(Keyspace& keys, std::string_view key, Type type) {
  Collection collection(keys, key, type);
  auto row = keys.find(key, type);
  if (!row) return row.error();
  if (!*row) return collection;
  collection.before_ = **row;
  collection.before_->content = {};
  collection.generation_ = (*row)->generation;
  collection.size_ = (*row)->elements;
  if (!(*row)->spread) {
    auto count = count_packed((*row)->content);
    if (!count) return Error{ErrorCode::corrupt, fmt::format("the elements of key '{}' cannot be read", key)};
    collection.size_ = *count;
    collection.packed_ = (*row)->content;
  }
  return collection;
}

Result<std::optional<std::string_view>> Collection::get(std::string_view member) {
  if (generation_ != 0) return keys_.find_element(generation_, member);
  return find_packed(packed_, member).value;
}

Result<bool> Collection::put(std::string_view member, std::string_view value) {
  if (generation_ == 0) {
    PackedEntry at = find_packed(packed_, member);
    if (at.value && *at.value == value) return false;
    bool is_new = !at.value;
    put_packed(packed_, at, member, value);
    size_ += is_new ? 1 : 0;
    changed_ = true;
    if (size_ > packed_entries_max || packed_.size() > packed_bytes_max) {
      if (auto done = spread(); !done) return done.error();
    }
    return is_new;
  }
  auto found = keys_.find_element(generation_, member);
  if (!found) return found.error();
  bool is_new = !*found;
  if (!is_new && **found == value) return false;
  keys_.put_element(generation_, member, value);
  size_ += is_new ? 1 : 0;
  changed_ = changed_ || is_new;
  return is_new;
}

Result<bool> Collection::erase(std::string_view member) {
  if (generation_ == 0) {
    PackedEntry at = find_packed(packed_, member);
    if (!at.value) return false;
    erase_packed(packed_, at);
  } else {
    auto found = keys_.find_element(generation_, member);
    if (!found) return found.error();
    if (!*found) return false;
    keys_.erase_element(generation_, member);
  }
  --size_;
  changed_ = true;
  return true;
}

Result<void> Collection::each(const Keyspace::Visitor& visit) {
  if (generation_ != 0) return keys_.each_element(generation_, visit);
  for (std::string_view rest = packed_; !rest.empty();) {
    auto [member, value] = take_packed(rest);
    if (visit(member, value) == Visit::stop) break;
  }
  return {};
}

Result<void> Collection::spread() {
  auto generation = keys_.take_generation();
  if (!generation) return generation.error();
  generation_ = *generation;
  for (std::string_view rest = packed_; !rest.empty();) {
    auto [member, value] = take_packed(rest);
    keys_.put_element(generation_, member, value);
  }
  packed_.clear();
  return {};
}

Result<void> Collection::save() {
  if (!changed_) return {};
  changed_ = false;
  if (size_ == 0) {
    Result<void> done = before_ ? keys_.erase(key_, *before_) : Result<void>{};
    before_.reset();
    return done;
  }
  KeyRow row{.type = type_,
             .spread = generation_ != 0,
             .content = packed_,
             .generation = generation_,
             .elements = generation_ != 0 ? size_ : 0};
  auto done = keys_.put(key_, before_, row);
  before_ = row;
  before_->content = {};
  return done;
}

}  // namespace millrace::store
