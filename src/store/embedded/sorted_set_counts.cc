#include "store/embedded/sorted_set_counts.h"

#include <algorithm>

#include "base/bytes.h"

namespace millrace::store {
namespace {

constexpr std::uint32_t root = 1;
constexpr std::uint64_t block_elements_max = 256;  // walked to tell a rank: about 30 µs
constexpr std::size_t children_max = 64;           // of a node: about 2 KiB, rewritten once for a hundred additions

// What a build fills: room for as much again.
constexpr std::size_t block_elements_first = block_elements_max / 2;
constexpr std::size_t children_first = children_max / 2;

std::string row_of(char family, std::uint32_t number) {
  std::string row(1, family);
  append_big_endian(row, number);
  return row;
}

Error damaged() {
  return {ErrorCode::corrupt, "the counts of a sorted set cannot be read"};
}

}  // namespace

KeyRange element_rows(const OrderRange& range) {
  std::string begin(1, sorted_set_rows::element);
  std::string end = begin;
  if (range.end.empty()) return {begin + range.begin, std::string(1, sorted_set_rows::element + 1)};
  return {begin + range.begin, end + range.end};
}

Result<SortedSetCounts::Node> SortedSetCounts::read_node(Number number) {
  auto row = keys_.find_element(generation_, row_of(sorted_set_rows::node, number));
  if (!row) return row.error();
  if (!*row) return damaged();
  Node node{.bytes = {(*row)->begin(), (*row)->end()}};
  ByteReader in({node.bytes.data(), node.bytes.size()});
  node.height = in.byte();
  while (in.ok() && !in.at_end()) {
    std::string_view first = in.sized();
    node.children.push_back({first, static_cast<Number>(in.varint_up_to(UINT32_MAX))});
  }
  if (!in.ok() || node.height == 0 || node.children.empty()) return damaged();
  return Result<Node>(std::move(node));
}

void SortedSetCounts::write_node(Number number, std::uint8_t height, const std::vector<Child>& children) {
  std::string bytes(1, static_cast<char>(height));
  for (const Child& child : children) {
    append_sized(bytes, child.first);
    append_varint(bytes, child.number);
  }
  keys_.put_element(generation_, row_of(sorted_set_rows::node, number), bytes);
}

Result<std::uint64_t> SortedSetCounts::read_count(Number number) {
  auto row = keys_.find_element(generation_, row_of(sorted_set_rows::count, number));
  if (!row) return row.error();
  if (!*row) return damaged();
  ByteReader in(**row);
  std::uint64_t count = in.varint();
  if (!in.ok()) return damaged();
  return count;
}

void SortedSetCounts::write_count(Number number, std::uint64_t count) {
  std::string bytes;
  append_varint(bytes, count);
  keys_.put_element(generation_, row_of(sorted_set_rows::count, number), bytes);
}

void SortedSetCounts::erase_node(Number number) {
  keys_.erase_element(generation_, row_of(sorted_set_rows::node, number));
}

void SortedSetCounts::erase_count(Number number) {
  keys_.erase_element(generation_, row_of(sorted_set_rows::count, number));
}

// Level by level: what one level has made are the children of the next, until there is but one node.
void SortedSetCounts::build(const std::vector<std::string>& sorted) {
  numbers_given_ = root;
  std::vector<Child> level;
  std::vector<std::uint64_t> counts;
  for (std::size_t at = 0; at < sorted.size(); at += block_elements_first) {
    level.push_back({sorted[at], ++numbers_given_});
    counts.push_back(std::min(block_elements_first, sorted.size() - at));
    write_count(level.back().number, counts.back());
  }
  std::uint8_t height = 1;
  for (; level.size() > children_first; ++height) {
    std::vector<Child> above;
    std::vector<std::uint64_t> sums;
    for (std::size_t at = 0; at < level.size(); at += children_first) {
      std::size_t end = std::min(at + children_first, level.size());
      above.push_back({level[at].first, ++numbers_given_});
      sums.push_back(0);
      for (std::size_t i = at; i < end; ++i) sums.back() += counts[i];
      write_node(above.back().number, height,
                 {level.begin() + static_cast<std::ptrdiff_t>(at), level.begin() + static_cast<std::ptrdiff_t>(end)});
      write_count(above.back().number, sums.back());
    }
    level = std::move(above);
    counts = std::move(sums);
  }
  write_node(root, height, level);
}

Result<SortedSetCounts::Path> SortedSetCounts::find(std::string_view order_key) {
  Path path;
  std::string begin;
  for (Number number = root;;) {
    auto node = read_node(number);
    if (!node) return node.error();
    auto after = std::find_if(node->children.begin() + 1, node->children.end(),
                              [&](const Child& child) { return order_key < child.first; });
    auto at = static_cast<std::size_t>(after - node->children.begin()) - 1;
    if (at > 0) begin = node->children[at].first;
    if (!path.empty() && path.back().node.height != node->height + 1) return damaged();
    Number next = node->children[at].number;
    path.push_back({number, std::move(*node), at, begin});
    if (path.back().node.height == 1) return Result<Path>(std::move(path));
    number = next;
  }
}

Result<void> SortedSetCounts::change(const Path& path, int change, std::uint64_t& count_of_block) {
  for (const Step& step : path) {
    Number number = step.node.children[step.at].number;
    auto count = read_count(number);
    if (!count) return count.error();
    if (change < 0 && *count == 0) return damaged();
    count_of_block = *count + static_cast<std::uint64_t>(change);
    write_count(number, count_of_block);
  }
  return {};
}

Result<void> SortedSetCounts::add(std::string_view order_key) {
  auto path = find(order_key);
  if (!path) return path.error();
  std::uint64_t count = 0;
  if (auto done = change(*path, +1, count); !done) return done;
  if (count <= block_elements_max) return {};
  return cut_block(*path, count);
}

Result<void> SortedSetCounts::remove(std::string_view order_key) {
  auto path = find(order_key);
  if (!path) return path.error();
  std::uint64_t count = 0;
  if (auto done = change(*path, -1, count); !done) return done;
  if (count == 0) remove_block(*path);
  return {};
}

Result<void> SortedSetCounts::move(std::string_view before, std::string_view after) {
  auto from = find(before);
  if (!from) return from.error();
  const Step& step = from->back();
  auto to = find(after);
  if (!to) return to.error();
  if (to->back().number == step.number && to->back().at == step.at) return {};
  if (auto done = add(after); !done) return done;  // first, so that no block vanishes only to come back
  return remove(before);
}

Result<void> SortedSetCounts::cut_block(Path& path, std::uint64_t count) {
  std::uint64_t left = count / 2;
  std::uint64_t walked = 0;
  std::string middle;
  KeyRange rows = element_rows({path.back().begin, {}});
  auto done = keys_.scan_elements(generation_, rows, Direction::ascending, [&](std::string_view key, std::string_view) {
    if (walked++ < left) return Visit::more;
    middle = key.substr(1);
    return Visit::stop;
  });
  if (!done) return done;
  if (middle.empty()) return damaged();
  const Step& step = path.back();
  write_count(step.node.children[step.at].number, left);
  Number added = ++numbers_given_;
  write_count(added, count - left);
  return insert_child(path, path.size() - 1, middle, added);
}

Result<void> SortedSetCounts::insert_child(Path& path, std::size_t depth, std::string_view first, Number number) {
  Step& step = path[depth];
  std::vector<Child> children = step.node.children;
  children.insert(children.begin() + static_cast<std::ptrdiff_t>(step.at) + 1, {first, number});
  if (children.size() > children_max) return cut_node(path, depth, std::move(children));
  write_node(step.number, step.node.height, children);
  return {};
}

Result<std::uint64_t> SortedSetCounts::sum(const std::vector<Child>& children) {
  std::uint64_t sum = 0;
  for (const Child& child : children) {
    auto count = read_count(child.number);
    if (!count) return count.error();
    sum += *count;
  }
  return sum;
}

// The root keeps its number: both halves go into new nodes below it.
Result<void> SortedSetCounts::cut_node(Path& path, std::size_t depth, std::vector<Child> children) {
  auto middle = children.begin() + static_cast<std::ptrdiff_t>(children.size() / 2);
  std::vector<Child> left(children.begin(), middle);
  std::vector<Child> right(middle, children.end());
  auto left_count = sum(left);
  if (!left_count) return left_count.error();
  auto right_count = sum(right);
  if (!right_count) return right_count.error();

  Step& step = path[depth];
  Number left_number = depth == 0 ? ++numbers_given_ : step.number;
  Number right_number = ++numbers_given_;
  write_node(left_number, step.node.height, left);
  write_count(left_number, *left_count);
  write_node(right_number, step.node.height, right);
  write_count(right_number, *right_count);
  if (depth > 0) return insert_child(path, depth - 1, right.front().first, right_number);
  auto height = static_cast<std::uint8_t>(step.node.height + 1);
  write_node(root, height, {{left.front().first, left_number}, {right.front().first, right_number}});
  return {};
}

// With it go the nodes that have no other child. What stood in its part of the order is its neighbour's from then on.
void SortedSetCounts::remove_block(Path& path) {
  for (std::size_t depth = path.size(); depth-- > 0;) {
    Step& step = path[depth];
    Number number = step.node.children[step.at].number;
    bool only = step.node.children.size() == 1;
    if (only && depth == 0) break;
    erase_count(number);
    if (depth + 1 < path.size()) erase_node(number);
    if (only) continue;
    step.node.children.erase(step.node.children.begin() + static_cast<std::ptrdiff_t>(step.at));
    return write_node(step.number, step.node.height, step.node.children);
  }
  // Nothing is left but the root: it begins again with one empty block.
  const Step& step = path.front();
  if (step.node.height > 1) {
    erase_count(step.node.children[0].number);
    erase_node(step.node.children[0].number);
  }
  Number block = step.node.height > 1 ? ++numbers_given_ : step.node.children[0].number;
  write_count(block, 0);
  write_node(root, 1, {{{}, block}});
}

Result<SortedSetCounts::Place> SortedSetCounts::place_of(std::string_view order_key) {
  auto path = find(order_key);
  if (!path) return path.error();
  Place place;
  for (const Step& step : *path) {
    auto end = step.node.children.begin() + static_cast<std::ptrdiff_t>(step.at);
    auto before = sum({step.node.children.begin(), end});
    if (!before) return before.error();
    place.before += *before;
  }
  place.begin = path->back().begin;
  return Result<Place>(std::move(place));
}

Result<SortedSetCounts::Place> SortedSetCounts::place_of_rank(std::uint64_t rank) {
  Place place;
  for (Number number = root;;) {
    auto node = read_node(number);
    if (!node) return node.error();
    std::size_t at = 0;
    for (;; ++at) {
      auto count = read_count(node->children[at].number);
      if (!count) return count.error();
      if (rank < place.before + *count || at + 1 == node->children.size()) break;
      place.before += *count;
    }
    if (at > 0) place.begin = node->children[at].first;
    if (node->height == 1) return Result<Place>(std::move(place));
    number = node->children[at].number;
  }
}

}  // namespace millrace::store
