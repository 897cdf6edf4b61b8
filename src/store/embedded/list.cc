#include "store/embedded/list.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/bytes.h"
#include "store/embedded/packed.h"

namespace millrace::store {
namespace {

constexpr std::uint64_t head_first = std::uint64_t{1} << 63;
constexpr std::uint64_t chunk = 512;  // elements that are in memory at once while others move

std::string position_bytes(std::uint64_t position) {
  std::string bytes;
  append_big_endian(bytes, position);
  return bytes;
}

std::optional<std::uint64_t> count_elements(std::string_view packed) {
  ByteReader in(packed);
  std::uint64_t count = 0;
  while (in.ok() && !in.at_end()) {
    in.sized();
    ++count;
  }
  if (!in.ok() || count == 0) return std::nullopt;
  return count;
}

Error damaged(std::string_view key) {
  return {ErrorCode::corrupt, fmt::format("the elements of key '{}' cannot be read", key)};
}

}  // namespace

Result<List> List::open(Keyspace& keys, std::string_view key) {
  List list(keys, key);
  auto row = keys.find(key, Type::list);
  if (!row) return row.error();
  if (!*row) return list;
  list.before_ = **row;
  list.before_->content = {};
  list.generation_ = (*row)->generation;
  ByteReader in((*row)->content);
  if ((*row)->spread) {
    list.size_ = (*row)->elements;
    list.head_ = in.big_endian<std::uint64_t>();
    if (!in.ok() || !in.at_end() || list.size_ == 0) return damaged(key);
    return list;
  }
  auto count = count_elements((*row)->content);
  if (!count) return damaged(key);
  list.size_ = *count;
  list.packed_ = (*row)->content;
  return list;
}

std::string List::row_at(std::uint64_t index) const {
  return position_bytes(head_ + index);
}

std::size_t List::packed_offset(std::uint64_t index) const {
  if (index == size_) return packed_.size();
  ByteReader in(packed_);
  for (std::uint64_t i = 0; i < index; ++i) in.sized();
  return packed_.size() - in.rest().size();
}

Result<std::string_view> List::at(std::uint64_t index) {
  if (!is_spread()) return ByteReader(std::string_view(packed_).substr(packed_offset(index))).sized();
  auto element = keys_.find_element(generation_, row_at(index));
  if (!element) return element.error();
  if (!*element) return damaged(key_);
  return **element;
}

Result<void> List::each(std::uint64_t first, std::uint64_t count, Direction direction, const Visitor& visit) {
  if (count == 0) return {};
  bool ascending = direction == Direction::ascending;
  if (is_spread()) {
    std::uint64_t index = ascending ? first : first + count - 1;
    return keys_.scan_elements(
        generation_, {row_at(first), row_at(first + count)}, direction,
        [&](std::string_view, std::string_view element) { return visit(ascending ? index++ : index--, element); });
  }
  std::vector<std::string_view> elements;
  ByteReader in(std::string_view(packed_).substr(packed_offset(first)));
  for (std::uint64_t i = 0; i < count; ++i) elements.push_back(in.sized());
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t at = ascending ? i : count - 1 - i;
    if (visit(first + at, elements[at]) == Visit::stop) break;
  }
  return {};
}

Result<std::vector<std::string>> List::read(std::uint64_t first, std::uint64_t count) {
  std::vector<std::string> elements;
  elements.reserve(count);
  auto done = each(first, count, Direction::ascending, [&](std::uint64_t, std::string_view element) {
    elements.emplace_back(element);
    return Visit::more;
  });
  if (!done) return done.error();
  if (elements.size() != count) return damaged(key_);
  return elements;
}

Result<void> List::spread() {
  auto generation = keys_.take_generation();
  if (!generation) return generation.error();
  generation_ = *generation;
  head_ = head_first;
  ByteReader in(packed_);
  for (std::uint64_t position = head_; !in.at_end(); ++position) {
    keys_.put_element(generation_, position_bytes(position), in.sized());
  }
  packed_.clear();
  return {};
}

Result<void> List::insert_packed(std::size_t offset, std::string_view element) {
  std::string sized;
  append_sized(sized, element);
  packed_.insert(offset, sized);
  ++size_;
  changed_ = true;
  bool fits = size_ <= packed_entries_max && packed_.size() <= packed_bytes_max;
  return fits ? Result<void>{} : spread();
}

Result<void> List::push(End end, std::string_view element) {
  if (!is_spread()) return insert_packed(end == End::head ? 0 : packed_.size(), element);
  if (end == End::head) {
    keys_.put_element(generation_, position_bytes(--head_), element);
  } else {
    keys_.put_element(generation_, row_at(size_), element);
  }
  ++size_;
  changed_ = true;
  return {};
}

Result<void> List::set(std::uint64_t index, std::string_view element) {
  if (is_spread()) {
    keys_.put_element(generation_, row_at(index), element);
    written_ = true;
    return {};
  }
  std::size_t begin = packed_offset(index);
  packed_.erase(begin, packed_offset(index + 1) - begin);
  --size_;
  return insert_packed(begin, element);
}

// The first `count` elements go one position down; the caller counts what comes where they end.
Result<void> List::move_towards_head(std::uint64_t count) {
  for (std::uint64_t from = 0; from < count; from += chunk) {
    auto elements = read(from, std::min(chunk, count - from));
    if (!elements) return elements.error();
    for (std::uint64_t i = 0; i < elements->size(); ++i) {
      keys_.put_element(generation_, position_bytes(head_ + from + i - 1), (*elements)[i]);
    }
  }
  return {};
}

