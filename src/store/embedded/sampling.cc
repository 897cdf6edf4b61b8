#include "store/embedded/sampling.h"

#include <algorithm>
#include <random>

namespace millrace::store {
namespace {

constexpr int probes_max = 32;
constexpr double excess = 4;              // how many times as likely as others an element may remain, at worst
constexpr std::size_t leaf_max = 128;     // elements of a range that are counted rather than divided
constexpr std::size_t alphabet_max = 40;  // bytes that are worth knowing one by one
constexpr std::size_t nodes_max = 4'096;  // remembered: for many choices at once

std::mt19937_64& dice() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator;
}

double random_share() {
  return std::uniform_real_distribution<double>(0, 1)(dice());
}

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

Error damaged() {
  return {ErrorCode::corrupt, "the elements of a collection are fewer than counted"};
}

}  // namespace

std::uint64_t random_below(std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(dice());
}

// The elements that begin with the same bytes.
struct Sampler::Node {
  std::vector<std::string> members{};  // of a leaf: all
  std::string prefix{};                // the longest that all have
  bool holds_prefix = false;           // one of them is no longer than that
  std::uint8_t low = 0;                // of the others: the first and the last byte behind the prefix
  std::uint8_t high = 0;
  std::vector<std::uint8_t> bytes{};  // all that occur there, once they were listed

  std::string beginning_with(int byte) const { return prefix + static_cast<char>(byte); }
  std::string end() const { return prefix_range(prefix).end; }
};

Sampler::Sampler(Keyspace& keys, Generation generation, std::uint64_t size)
    : keys_(keys), generation_(generation), size_(size) {}

Sampler::~Sampler() = default;

Result<std::string> Sampler::nearest(const KeyRange& range, Direction direction) {
  std::optional<std::string> found;
  auto done = keys_.scan_elements(generation_, range, direction, [&](std::string_view member, std::string_view) {
    found = member;
    return Visit::stop;
  });
  if (!done) return done.error();
  if (!found) return damaged();
  return std::move(*found);
}

// Leaves `members` empty when there are too many.
Result<void> Sampler::gather(Node& node, const KeyRange& range) {
  auto done = keys_.scan_elements(generation_, range, Direction::ascending, [&](std::string_view member, auto) {
    node.members.emplace_back(member);
    return node.members.size() > leaf_max ? Visit::stop : Visit::more;
  });
  if (node.members.size() > leaf_max) node.members.clear();
  return done;
}

// `expected` is how many elements there should be, `first` the first of them when it is known.
Result<Sampler::Node*> Sampler::node(const std::string& prefix, double expected, std::optional<std::string> first) {
  if (nodes_.size() == nodes_max) nodes_.clear();
  auto [at, is_new] = nodes_.try_emplace(prefix, nullptr);
  if (!is_new) return at->second.get();
  at->second = std::make_unique<Node>();
  Node& made = *at->second;
  KeyRange range = prefix_range(prefix);
  if (expected < 2 * leaf_max) {
    if (auto done = gather(made, range); !done) return done.error();
    if (!made.members.empty()) return &made;
  }
  if (!first) {
    auto found = nearest(range, Direction::ascending);
    if (!found) return found.error();
    first = std::move(*found);
  }
  auto last = nearest(range, Direction::descending);
  if (!last) return last.error();
  if (*first == *last) {
    made.members.push_back(std::move(*first));
    return &made;
  }
  auto differ = std::ranges::mismatch(*first, *last);
  made.prefix.assign(first->begin(), differ.in1);
  made.holds_prefix = made.prefix.size() == first->size();
  if (made.holds_prefix) {
    auto second = nearest({*first + '\0', range.end}, Direction::ascending);
    if (!second) return second.error();
    first = std::move(*second);
  }
  made.low = byte_at(*first, made.prefix.size());
  made.high = byte_at(*last, made.prefix.size());
  return &made;
}

