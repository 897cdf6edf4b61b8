#include "store/embedded/sorted_set.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "base/bytes.h"
#include "store/embedded/packed.h"
#include "store/embedded/sorted_set_counts.h"

namespace millrace::store {
namespace {

std::string row_of_member(std::string_view member) {
  return std::string(1, sorted_set_rows::member).append(member);
}
std::string row_of_element(std::string_view order_key) {
  return std::string(1, sorted_set_rows::element).append(order_key);
}

Error damaged(std::string_view key) {
  return {ErrorCode::corrupt, fmt::format("the elements of key '{}' cannot be read", key)};
}

bool is_readable(std::string_view packed) {
  for (std::string_view rest = packed; !rest.empty();) {
    std::string_view order_key = take_packed(rest).first;
    if (order_key.size() < score_bytes || std::isnan(score_of(order_key))) return false;
  }
  return true;
}

}  // namespace

Result<SortedSet> SortedSet::open(Keyspace& keys, std::string_view key) {
  SortedSet set(keys, key);
  auto row = keys.find(key, Type::sorted_set);
  if (!row) return row.error();
  if (!*row) return set;
  if (auto done = set.read(**row); !done) return done.error();
  return set;
}

Result<void> SortedSet::read(const KeyRow& row) {
  before_ = row;
  before_->content = {};
  expires_at_ = row.expires_at;
  generation_ = row.generation;
  size_ = row.elements;
  if (row.spread) {
    ByteReader in(row.content);
    numbers_given_ = static_cast<std::uint32_t>(in.varint_up_to(UINT32_MAX));
    if (!in.ok()) return damaged(key_);
    return {};
  }
  auto count = count_packed(row.content);
  if (!count || !is_readable(row.content)) return damaged(key_);
  size_ = *count;
  packed_ = row.content;
  return {};
}

std::optional<double> SortedSet::find_packed_score(std::string_view member) const {
  for (std::string_view rest = packed_; !rest.empty();) {
    std::string_view order_key = take_packed(rest).first;
    if (member_of(order_key) == member) return score_of(order_key);
  }
  return std::nullopt;
}

Result<std::optional<double>> SortedSet::score(std::string_view member) {
  if (generation_ == 0) return find_packed_score(member);
  auto row = keys_.find_element(generation_, row_of_member(member));
  if (!row) return row.error();
  if (!*row) return std::optional<double>{};
  if ((*row)->size() != score_bytes) return damaged(key_);
  return std::optional(score_of(**row));
}

void SortedSet::put_packed_element(std::string_view order_key) {
  put_packed(packed_, find_packed(packed_, order_key), order_key, {});
}

void SortedSet::erase_packed_element(std::string_view order_key) {
  erase_packed(packed_, find_packed(packed_, order_key));
}

void SortedSet::put_rows(std::string_view order_key) {
  keys_.put_element(generation_, row_of_member(member_of(order_key)), order_key.substr(0, score_bytes));
  keys_.put_element(generation_, row_of_element(order_key), {});
}

Result<bool> SortedSet::put(std::string_view member, double score) {
  auto old = this->score(member);
  if (!old) return old.error();
  bool is_new = !*old;
  if (!is_new && **old == score) return false;
  std::string after = order_key(score, member);
  std::string before = is_new ? std::string() : order_key(**old, member);
  if (is_new) ++size_;
  if (generation_ == 0) {
    if (!is_new) erase_packed_element(before);
    put_packed_element(after);
    changed_ = true;
    if (size_ > packed_entries_max || packed_.size() > packed_bytes_max) {
      if (auto done = spread(); !done) return done.error();
    }
    return is_new;
  }
  if (!is_new) keys_.erase_element(generation_, row_of_element(before));
  put_rows(after);
  std::uint32_t numbers_before = numbers_given_;
  SortedSetCounts counts(keys_, generation_, numbers_given_);
  auto done = is_new ? counts.add(after) : counts.move(before, after);
  if (!done) return done.error();
  changed_ = changed_ || is_new || numbers_given_ != numbers_before;
  written_ = true;
  return is_new;
}

Result<bool> SortedSet::erase(std::string_view member) {
  auto old = score(member);
  if (!old) return old.error();
  if (!*old) return false;
  std::string key = order_key(**old, member);
  --size_;
  changed_ = true;
  if (generation_ == 0) {
    erase_packed_element(key);
    return true;
  }
  keys_.erase_element(generation_, row_of_member(member));
  keys_.erase_element(generation_, row_of_element(key));
  if (auto done = SortedSetCounts(keys_, generation_, numbers_given_).remove(key); !done) return done.error();
  return true;
}

Result<void> SortedSet::spread() {
  auto generation = keys_.take_generation();
  if (!generation) return generation.error();
  generation_ = *generation;
  std::vector<std::string> order_keys;
  for (std::string_view rest = packed_; !rest.empty();) {
    std::string_view order_key = take_packed(rest).first;
    put_rows(order_key);
    order_keys.emplace_back(order_key);
  }
  packed_.clear();
  SortedSetCounts(keys_, generation_, numbers_given_).build(order_keys);
  return {};
}

Result<void> SortedSet::walk_packed(const OrderRange& range, Direction direction, const Visitor& visit) const {
  std::vector<std::string_view> found;
  for (std::string_view rest = packed_; !rest.empty();) {
    std::string_view order_key = take_packed(rest).first;
    if (order_key < range.begin) continue;
    if (!range.end.empty() && order_key >= range.end) break;
    found.push_back(order_key);
  }
  if (direction == Direction::descending) std::ranges::reverse(found);
  for (std::string_view order_key : found) {
    if (visit(member_of(order_key), score_of(order_key)) == Visit::stop) break;
  }
  return {};
}

Result<void> SortedSet::each(const OrderRange& range, Direction direction, const Visitor& visit) {
  if (range.is_empty()) return {};
  if (generation_ == 0) return walk_packed(range, direction, visit);
  bool readable = true;
  auto each_row = [&](std::string_view row, std::string_view) {
    std::string_view order_key = row.substr(1);
    readable = order_key.size() >= score_bytes;
    return readable ? visit(member_of(order_key), score_of(order_key)) : Visit::stop;
  };
  auto done = keys_.scan_elements(generation_, element_rows(range), direction, each_row);
  if (!done) return done;
  if (!readable) return damaged(key_);
  return {};
}

// From the nearer end while that is not far, else from the block that has the first element.
Result<void> SortedSet::each_ranked(std::uint64_t first, std::uint64_t last, Direction direction,
                                    const Visitor& visit) {
  constexpr std::uint64_t near = 128;  // as many as are walked on average to find one in its block
  last = std::min(last, size_ - 1);
  if (size_ == 0 || first > last) return {};
  std::uint64_t skipped = direction == Direction::ascending ? first : size_ - 1 - last;
  std::uint64_t wanted = last - first + 1;
  OrderRange range;
  bool placed = generation_ != 0 && skipped > near;
  if (placed) {
    std::uint64_t start = direction == Direction::ascending ? first : last;
    auto place = SortedSetCounts(keys_, generation_, numbers_given_).place_of_rank(start);
    if (!place) return place.error();
    skipped = start - place->before;
    range.begin = std::move(place->begin);
  }
  if (placed && direction == Direction::descending) {
    std::uint64_t walked = 0;
    auto done = each(range, Direction::ascending, [&](std::string_view member, double score) {
      if (walked++ < skipped) return Visit::more;
      range.end = order_key(score, member) + '\0';
      return Visit::stop;
    });
    if (!done) return done;
    range.begin.clear();
    skipped = 0;
  }
  return each(range, direction, [&](std::string_view member, double score) {
    if (skipped > 0) {
      --skipped;
      return Visit::more;
    }
    Visit next = visit(member, score);
    return --wanted == 0 ? Visit::stop : next;
  });
}

Result<void> SortedSet::each_member_after(const std::optional<std::string>& member, const Visitor& visit) {
  if (generation_ == 0) {
    std::vector<std::pair<std::string_view, double>> all;
    for (std::string_view rest = packed_; !rest.empty();) {
      std::string_view order_key = take_packed(rest).first;
      if (!member || member_of(order_key) > *member) all.emplace_back(member_of(order_key), score_of(order_key));
    }
    std::ranges::sort(all);
    for (const auto& [name, score] : all) {
      if (visit(name, score) == Visit::stop) break;
    }
    return {};
  }
  KeyRange rows = prefix_range(std::string(1, sorted_set_rows::member));
  if (member) rows.begin = row_of_member(*member) + '\0';
  return keys_.scan_elements(generation_, rows, Direction::ascending, [&](std::string_view row, std::string_view code) {
    return code.size() == score_bytes ? visit(row.substr(1), score_of(code)) : Visit::more;
  });
}

Result<std::uint64_t> SortedSet::count_before(std::string_view order_key) {
  SortedSetCounts::Place place;
  if (generation_ != 0) {
    auto found = SortedSetCounts(keys_, generation_, numbers_given_).place_of(order_key);
    if (!found) return found.error();
    place = std::move(*found);
  }
  auto done = each({place.begin, std::string(order_key)}, Direction::ascending, [&](std::string_view, double) {
    ++place.before;
    return Visit::more;
  });
  if (!done) return done.error();
  return place.before;
}

Result<std::uint64_t> SortedSet::count(const OrderRange& range) {
  if (range.is_empty()) return std::uint64_t{0};
  auto before = range.begin.empty() ? Result<std::uint64_t>(std::uint64_t{0}) : count_before(range.begin);
  if (!before) return before;
  auto through = range.end.empty() ? Result<std::uint64_t>(size_) : count_before(range.end);
  if (!through) return through;
  return *through - *before;
}

Result<void> SortedSet::save() {
  if (!changed_ && written_) keys_.was_written(key_, Type::sorted_set);
  if (!changed_) return {};
  changed_ = false;
  if (size_ == 0) {
    if (!before_) return {};
    Result<void> done = keys_.erase(key_, *before_);
    before_.reset();
    keys_.notify('g', "del", key_);
    return done;
  }
  std::string content = packed_;
  if (generation_ != 0) append_varint(content, numbers_given_);
  KeyRow row{.type = Type::sorted_set,
             .spread = generation_ != 0,
             .expires_at = expires_at_,
             .content = content,
             .generation = generation_,
             .elements = generation_ != 0 ? size_ : 0};
  auto done = keys_.put(key_, before_, row);
  before_ = row;
  before_->content = {};
  return done;
}

Result<void> SortedSet::replace(Keyspace& keys, std::string_view key, const std::vector<ScoredMember>& members) {
  auto before = keys.find(key);
  if (!before) return before.error();
  SortedSet set(keys, key);
  if (*before) {
    set.before_ = **before;
    set.before_->content = {};
  }
  set.changed_ = true;
  if (auto done = set.fill(members); !done) return done;
  return set.save();
}

Result<void> SortedSet::fill(const std::vector<ScoredMember>& members) {
  size_ = members.size();
  std::vector<std::string> sorted;
  sorted.reserve(members.size());
  for (const ScoredMember& one : members) sorted.push_back(order_key(one.score, one.member));
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < std::min(sorted.size(), packed_entries_max); ++i) {
    append_packed(packed_, sorted[i], {});
    if (packed_.size() > packed_bytes_max) break;
  }
  if (size_ <= packed_entries_max && packed_.size() <= packed_bytes_max) return {};

  packed_.clear();
  auto generation = keys_.take_generation();
  if (!generation) return generation.error();
  generation_ = *generation;
  for (const std::string& order_key : sorted) put_rows(order_key);
  SortedSetCounts(keys_, generation_, numbers_given_).build(sorted);
  return {};
}

}  // namespace millrace::store