Result<void> List::move_towards_tail(std::uint64_t first) {
  for (std::uint64_t end = size_; end > first;) {
    std::uint64_t from = end - std::min(chunk, end - first);
    auto elements = read(from, end - from);
    if (!elements) return elements.error();
    for (std::uint64_t i = 0; i < elements->size(); ++i) {
      keys_.put_element(generation_, row_at(from + i + 1), (*elements)[i]);
    }
    end = from;
  }
  return {};
}

Result<void> List::insert(std::uint64_t index, std::string_view element) {
  if (!is_spread()) return insert_packed(packed_offset(index), element);
  bool nearer_to_head = index < size_ - index;
  auto moved = nearer_to_head ? move_towards_head(index) : move_towards_tail(index);
  if (!moved) return moved;
  if (nearer_to_head) --head_;
  keys_.put_element(generation_, row_at(index), element);
  ++size_;
  changed_ = true;
  return {};
}

void List::erase_rows(std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) keys_.erase_element(generation_, row_at(first + i));
}

// Those behind the first of the removed close up towards the head.
Result<void> List::close_towards_head(std::span<const std::uint64_t> removed) {
  std::uint64_t to = removed.front();
  std::size_t passed = 0;
  for (std::uint64_t from = to; from < size_; from += chunk) {
    auto elements = read(from, std::min(chunk, size_ - from));
    if (!elements) return elements.error();
    for (std::uint64_t i = 0; i < elements->size(); ++i) {
      if (passed < removed.size() && removed[passed] == from + i) {
        ++passed;
      } else {
        keys_.put_element(generation_, row_at(to++), (*elements)[i]);
      }
    }
  }
  erase_rows(to, size_ - to);
  size_ = to;
  return {};
}

// Those before the last of the removed close up towards the tail.
Result<void> List::close_towards_tail(std::span<const std::uint64_t> removed) {
  std::uint64_t end_of_free = removed.back() + 1;
  std::size_t left = removed.size();
  for (std::uint64_t end = end_of_free; end > 0;) {
    std::uint64_t from = end - std::min(chunk, end);
    auto elements = read(from, end - from);
    if (!elements) return elements.error();
    for (std::uint64_t i = elements->size(); i-- > 0;) {
      if (left > 0 && removed[left - 1] == from + i) {
        --left;
      } else {
        keys_.put_element(generation_, row_at(--end_of_free), (*elements)[i]);
      }
    }
    end = from;
  }
  erase_rows(0, removed.size());
  head_ += removed.size();
  size_ -= removed.size();
  return {};
}

Result<void> List::erase(std::span<const std::uint64_t> indexes) {
  if (indexes.empty()) return {};
  if (indexes.size() == size_) return keep(0, 0);
  changed_ = true;
  if (is_spread()) {
    bool nearer_to_head = indexes.back() < size_ - indexes.front();
    return nearer_to_head ? close_towards_tail(indexes) : close_towards_head(indexes);
  }
  for (std::size_t i = indexes.size(); i-- > 0;) {
    std::size_t begin = packed_offset(indexes[i]);
    packed_.erase(begin, packed_offset(indexes[i] + 1) - begin);
    --size_;
  }
  return {};
}

// What is kept begins anew, so that the rest can go as one.
Result<void> List::restart_with(std::uint64_t first, std::uint64_t count) {
  auto kept = read(first, count);
  if (!kept) return kept.error();
  generation_ = 0;
  size_ = 0;
  for (const std::string& element : *kept) {
    if (auto done = push(End::tail, element); !done) return done;
  }
  return {};
}

Result<void> List::keep(std::uint64_t first, std::uint64_t count) {
  if (count == size_) return {};
  changed_ = true;
  if (!is_spread()) {
    std::size_t begin = packed_offset(first);
    packed_ = packed_.substr(begin, packed_offset(first + count) - begin);
    size_ = count;
    return {};
  }
  bool stored = before_ && before_->generation == generation_;
  if (stored && count < size_ - count) return restart_with(first, count);
  erase_rows(0, first);
  erase_rows(first + count, size_ - first - count);
  head_ += first;
  size_ = count;
  return {};
}

Result<std::string> List::pop(End end) {
  auto element = at(end == End::head ? 0 : size_ - 1);
  if (!element) return element.error();
  std::string popped(*element);
  if (auto done = keep(end == End::head ? 1 : 0, size_ - 1); !done) return done.error();
  return popped;
}

Result<void> List::save(std::string_view event) {
  if (!changed_ && !written_) return {};
  if (!changed_) keys_.was_written(key_, Type::list);
  bool gone = size_ == 0;
  if (changed_ && !gone) {
    std::string head = is_spread() ? position_bytes(head_) : std::string();
    KeyRow row{.type = Type::list,
               .spread = is_spread(),
               .expires_at = before_ ? before_->expires_at : 0,
               .content = is_spread() ? std::string_view(head) : std::string_view(packed_),
               .generation = generation_,
               .elements = is_spread() ? size_ : 0};
    if (auto done = keys_.put(key_, before_, row); !done) return done;
    before_ = row;
    before_->content = {};
  } else if (gone && before_) {
    if (auto done = keys_.erase(key_, *before_); !done) return done;
    before_.reset();
  }
  changed_ = written_ = false;
  if (!event.empty()) keys_.notify('l', event, key_);
  if (gone) keys_.notify('g', "del", key_);
  return {};
}

}  // namespace millrace::store
