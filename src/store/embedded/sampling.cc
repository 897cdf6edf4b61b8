#include "store/embedded/sampling.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>

namespace millrace::store {
namespace {

constexpr int probes = 8;
constexpr std::size_t leaf_max = 32;      // elements of a range that are counted rather than divided
constexpr int narrow = 10;                // bytes that are close enough together to do without knowing which occur
constexpr std::size_t listed_max = 20;    // bytes of which it is worth knowing that they occur, and no others
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
  bool leaf = false;
  std::string prefix{};       // the longest that all have
  bool holds_prefix = false;  // one of them is no longer than that
  std::uint8_t low = 0;       // of the others: the first and the last byte behind the prefix
  std::uint8_t high = 0;
  std::vector<std::uint8_t> bytes{};         // all that occur there, where they are few
  std::map<std::uint8_t, Child> children{};  // by the byte that led there, otherwise
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

Result<Sampler::Node*> Sampler::node(const std::string& prefix) {
  if (nodes_.size() == nodes_max) nodes_.clear();
  auto [at, is_new] = nodes_.try_emplace(prefix, nullptr);
  if (!is_new) return at->second.get();
  at->second = std::make_unique<Node>();
  Node& made = *at->second;
  KeyRange range = prefix_range(prefix);
  auto done = keys_.scan_elements(generation_, range, Direction::ascending, [&](std::string_view member, auto) {
    made.members.emplace_back(member);
    return made.members.size() > leaf_max ? Visit::stop : Visit::more;
  });
  if (!done) return done.error();
  made.leaf = made.members.size() <= leaf_max;
  if (made.members.empty()) return damaged();
  if (made.leaf) return &made;
  auto last = nearest(range, Direction::descending);
  if (!last) return last.error();
  const std::string& first = made.members[0];
  auto differ = std::ranges::mismatch(first, *last);
  made.prefix.assign(first.begin(), differ.in1);
  made.holds_prefix = made.prefix.size() == first.size();
  made.low = byte_at(made.members[made.holds_prefix ? 1 : 0], made.prefix.size());
  made.high = byte_at(*last, made.prefix.size());
  if (auto listed = list_bytes(made); !listed) return listed.error();
  return &made;
}

Result<void> Sampler::list_bytes(Node& node) {
  if (node.high - node.low < narrow) return {};
  std::string end = prefix_range(node.prefix).end;
  node.bytes = {node.low};
  while (node.bytes.back() != node.high) {
    if (node.bytes.size() == listed_max) {
      node.bytes.clear();
      return {};
    }
    auto found = nearest({node.prefix + static_cast<char>(node.bytes.back() + 1), end}, Direction::ascending);
    if (!found) return found.error();
    node.bytes.push_back(byte_at(*found, node.prefix.size()));
  }
  return {};
}

// The first of the children at `byte` or behind it.
Result<Sampler::Child> Sampler::child(Node& node, std::uint8_t byte) {
  if (auto known = node.children.find(byte); known != node.children.end()) return known->second;
  auto beginning_with = [&](std::uint8_t next) { return node.prefix + static_cast<char>(next); };
  std::string end = prefix_range(node.prefix).end;
  auto found = nearest({beginning_with(byte), end}, Direction::ascending);
  if (!found) return found.error();
  Child child{byte_at(*found, node.prefix.size()), 1};
  if (child.byte > node.low) {
    auto before = nearest({beginning_with(node.low), beginning_with(child.byte)}, Direction::descending);
    if (!before) return before.error();
    child.ways = child.byte - byte_at(*before, node.prefix.size());
  }
  node.children.emplace(byte, child);
  return child;
}

Result<Sampler::Probe> Sampler::probe() {
  Probe made;
  for (std::string prefix;;) {
    auto at = node(prefix);
    if (!at) return at.error();
    Node& here = **at;
    if (here.leaf) {
      made.member = here.members[random_below(here.members.size())];
      made.likelihood /= static_cast<double>(here.members.size());
      return made;
    }
    if (here.holds_prefix) {
      double share = std::min(0.5, 1 / (static_cast<double>(size_) * made.likelihood));
      bool ends_here = random_share() < share;
      made.likelihood *= ends_here ? share : 1 - share;
      if (ends_here) {
        made.member = here.prefix;
        return made;
      }
    }
    if (!here.bytes.empty()) {
      prefix = here.prefix + static_cast<char>(here.bytes[random_below(here.bytes.size())]);
      made.likelihood /= static_cast<double>(here.bytes.size());
      continue;
    }
    int bytes = here.high - here.low + 1;
    auto next = child(here, static_cast<std::uint8_t>(here.low + random_below(static_cast<std::uint64_t>(bytes))));
    if (!next) return next.error();
    made.likelihood *= static_cast<double>(next->ways) / bytes;
    prefix = here.prefix + static_cast<char>(next->byte);
  }
}

Result<std::string> Sampler::pick() {
  std::string chosen;
  double weights = 0;
  for (int i = 0; i < probes; ++i) {
    auto made = probe();
    if (!made) return made.error();
    double weight = 1 / made->likelihood;
    weights += weight;
    if (random_share() * weights < weight) chosen = std::move(made->member);
  }
  return chosen;
}

}  // namespace millrace::store