Result<void> Sampler::list_bytes(Node& node) {
  node.bytes = {node.low};
  while (node.bytes.back() != node.high && node.bytes.size() <= alphabet_max) {
    auto found = nearest({node.beginning_with(node.bytes.back() + 1), node.end()}, Direction::ascending);
    if (!found) return found.error();
    node.bytes.push_back(byte_at(*found, node.prefix.size()));
  }
  for (std::uint8_t byte : node.bytes) alphabet_.set(byte);
  dense_ = node.bytes.size() > alphabet_max;
  if (dense_) node.bytes.clear();
  return {};
}

Result<Sampler::Child> Sampler::choose(Node& node) {
  bool strange = !alphabet_[node.low] || !alphabet_[node.high];
  if (!dense_ && node.bytes.empty() && strange) {
    if (auto done = list_bytes(node); !done) return done.error();
  }
  if (!node.bytes.empty()) {
    return Child{node.bytes[random_below(node.bytes.size())], 1 / static_cast<double>(node.bytes.size())};
  }
  return dense_ ? choose_any(node) : choose_likely(node);
}

// Takes it that the bytes known from elsewhere are those that occur here too, as long as what is seen agrees.
Result<Sampler::Child> Sampler::choose_likely(Node& node) {
  std::vector<std::uint8_t> likely;
  for (int byte = node.low; byte <= node.high; ++byte) {
    if (alphabet_[static_cast<std::size_t>(byte)]) likely.push_back(static_cast<std::uint8_t>(byte));
  }
  std::size_t at = random_below(likely.size());
  double share = 1 / static_cast<double>(likely.size());
  if (at == 0) return Child{node.low, share};
  auto found = nearest({node.beginning_with(likely[at - 1] + 1), node.end()}, Direction::ascending);
  if (!found) return found.error();
  std::uint8_t byte = byte_at(*found, node.prefix.size());
  if (byte == likely[at]) return Child{byte, share, std::move(*found)};
  if (auto done = list_bytes(node); !done) return done.error();
  return choose(node);
}

// Where there are so many that any byte may occur.
Result<Sampler::Child> Sampler::choose_any(Node& node) {
  auto width = static_cast<std::uint64_t>(node.high - node.low + 1);
  auto wanted = static_cast<std::uint8_t>(node.low + random_below(width));
  auto found = nearest({node.beginning_with(wanted), node.end()}, Direction::ascending);
  if (!found) return found.error();
  Child child{byte_at(*found, node.prefix.size()), 1 / static_cast<double>(width), std::move(*found)};
  if (child.byte == wanted) return child;
  auto before = nearest({node.beginning_with(node.low), node.beginning_with(child.byte)}, Direction::descending);
  if (!before) return before.error();
  child.share *= child.byte - byte_at(*before, node.prefix.size());
  return child;
}

Result<Sampler::Probe> Sampler::probe() {
  Probe made;
  std::optional<std::string> first;
  for (std::string prefix;;) {
    double expected = static_cast<double>(size_) * made.likelihood;
    auto here = node(prefix, expected, std::move(first));
    if (!here) return here.error();
    const std::vector<std::string>& members = (*here)->members;
    if (!members.empty()) {
      made.member = members[random_below(members.size())];
      made.likelihood /= static_cast<double>(members.size());
      return made;
    }
    if ((*here)->holds_prefix) {
      double share = std::min(0.5, 1 / expected);
      bool ends_here = random_share() < share;
      made.likelihood *= ends_here ? share : 1 - share;
      if (ends_here) {
        made.member = (*here)->prefix;
        return made;
      }
    }
    auto next = choose(**here);
    if (!next) return next.error();
    made.likelihood *= next->share;
    prefix = (*here)->beginning_with(next->byte);
    first = std::move(next->first);
  }
}

Result<std::string> Sampler::pick() {
  double fair = 1 / static_cast<double>(size_);
  std::optional<Probe> least_likely;
  for (int i = 0; i < probes_max; ++i) {
    auto made = probe();
    if (!made) return made.error();
    if (random_share() < fair / made->likelihood / excess) return std::move(made->member);
    if (!least_likely || made->likelihood < least_likely->likelihood) least_likely = std::move(*made);
  }
  return std::move(least_likely->member);
}

}  // namespace millrace::store
