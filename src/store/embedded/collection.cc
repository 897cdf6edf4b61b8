#include "store/embedded/collection.h"

#include <fmt/format.h>

#include "base/bytes.h"
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

Result<std::optional<std::string_view>> Collection::find_stored(std::string_view member) {
  if (generation_ != 0) return keys_.find_element(generation_, member);
  return find_packed(packed_, member).value;
}

// The value of a field begins with a byte: 0, or 1 and the time when it expires.
std::string_view Collection::stored_form(std::string_view value, std::int64_t expires_at) {
  if (type_ != Type::hash) return value;
  scratch_.assign(1, expires_at == 0 ? '\0' : '\1');
  if (expires_at != 0) append_big_endian(scratch_, static_cast<std::uint64_t>(expires_at));
  return scratch_.append(value);
}

// Nothing when its time is over.
std::optional<Collection::Entry> Collection::read(std::string_view stored) const {
  if (type_ != Type::hash) return Entry{stored};
  ByteReader in(stored);
  Entry entry;
  if (in.byte() != 0) {
    entry.expires_at = static_cast<std::int64_t>(in.big_endian<std::uint64_t>());
    if (entry.expires_at <= keys_.now()) return std::nullopt;
  }
  entry.value = in.rest();
  return entry;
}

Result<std::optional<std::string_view>> Collection::get(std::string_view member) {
  auto entry = get_entry(member);
  if (!entry) return entry.error();
  if (!*entry) return std::optional<std::string_view>{};
  return std::optional((*entry)->value);
}

Result<std::optional<Collection::Entry>> Collection::get_entry(std::string_view member) {
  auto stored = find_stored(member);
  if (!stored) return stored.error();
  if (!*stored) return std::optional<Entry>{};
  return read(**stored);
}

Result<bool> Collection::put(std::string_view member, std::string_view value, std::int64_t expires_at) {
  auto stored = find_stored(member);
  if (!stored) return stored.error();
  bool is_new = !*stored;
  bool over = !is_new && !read(**stored);
  std::string_view form = stored_form(value, expires_at);
  if (!is_new && **stored == form) {
    written_ = written_ || type_ == Type::hash;
    return false;
  }
  if (expires_at != 0) keys_.expire_field(key_, member, expires_at);
  size_ += is_new ? 1 : 0;
  if (generation_ != 0) {
    keys_.put_element(generation_, member, form);
    changed_ = changed_ || is_new;
    written_ = true;
    return is_new || over;
  }
  put_packed(packed_, find_packed(packed_, member), member, form);
  changed_ = true;
  if (size_ > packed_entries_max || packed_.size() > packed_bytes_max) {
    if (auto done = spread(); !done) return done.error();
  }
  return is_new || over;
}

Result<bool> Collection::erase(std::string_view member) {
  auto stored = find_stored(member);
  if (!stored) return stored.error();
  if (!*stored) return false;
  bool over = !read(**stored);
  if (generation_ == 0) {
    erase_packed(packed_, find_packed(packed_, member));
  } else {
    keys_.erase_element(generation_, member);
  }
  --size_;
  changed_ = true;
  return !over;
}

Result<void> Collection::each_after(std::optional<std::string_view> after, const Keyspace::Visitor& visit) {
  auto visit_live = [&](std::string_view member, std::string_view stored) {
    auto entry = read(stored);
    return entry ? visit(member, entry->value) : Visit::more;
  };
  if (generation_ != 0) {
    std::string begin = after ? std::string(*after) + '\0' : std::string();
    return keys_.scan_elements(generation_, {std::move(begin), {}}, Direction::ascending, visit_live);
  }
  for (std::string_view rest = packed_; !rest.empty();) {
    auto [member, value] = take_packed(rest);
    if (after && member <= *after) continue;
    if (visit_live(member, value) == Visit::stop) break;
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

Result<void> Collection::clear() {
  if (size_ == 0) return {};
  bool stored = before_ && before_->generation == generation_;
  if (generation_ != 0 && !stored) {
    std::vector<std::string> members;
    auto done = keys_.each_element(generation_, [&](std::string_view member, std::string_view) {
      members.emplace_back(member);
      return Visit::more;
    });
    if (!done) return done;
    for (const std::string& member : members) keys_.erase_element(generation_, member);
  }
  generation_ = 0;
  packed_.clear();
  size_ = 0;
  changed_ = true;
  return {};
}

Result<void> Collection::save(char letter, std::string_view event) {
  if (!changed_ && !written_) return {};
  if (!changed_) keys_.was_written(key_, type_);
  bool gone = size_ == 0;
  if (changed_ && !gone) {
    KeyRow row{.type = type_,
               .spread = generation_ != 0,
               .expires_at = before_ ? before_->expires_at : 0,
               .content = packed_,
               .generation = generation_,
               .elements = generation_ != 0 ? size_ : 0};
    if (auto done = keys_.put(key_, before_, row); !done) return done;
    before_ = row;
    before_->content = {};
  } else if (gone && before_) {
    if (auto done = keys_.erase(key_, *before_); !done) return done;
    before_.reset();
  }
  changed_ = written_ = false;
  if (!event.empty()) keys_.notify(letter, event, key_);
  if (gone) keys_.notify('g', "del", key_);
  return {};
}

}  // namespace millrace::store
