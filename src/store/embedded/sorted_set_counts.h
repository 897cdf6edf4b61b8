#pragma once

// How many elements of a spread sorted set stand where in its order, so that nobody has to walk over a million rows to
// tell the rank of one. The order is cut into blocks; a tree of small rows counts them. Its nodes are found by their
// numbers alone, so that adding an element scans nothing. Rows of nodes only change when a block is cut in two or
// vanishes; counts have rows of their own.
//
// Lives for one command, as the sorted set that has it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/keyspace.h"
#include "store/embedded/sorted_set_order.h"

namespace millrace::store {

class SortedSetCounts {
 public:
  // `numbers_given` are those that nodes and blocks have had so far; the key's row keeps it.
  SortedSetCounts(Keyspace& keys, Generation generation, std::uint32_t& numbers_given)
      : keys_(keys), generation_(generation), numbers_given_(numbers_given) {}

  // Writes the counts of elements that have none so far.
  void build(const std::vector<std::string>& sorted_order_keys);

  // An element is there from now on, or was before. Its own row is written already.
  Result<void> add(std::string_view order_key);
  Result<void> remove(std::string_view order_key);
  Result<void> move(std::string_view before, std::string_view after);

  // Where to begin to walk, and how many elements stand before that.
  struct Place {
    std::string begin{};
    std::uint64_t before = 0;
  };
  Result<Place> place_of(std::string_view order_key);
  Result<Place> place_of_rank(std::uint64_t rank);

 private:
  using Number = std::uint32_t;

  struct Child {
    std::string_view first{};  // where it begins; without meaning in the first child of a node
    Number number = 0;
  };

  // Its children are blocks at height 1, nodes above.
  struct Node {
    std::vector<char> bytes{};  // what `children` look into; stays where it is when the node moves, as no string would
    std::uint8_t height = 1;
    std::vector<Child> children{};
  };

  struct Step {
    Number number = 0;
    Node node{};
    std::size_t at = 0;   // which child
    std::string begin{};  // where that child begins
  };
  using Path = std::vector<Step>;  // from the root to the node above the block

  Result<Node> read_node(Number number);
  void write_node(Number number, std::uint8_t height, const std::vector<Child>& children);
  Result<std::uint64_t> read_count(Number number);
  void write_count(Number number, std::uint64_t count);
  void erase_node(Number number);
  void erase_count(Number number);

  Result<Path> find(std::string_view order_key);
  Result<void> change(const Path& path, int change, std::uint64_t& count_of_block);
  Result<void> cut_block(Path& path, std::uint64_t count);
  Result<void> insert_child(Path& path, std::size_t depth, std::string_view first, Number number);
  Result<void> cut_node(Path& path, std::size_t depth, std::vector<Child> children);
  void remove_block(Path& path);
  Result<std::uint64_t> sum(const std::vector<Child>& children);

  Keyspace& keys_;
  Generation generation_;
  std::uint32_t& numbers_given_;
};

// The rows of a spread sorted set begin with its family: a member's score, an element in order, a node, a count.
namespace sorted_set_rows {
constexpr char member = 'm';
constexpr char element = 'e';
constexpr char node = 'n';
constexpr char count = 'c';
}  // namespace sorted_set_rows

// The rows of the elements in `range`, for Keyspace::scan_elements.
KeyRange element_rows(const OrderRange& range);

}  // namespace millrace::store
